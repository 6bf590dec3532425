//! Declarations that look right and are not, and what may be said about them.

use super::{CONFIRMATION, NONE, READER, REST, block, first_line_of_each, mistakes_in, mistakes_of};

fn strategies(list: &str) -> Vec<String> {
    let block = format!("{REST} encryption_key: env(\"E\"), strategies {{ {list} }} add_ons {{}}");
    first_line_of_each(&mistakes_of(READER, &block))
}

const GITHUB: &str = "client_id: env(\"I\"), client_secret: env(\"S\"),";

#[test]
fn cf_01_the_address_of_another_strategy_does_not_follow_a_provider() {
    let follows = |field: &str| {
        format!(
            "google {{ {GITHUB} identity_field: name, identity_format: name, \
             user_info_to_attributes {{ {field}: email }} update_on_sign_in: [{field}] }}"
        )
    };
    let email = ["`email` cannot follow the provider: people are found or confirmed by it"];
    for other in [
        format!("github {{ {GITHUB} }}"),
        format!("github {{ {GITHUB} identity_field: email }}"),
        "dynamic_oidc sso { connection_resource: Connection }".to_owned(),
        "dynamic_oidc sso { connection_resource: Connection, identity_field: email }".to_owned(),
    ] {
        assert_eq!(
            strategies(&format!("{other} {}", follows("email"))),
            email,
            "{other}"
        );
    }
    let other = "strava { client_id: env(\"I\"), client_secret: env(\"S\"), identity_field: name, identity_format: name }";
    assert_eq!(strategies(&format!("{other} {}", follows("email"))), NONE);
}

#[test]
fn names_make_types_of_their_own() {
    let one = |name: &str| format!("github {name} {{ {GITHUB} }}");
    assert_eq!(
        strategies(&format!("{} {}", one("tenant2"), one("tenant_2"))),
        ["`tenant_2` and `tenant2` are one name where types are made of them"]
    );
    for name in ["connection", "t_a_b_l_e", "column_1", "tenant_2"] {
        assert_eq!(strategies(&one(name)), NONE, "{name}");
    }
    for name in ["r#type", "r#corp", "_corp", "corp_", "corp__a"] {
        let found = strategies(&one(name));
        let text = format!("expected a name of lower case letters, digits and `_`, found `{name}`");
        assert_eq!(found, [text], "{name}");
    }
}

#[test]
fn i_3_arguments_of_actions_are_types_of_their_own() {
    for (setting, text) in [
        (
            "list_action_name: string",
            "`string` cannot name an action: its arguments would be a struct `String`, which means something else",
        ),
        (
            "unlink_action_name: id",
            "`id` cannot name an action: its arguments would be a struct `Id`, which means something else",
        ),
        (
            "link_action_name: request_1 , request_action_name: request1",
            "the arguments of `request_1` and of `request1` would be one struct `Request1`",
        ),
        (
            "request_action_name: _1",
            "expected a name of lower case letters, digits and `_`, found `_1`",
        ),
        (
            "request_action_name: self_",
            "expected a name of lower case letters, digits and `_`, found `self_`",
        ),
    ] {
        assert_eq!(mistakes_in("github", setting), [text], "{setting}");
    }
}

#[test]
fn functions_about_connections_have_names_of_their_own() {
    let sso = |settings: &str| {
        strategies(&format!(
            "dynamic_oidc sso {{ connection_resource: Connection, {settings} }}"
        ))
    };
    assert_eq!(
        sso("list_action_name: sso_connections"),
        ["`sso_connections` is a function of `sso` already"]
    );
    assert_eq!(
        sso("link_action_name: create_sso_connection"),
        ["`create_sso_connection` is a function of `sso` already"]
    );
}

#[test]
fn oa_01_a_client_without_a_secret_has_pkce() {
    for (word, setting) in [
        ("strava", "auth_method"),
        ("slack", "client_authentication_method"),
    ] {
        let block = format!("{word} {{ client_id: env(\"I\"), {setting}: none }}");
        let found = strategies(&block);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("a client without a secret needs PKCE"),
            "{found:?}"
        );
    }
    assert_eq!(
        strategies("spotify { client_id: env(\"I\"), auth_method: none }"),
        NONE
    );
}

