//! Who somebody is here.

use super::{
    CONFIRMATION, NONE, READER, REST, block, first_line_of_each, mistakes_in, mistakes_of, resolve, right,
};
use crate::{
    errors::Errors,
    tests::{PASSWORD, USER, mistakes},
};

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
