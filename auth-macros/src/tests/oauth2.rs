//! The rules of `oauth2`, `oidc` and the presets.

use super::{PASSWORD, REST, USER, first_line_of_each, mistakes, mistakes_of, resolve};
use crate::{errors::Errors, strategies::oauth2::presets::PRESETS};

/// A person of whom nothing is needed but what a provider says.
const READER: &str = r#"
    #[diesel(table_name = readers)]
    struct Reader { id: i64, email: Option<String>, name: Option<String>, confirmed_at: Option<UtcTimestamp> }
"#;

const CONFIRMATION: &str = "confirmation { monitor_fields: [email], sender: Mailer }";

/// What makes a block right, by its word.
fn right(word: &str) -> &'static str {
    match word {
        "oauth2" => {
            "client_id: \"us\", client_secret: env(\"C\"), base_url: \"https://idp.example.com\", \
             authorize_url: \"/authorize\", token_url: \"/token\", user_url: \"/user\", "
        }
        "oidc" | "auth0" | "okta" => {
            "client_id: \"us\", client_secret: env(\"C\"), base_url: \"https://idp.example.com\", "
        }
        "apple" => {
            "client_id: \"us\", team_id: \"T\", private_key_path: env(\"KEY\"), private_key_id: env(\"KEY_ID\"), "
        }
        "zitadel" => "client_id: \"us\", base_url: \"https://idp.example.com\", ",
        _ => "client_id: \"us\", client_secret: env(\"C\"), ",
    }
}

fn block(word: &str, settings: &str, add_ons: &str) -> String {
    let right = right(word);
    format!(
        "{REST} encryption_key: env(\"E\"), strategies {{ {word} {{ {right} identity_resource: Identity, {settings} }} }} \
         add_ons {{ {add_ons} }}"
    )
}

/// The first lines of what is wrong with a block that is right except for `settings`.
fn mistakes_in(word: &str, settings: &str) -> Vec<String> {
    first_line_of_each(&mistakes_of(READER, &block(word, settings, "")))
}

fn warnings(block: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(READER, block, &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    let warnings = model.iter().flat_map(|model| &model.warnings);
    warnings
        .map(|warning| warning.text().lines().next().unwrap_or_default().to_owned())
        .collect()
}

const NONE: [&str; 0] = [];

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
            mistakes_in("github", &format!("base_url: \"{url}\"")),
            [text],
            "{url}"
        );
    }
    for url in [
        "https://idp.example.com/v3",
        "http://localhost:8080",
        "http://127.0.0.1/a",
        "http://[::1]:80/",
    ] {
        assert_eq!(
            mistakes_in("github", &format!("base_url: \"{url}\"")),
            NONE,
            "{url}"
        );
    }
    assert_eq!(
        mistakes_in("github", "token_url: \"token\""),
        ["`token_url` is not a URL"]
    );
    assert_eq!(mistakes_in("github", "token_url: \"/token\""), NONE);
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

#[test]
fn oa_06_the_subject_is_what_the_provider_says_it_is() {
    assert_eq!(
        mistakes_in("oidc", "claims { sub: upn }"),
        ["`sub` cannot be mapped for `oidc`"]
    );
    assert_eq!(
        mistakes_in("github", "claims { sub: login }"),
        ["`sub` cannot be mapped for `github`"]
    );
    assert_eq!(mistakes_in("oauth2", "claims { sub: \"data.id\" }"), NONE);
    let off =
        "strategies { github { client_id: \"us\", client_secret: env(\"S\"), identity_resource: false } }";
    assert_eq!(
        first_line_of_each(&mistakes_of(READER, &format!("{REST} {off}"))),
        ["identities cannot be left unstored"]
    );
}