#[test]
fn oa_06_what_only_asks_is_no_list_of_who_comes_in() {
    for (word, param) in [
        ("google", "hd"),
        ("slack", "team"),
        ("google", "State"),
        ("google", "Scope"),
    ] {
        assert_eq!(
            mistakes_in(word, &format!("authorization_params {{ {param}: \"x\" }}")),
            [format!("`authorization_params` cannot set `{param}`")]
        );
    }
    assert_eq!(
        mistakes_in("oidc", "authorization_params { response_mode: \"fragment\" }"),
        ["`authorization_params` cannot set `response_mode`"]
    );
    assert_eq!(
        mistakes_in(
            "oidc",
            "authorization_params { response_mode: \"form_post\", hd: \"example.com\" }"
        ),
        NONE
    );
}

#[test]
fn a_provider_of_ones_own_has_endpoints_of_its_own() {
    assert_eq!(
        mistakes_in("github", "base_url: \"https://ghe.example.com/api/v3\""),
        ["`base_url` needs `authorize_url` and `token_url` beside it"]
    );
    let all =
        "base_url: \"https://ghe.example.com/api/v3\", authorize_url: env(\"A\"), token_url: env(\"T\")";
    assert_eq!(mistakes_in("github", all), NONE);
}

#[test]
fn values_are_there_and_have_an_effect() {
    for setting in ["client_id: \"\"", "client_id: \" \"", "client_secret: \"\""] {
        let block = format!("github {{ {setting}, client_id: env(\"I\"), client_secret: env(\"S\") }}");
        let found = strategies(&block);
        assert_eq!(
            found[0], "expected a value, found an empty text",
            "{setting}: {found:?}"
        );
    }
    for written in [
        "Some(env(\"X\"))",
        "env(\"X\").unwrap()",
        "if on { env(\"X\") } else { other }",
    ] {
        let found = strategies(&format!(
            "github {{ client_id: {written}, client_secret: env(\"S\") }}"
        ));
        assert_eq!(found, ["`env(\"NAME\")` stands alone"], "{written}");
    }
    assert_eq!(
        strategies("github { client_id: (env(\"X\")), client_secret: env(\"S\") }"),
        NONE
    );
    assert_eq!(
        strategies("github { client_id: \"us\", client_secret: env(\"S\"), optional: true }"),
        ["`optional` has no effect: `client_id` stands in the source"]
    );
    for (setting, text) in [
        ("leeway: -5 seconds", "a duration cannot be negative"),
        (
            "registration_enabled: false, user_info_to_attributes { name: name } update_on_sign_in: []",
            "`user_info_to_attributes` fills nothing: `registration_enabled` is off and no column follows the provider",
        ),
        (
            "claims { emial: \"contact.mail\" }",
            "`emial` is no standard claim, and no column is filled with it",
        ),
    ] {
        assert_eq!(mistakes_in("oidc", setting), [text], "{setting}");
    }
    assert_eq!(
        mistakes_in(
            "oidc",
            "claims { handle: \"login\" } user_info_to_attributes { name: handle }"
        ),
        NONE
    );
}

#[test]
fn one_mistake_about_a_method_is_one() {
    let confirmed = |list: &str| {
        let block = format!("{REST} strategies {{ {list} }} add_ons {{ {CONFIRMATION} }}");
        first_line_of_each(&mistakes_of(READER, &block))
    };
    assert_eq!(
        mistakes_in("apple", "client_authentication_method: client_secret_post"),
        ["`client_authentication_method` cannot be changed for `apple`"]
    );
    assert_eq!(
        mistakes_in("google", "id_token_signed_response_alg: HS256"),
        ["`id_token_signed_response_alg` cannot be changed for `google`"]
    );
    assert_eq!(
        confirmed("oidc { client_id: env(\"I\"), base_url: env(\"B\"), auth_method: none }"),
        ["`auth_method` is a setting of `oauth2`"]
    );
    assert_eq!(
        confirmed("github { client_id: env(\"I\"), client_authentication_method: none }"),
        ["`client_authentication_method` is a setting of `oidc`"]
    );
    assert_eq!(mistakes_of(READER, &block("oidc", "", "")), NONE);
}
