//! Who the application is at a provider, and how a sign-in goes.

use super::{
    CONFIRMATION, NONE, READER, REST, block, first_line_of_each, mistakes_in, mistakes_of, warnings,
};
use crate::strategies::oauth2::presets::PRESETS;

#[test]
fn every_word_opens_a_block() {
    for preset in PRESETS {
        assert_eq!(mistakes_in(preset.word, ""), NONE, "{}", preset.word);
        assert_eq!(warnings(&block(preset.word, "", "")), NONE, "{}", preset.word);
    }
}

#[test]
fn a_right_block_has_no_mistakes() {
    let settings = r#"
        redirect_uri: env("PUBLIC_URL"), scope: ["email", "profile"], client_authentication_method: client_secret_jwt,
        client_assertion_alg: HS512, id_token_signed_response_alg: EdDSA, id_token_ttl: 1 minute, leeway: 0 seconds,
        trusted_audiences: ["other"], fetch_user_info: true, code_verifier: true, nonce: true,
        openid_configuration_uri: "/discovery",
        authorization_params { prompt: "login", type: "web" }
        claims { email: "contact.mail", name: display }
        identity_format: email, registration_enabled: true,
        user_info_to_attributes { name: |info| name_of(info) }
        update_on_sign_in: [name], store_tokens: true, trust_email_verified: true, on_untrusted_email_match: confirm,
        sender: Mailer, prevent_hijacking: true, extra_claims: claims_of, backchannel_logout: false,
        reauthentication_window: 24 hours, request_action_name: go, register_action_name: enter, link_action_name: add,
        unlink_action_name: drop_it, list_action_name: mine, confirm_action_name: yes, sign_out_action_name: leave,
        access_token_action_name: token_there, limits { max_messages: 3, network_max_failures: 10 }
    "#;
    assert_eq!(mistakes_of(READER, &block("oidc", settings, CONFIRMATION)), NONE);
    assert_eq!(warnings(&block("oidc", settings, CONFIRMATION)), NONE);
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        mistakes_of(READER, "repo: Repo, strategies { oauth2 house {} }"),
        [
            "`oauth2` needs a `client_id`\n= help: add `client_id: env(\"HOUSE_CLIENT_ID\")`",
            "`oauth2` needs a `base_url`\n= help: add `base_url: \"https://…\"`",
            "`oauth2` needs an `authorize_url`\n= help: add `authorize_url: \"/authorize\"`",
            "`oauth2` needs a `token_url`\n= help: add `token_url: \"/token\"`",
            "`oauth2` needs a `user_url`\n= help: add `user_url: \"/user\"`",
            "`oauth2` needs a `client_secret`\n= note: the client authenticates by `client_secret_post`\n\
             = help: add `client_secret: env(\"HOUSE_CLIENT_SECRET\")`",
            "`house` needs tokens, which are off\n\
             = note: a sign-in at a provider is kept by the token store until it comes back\n= help: add `tokens { … }`",
        ]
    );
    let found = mistakes_of(
        READER,
        &format!("{REST} strategies {{ apple {{ client_id: \"us\" }} }}"),
    );
    assert_eq!(
        first_line_of_each(&found),
        [
            "`apple` needs a `team_id`",
            "`apple` needs a private key",
            "`apple` needs a `private_key_id`",
        ]
    );
}

