//! The rules of `api_key`.

use super::{REST, mistakes};

/// What is wrong with an API key block that is right except for `settings`.
fn mistakes_of_keys(settings: &str) -> Vec<String> {
    mistakes(&format!(
        "{REST} strategies {{ api_key {{ api_key_resource: ApiKey, prefix: \"acme\", {settings} }} }}"
    ))
}

fn first(texts: &[String]) -> Vec<&str> {
    texts.iter().filter_map(|text| text.lines().next()).collect()
}

#[test]
fn a_right_block_has_no_mistakes() {
    let settings = r#"
        header: "x-acme-key", scopes: [read, write_orders], default_lifetime: 1 day, maximum_lifetime: 2 days,
        rotation_overlap: 1 hour, maximum_keys: 1000, reauthentication_window: 24 hours,
        create_action_name: make_key, list_action_name: keys, rotate_action_name: renew_key, revoke_action_name: end_key,
    "#;
    assert_eq!(mistakes_of_keys(settings), Vec::<String>::new());
    assert_eq!(
        mistakes_of_keys("maximum_lifetime: 1 day"),
        Vec::<String>::new(),
        "the default lifetime follows the maximum"
    );
}

#[test]
fn what_is_missing_is_named() {
    let found = mistakes(&format!("{REST} strategies {{ api_key {{}} }}"));
    assert_eq!(
        found,
        [
            "`api_key` needs an `api_key_resource`\n= help: add `api_key_resource: ApiKey`",
            "`api_key` needs a `prefix`\n= help: add `prefix: \"acme\"`",
        ]
    );
    let found = mistakes("repo: Repo, strategies { api_key { api_key_resource: ApiKey, prefix: \"acme\" } }");
    assert_eq!(first(&found), ["`api_key` needs tokens, which are off"]);
}

#[test]
fn settings_are_judged_at_their_values() {
    for (settings, text) in [
        ("maximum_keys: 0", "expected 1 to 1000 keys, found 0"),
        ("maximum_keys: 1001", "expected 1 to 1000 keys, found 1001"),
        (
            "maximum_lifetime: 1831 days",
            "`maximum_lifetime` is longer than allowed",
        ),
        (
            "default_lifetime: 366 days",
            "`default_lifetime` is longer than allowed",
        ),
        (
            "rotation_overlap: 31 days",
            "`rotation_overlap` is longer than allowed",
        ),
        (
            "reauthentication_window: 25 hours",
            "`reauthentication_window` is longer than allowed",
        ),
        (
            "header: \"X-Api-Key\"",
            "expected the name of a header in lower case, such as `\"x-api-key\"`, found `X-Api-Key`",
        ),
        ("header: \"cookie\"", "the header `cookie` has a meaning already"),
        ("scopes: [read, read]", "`read` is listed twice"),
        (
            "scopes: [read1, read_1]",
            "the scopes `read1` and `read_1` would both become the type `Read1`",
        ),
        (
            "scopes: [Read]",
            "expected a name of lower case letters, digits and `_`, found `Read`",
        ),
        (
            "scopes: read",
            "expected a list of names such as `[read, write]`, found `read`",
        ),
        ("scope: [read]", "unknown setting `scope` for `api_key`"),
        (
            "create_action_name: schema",
            "`schema` is a function of every resource",
        ),
        (
            "revoke_action_name: create_api_key",
            "`create_api_key` is an action of `api_key` already",
        ),
    ] {
        assert_eq!(first(&mistakes_of_keys(settings)), [text], "{settings}");
    }
}

#[test]
fn prefixes_are_short_and_apart() {
    let with = |prefix: &str| {
        mistakes(&format!(
            "{REST} strategies {{ api_key {{ api_key_resource: ApiKey, prefix: \"{prefix}\" }} }}"
        ))
    };
    for prefix in ["", "Acme", "ac_me", "ac-me", "a2345678901234567", "ä"] {
        let text = format!("expected a prefix of 1 to 16 lower case letters and digits, found `{prefix}`");
        assert_eq!(first(&with(prefix)), [text.as_str()]);
    }
    assert_eq!(with("0123456789abcdef"), Vec::<String>::new());
    let two = mistakes(&format!(
        "{REST} strategies {{
            api_key {{ api_key_resource: ApiKey, prefix: \"acme\" }}
            api_key deploy {{ api_key_resource: ApiKey, prefix: \"acme\" }}
        }}"
    ));
    assert_eq!(first(&two), ["the keys of `api_key` have this prefix already"]);
}