#[test]
fn oa_06_whose_word_about_an_address_counts() {
    let trusts = "trust_email_verified: true";
    let judged = |word: &str, settings: &str| {
        first_line_of_each(&mistakes_of(READER, &block(word, settings, CONFIRMATION)))
    };
    assert_eq!(judged("oidc", trusts), NONE);
    assert_eq!(
        mistakes_in("oidc", trusts),
        ["`trust_email_verified` needs a `confirmation` of `email`"]
    );
    assert_eq!(
        judged("oidc", "trust_email_verified: true, identity_format: name"),
        ["`trust_email_verified` is about addresses, and `email` is a name"]
    );
    for word in ["okta", "microsoft", "slack"] {
        assert_eq!(
            judged(word, trusts),
            [format!(
                "addresses of `{word}` are what an administrator there writes"
            )]
        );
        let allowed = format!("{trusts}, allow(OA-06, reason = \"our own organisation\")");
        assert_eq!(judged(word, &allowed), NONE);
    }
    assert_eq!(
        judged("slack", "trust_email_verified: true, team_id: \"T\""),
        NONE
    );
    let pinned = "trust_email_verified: true, allowed_tenants: \"72f988bf-86f1-41af-91ab-2d7cd011db47\"";
    assert_eq!(judged("microsoft", pinned), NONE);
}

#[test]
fn asking_needs_an_address_that_is_watched() {
    let asks = "on_untrusted_email_match: confirm";
    assert_eq!(
        mistakes_in("oidc", asks),
        ["`on_untrusted_email_match: confirm` needs a `confirmation` of `email`"]
    );
    assert_eq!(mistakes_of(READER, &block("oidc", asks, CONFIRMATION)), NONE);
    assert_eq!(
        mistakes_in("oidc", "on_untrusted_email_match: confirm, identity_format: name"),
        ["nobody can be asked by way of `email`: it is a name, not an address"]
    );
}

#[test]
fn cf_01_a_password_beside_it_needs_a_confirmation() {
    let with = |settings: &str, add_ons: &str| {
        format!(
            "{REST} strategies {{ password {{ {PASSWORD} }} github {{ {} user_info_to_attributes {{ age: age }} {settings} }} }} \
             add_ons {{ {add_ons} }}",
            right("github")
        )
    };
    assert_eq!(
        first_line_of_each(&mistakes(&with("", ""))),
        ["`github` needs a `confirmation` of `email`, because people register with `password`"]
    );
    assert_eq!(mistakes(&with("", CONFIRMATION)), NONE);
    assert_eq!(
        mistakes(&with("registration_enabled: false, update_on_sign_in: [age]", "")),
        NONE
    );
    let mut errors = Errors::new();
    let model = resolve(USER, &with("prevent_hijacking: false", ""), &mut errors);
    assert_eq!(errors.into_texts(), NONE);
    let warned = model.iter().flat_map(|model| &model.warnings).next();
    assert!(warned.is_some_and(|warning| warning.text().contains("gives up promise CF-01")));
}

#[test]
fn in_04_a_provider_fills_what_is_for_people() {
    let with = |attributes: &str| {
        format!(
            "{REST} tenant_field: age, strategies {{ github {{ {} user_info_to_attributes {{ {attributes} }} }} }} \
             add_ons {{ {CONFIRMATION} }}",
            right("github")
        )
    };
    let attributes = "id: sub, email: email, hashed_password: secret, age: age, confirmed_at: since, emial: email, display_name: name";
    assert_eq!(
        first_line_of_each(&mistakes(&with(attributes))),
        [
            "a provider cannot fill `id`: it is the key",
            "a provider cannot fill `email`: it is the identity, which is always filled",
            "a provider cannot fill `hashed_password`: it is marked `#[auth(sensitive)]`",
            "a provider cannot fill `age`: it says which tenant a person belongs to",
            "a provider cannot fill `confirmed_at`: it tells who is confirmed",
            "no column `emial` on `User`",
        ]
    );
    assert_eq!(mistakes(&with("display_name: name, admin: \"a.b\"")), NONE);
    assert_eq!(
        first_line_of_each(&mistakes(&with(
            "display_name: name, display_name: nickname, admin"
        ))),
        ["`display_name` is set twice", "`admin` has no value"]
    );
}