#[test]
fn a_setting_of_another_word_is_told_at_its_key() {
    let texts = mistakes_of(
        READER,
        &block(
            "oidc",
            "token_url: \"/token\", hosted_domain: \"example.com\"",
            "",
        ),
    );
    assert_eq!(
        texts,
        [
            "`token_url` is a setting of `oauth2`\n= note: `oidc` finds its endpoints in the provider's discovery document\n\
             = help: remove `token_url`",
            "`hosted_domain` is a setting of `google`\n= help: remove `hosted_domain`",
        ]
    );
    for (word, setting, text) in [
        (
            "oidc",
            "auth_method: none",
            "`auth_method` is a setting of `oauth2`",
        ),
        ("github", "nonce: true", "`nonce` is a setting of `oidc`"),
        (
            "github",
            "backchannel_logout: true",
            "`backchannel_logout` is a setting of `oidc`",
        ),
        (
            "discord",
            "client_authentication_method: none",
            "`client_authentication_method` is a setting of `oidc`",
        ),
        (
            "discord",
            "emails_url: \"/mail\"",
            "`emails_url` is a setting of `bitbucket` and `github`",
        ),
        (
            "google",
            "team_id: \"T\"",
            "`team_id` is a setting of `apple` and `slack`",
        ),
    ] {
        assert_eq!(mistakes_in(word, setting), [text], "{word}");
    }
    let unknown = mistakes_of(READER, &block("github", "scopes: [\"email\"]", ""));
    assert_eq!(
        unknown,
        ["unknown setting `scopes` for `github`\n= help: a setting with a similar name exists: `scope`"]
    );
}

#[test]
fn what_is_fixed_cannot_be_changed() {
    for (setting, text) in [
        (
            "base_url: \"https://apple.example\"",
            "`base_url` cannot be changed for `apple`",
        ),
        (
            "authorization_params { response_mode: \"query\" }",
            "`authorization_params` cannot set `response_mode`",
        ),
        (
            "client_secret: env(\"S\")",
            "`client_secret` has no effect: `apple` makes its secrets with the private key",
        ),
    ] {
        assert_eq!(mistakes_in("apple", setting), [text]);
    }
}

#[test]
fn oa_01_what_ties_a_callback_to_its_sign_in_stays() {
    assert_eq!(
        mistakes_in("github", "code_verifier: false"),
        ["`code_verifier` cannot be switched off for `github`"]
    );
    assert_eq!(
        mistakes_in("zitadel", "code_verifier: false"),
        ["a client without a secret needs `code_verifier`"]
    );
    assert_eq!(mistakes_in("strava", "code_verifier: false"), NONE);
    let off = "code_verifier: false, nonce: false";
    assert_eq!(
        warnings(&block("oidc", off, "")),
        [
            "a code that is stolen on its way can be exchanged",
            "nothing ties an ID token to the sign-in that it is for",
        ]
    );
    let allowed = format!("{off}, allow(OA-01, reason = \"a provider of the last century\")");
    assert_eq!(warnings(&block("oidc", &allowed, "")), NONE);
    for name in [
        "state",
        "nonce",
        "code_challenge_method",
        "redirect_uri",
        "request_uri",
        "scope",
    ] {
        assert_eq!(
            mistakes_in("oidc", &format!("authorization_params {{ {name}: \"x\" }}")),
            [format!("`authorization_params` cannot set `{name}`")]
        );
    }
}

#[test]
fn the_client_has_what_its_method_needs_and_nothing_else() {
    for (settings, texts) in [
        (
            "client_authentication_method: none",
            &["`client_secret` has no effect: the client authenticates by `none`"][..],
        ),
        (
            "client_authentication_method: private_key_jwt, private_key: env(\"A\"), private_key_path: \"key.pem\"",
            &[
                "`client_secret` has no effect: the client authenticates by `private_key_jwt`",
                "`private_key` and `private_key_path` cannot be used together",
                "`oidc` needs a `private_key_id`",
            ],
        ),
        (
            "client_authentication_method: private_key_jwt, id_token_signed_response_alg: HS256, \
             private_key: env(\"A\"), private_key_id: \"1\", client_assertion_alg: HS256",
            &["`HS256` signs with the client's secret, and `private_key_jwt` with its private key"],
        ),
        (
            "client_authentication_method: client_secret_jwt, client_assertion_alg: ES256",
            &["`ES256` signs with a private key, and `client_secret_jwt` with the client's secret"],
        ),
        (
            "client_assertion_alg: ES256, private_key_id: \"1\"",
            &[
                "`private_key_id` has no effect: the client authenticates by `client_secret_basic`",
                "`client_assertion_alg` has no effect: the client signs no assertions",
            ],
        ),
        (
            "client_authentication_method: basic",
            &["unknown way to authenticate a client `basic`"],
        ),
        (
            "id_token_signed_response_alg: ES512",
            &["unknown signing algorithm `ES512`"],
        ),
    ] {
        assert_eq!(mistakes_in("oidc", settings), texts, "{settings}");
    }
    let without = format!(
        "{REST} strategies {{ oidc {{ client_id: \"us\", base_url: \"https://idp.example.com\", \
         client_authentication_method: none, id_token_signed_response_alg: HS256 }} }}"
    );
    assert_eq!(
        first_line_of_each(&mistakes_of(READER, &without)),
        ["`oidc` needs a `client_secret`"]
    );
}

#[test]
fn a_secret_in_the_source_warns_and_an_identifier_does_not() {
    let written = format!(
        "{REST} strategies {{ github {{ client_id: \"us\", client_secret: \"known to all\", redirect_uri: \"https://us.example\" }} }}"
    );
    assert_eq!(
        warnings(&written),
        ["a secret in the source is known to everyone who can read it"]
    );
}

#[test]
fn addresses_in_the_source_are_urls_and_encrypted() {
    for (url, text) in [
        ("idp.example.com", "`base_url` is not a URL"),
        ("https://", "`base_url` is not a URL"),
        ("https://idp.example .com", "`base_url` is not a URL"),
        ("/path", "`base_url` is not a URL"),
        (
            "https://idp.example.com?x=1",
            "`base_url` has a query, which is no part of such an address",
        ),
        (
            "https://idp.example.com/#x",
            "`base_url` has a fragment, which is no part of such an address",
        ),
        (
            "http://idp.example.com",
            "`base_url` is not encrypted: its scheme is `http`",
        ),
        (
            "http://localhost.example.com",
            "`base_url` is not encrypted: its scheme is `http`",
        ),
        (
            "ftp://localhost",
            "`base_url` is not encrypted: its scheme is `ftp`",
        ),
    ] {
        assert_eq!(
            mistakes_in("gitlab", &format!("base_url: \"{url}\"")),
            [text],
            "{url}"
        );
    }
    for url in [
        "https://idp.example.com/v3",
        "HTTPS://idp.example.com",
        "http://localhost:8080",
        "http://127.0.0.1/a",
        "http://[::1]:80/",
    ] {
        assert_eq!(
            mistakes_in("gitlab", &format!("base_url: \"{url}\"")),
            NONE,
            "{url}"
        );
    }
    assert_eq!(
        mistakes_in("github", "token_url: \"token\""),
        ["`token_url` is not a URL"]
    );
    assert_eq!(mistakes_in("github", "token_url: \"/token\""), NONE);
    assert_eq!(
        mistakes_in("github", "token_url: \"//elsewhere.example\""),
        ["`token_url` is not a URL"]
    );
    assert_eq!(
        mistakes_in("github", "redirect_uri: \"https://app.example/#x\""),
        ["`redirect_uri` has a fragment, which is no part of such an address"]
    );
}

#[test]
fn options_look_like_what_providers_write() {
    for (word, settings, texts) in [
        ("google", "hosted_domain: [\"example.com\", \"*\"]", &[][..]),
        (
            "google",
            "hosted_domain: [\"Example.com\", \"intranet\"]",
            &[
                "expected a domain such as `\"example.com\"`, or `\"*\"`, found `Example.com`",
                "expected a domain such as `\"example.com\"`, or `\"*\"`, found `intranet`",
            ],
        ),
        ("google", "hosted_domain: []", &["`hosted_domain` is empty"]),
        (
            "microsoft",
            "allowed_tenants: \"72f988bf-86f1-41af-91ab-2d7cd011db47\"",
            &[],
        ),
        (
            "microsoft",
            "allowed_tenants: [\"contoso.onmicrosoft.com\"]",
            &[
                "expected the identifier of a tenant such as `\"72f988bf-86f1-41af-91ab-2d7cd011db47\"`, \
               found `contoso.onmicrosoft.com`",
            ],
        ),
        ("slack", "team_id: \"T0123\"", &[]),
    ] {
        assert_eq!(mistakes_in(word, settings), texts, "{settings}");
    }
}