#[test]
fn every_column_of_a_new_person_gets_a_value() {
    let with = |settings: &str| {
        let found = format!(
            "{REST} strategies {{ github {{ {} {settings} }} }}",
            right("github")
        );
        first_line_of_each(&mistakes(&found))
    };
    let text = "a registration by `github` has no value for `age`";
    assert_eq!(with(""), [text]);
    assert_eq!(with("user_info_to_attributes { display_name: name }"), [text]);
    assert_eq!(with("user_info_to_attributes { age: age }"), NONE);
    assert_eq!(with("registration_enabled: false"), NONE);
    assert_eq!(
        with("registration_enabled: false, user_info_to_attributes { age: age }"),
        [
            "`user_info_to_attributes` fills nothing: `registration_enabled` is off and no column follows the provider"
        ]
    );
    assert_eq!(
        with("user_info_to_attributes { age: age } update_on_sign_in: [age, age, display_name, heigth]"),
        [
            "`age` is listed twice",
            "`display_name` cannot follow the provider: nothing says what fills it",
            "no column `heigth` on `User`",
        ]
    );
}

#[test]
fn oa_11_tokens_are_kept_sealed() {
    let with = |root: &str| {
        format!(
            "{REST} {root} strategies {{ github {{ {} identity_field: name, store_tokens: true }} }}",
            right("github")
        )
    };
    assert_eq!(
        first_line_of_each(&mistakes_of(READER, &with(""))),
        ["`store_tokens: true` needs an `encryption_key`"]
    );
    assert_eq!(mistakes_of(READER, &with("encryption_key: env(\"E\"),")), NONE);
}

#[test]
fn a_provider_ends_sessions_by_their_rows() {
    let with = |settings: &str| {
        format!(
            "repo: Repo, session_identifier: jti, tokens {{ allow(SU-09, reason = \"x\"), token_resource: Token, \
             signing_secret: env(\"S\"), require_token_presence_for_authentication: false, store_all_tokens: false }} \
             strategies {{ oidc {{ {} {settings} }} }}",
            right("oidc")
        )
    };
    assert_eq!(mistakes_of(READER, &with("")), NONE);
    assert_eq!(
        first_line_of_each(&mistakes_of(READER, &with("backchannel_logout: true"))),
        ["`backchannel_logout` and `store_all_tokens: false` cannot be used together"]
    );
}

#[test]
fn names_are_of_actions_that_there_are() {
    for (settings, text) in [
        (
            "sign_in_action_name: enter",
            "`sign_in_action_name` names no action: `registration_enabled` is on",
        ),
        (
            "registration_enabled: false, register_action_name: enter",
            "`register_action_name` names no action: `registration_enabled` is off",
        ),
        (
            "confirm_action_name: yes",
            "`confirm_action_name` names no action: nobody is asked about identities",
        ),
        (
            "access_token_action_name: token",
            "`access_token_action_name` names no action: the provider's tokens are not kept",
        ),
        (
            "link_action_name: request_oidc",
            "`request_oidc` is an action of `oidc` already",
        ),
    ] {
        assert_eq!(mistakes_in("oidc", settings), [text], "{settings}");
    }
    let two = format!(
        "{REST} strategies {{ github {{ {0} }} github enterprise {{ {0} }} google {{ {0} }} }}",
        right("github")
    );
    assert_eq!(mistakes_of(READER, &two), NONE);
}

#[test]
fn limits_are_about_something() {
    let texts = mistakes_in(
        "oidc",
        "brute_force_strategy: audit_log(log), limits { max_failures: 3, max_messages: 3 }",
    );
    assert_eq!(
        texts,
        [
            "`audit_log(…)` counts nothing here: the strategy takes no identity",
            "`max_failures` has no effect: an audit log counts the failures of identities",
            "`max_messages` limits nothing: the strategy sends no messages",
        ]
    );
}
