use super::{PASSWORD, REST, first_lines, mistakes};

#[test]
fn log_out_everywhere_needs_rows_and_purposes() {
    let with = |tokens: &str, settings: &str| {
        mistakes(&format!(
            "repo: Repo, session_identifier: jti, \
             tokens {{ token_resource: Token, signing_secret: env(\"S\"), {tokens} }} \
             strategies {{ password {{ {PASSWORD} }} }} add_ons {{ log_out_everywhere {{ {settings} }} }}"
        ))
    };
    for right in [
        "",
        "apply_on_password_change: true",
        "include_purposes: [user, refresh, remember_me]",
        "exclude_purposes: [password_reset], action_name: leave",
    ] {
        assert_eq!(with("", right), Vec::<String>::new(), "{right}");
    }
    for (settings, text) in [
        (
            "apply_on_password_change: false",
            "a reset or change of the password always ends every session",
        ),
        ("api_keys: true", "there are no API keys that could end"),
        ("include_purposes: []", "without purposes nothing ends"),
        (
            "exclude_purposes: [revocation]",
            "`revocation` is no purpose of a token",
        ),
        ("exclude_purposes: [user, user]", "`user` is listed twice"),
        (
            "include_purposes: [user], exclude_purposes: [user]",
            "`user` is in `include_purposes` too",
        ),
        (
            "include_purposes: [\"user\"]",
            "expected a list of names such as `[read, write]`, found `[\"user\"]`",
        ),
        (
            "argument_name: user",
            "unknown setting `argument_name` for `log_out_everywhere`",
        ),
    ] {
        assert_eq!(first_lines(&with("", settings)), [text], "{settings}");
    }
    let keys = "api_key { api_key_resource: ApiKey, prefix: \"acme\" }";
    let with_keys = format!(
        "{REST} strategies {{ password {{ {PASSWORD} }} {keys} }} add_ons {{ log_out_everywhere {{ api_keys: true }} }}"
    );
    assert_eq!(mistakes(&with_keys), Vec::<String>::new());
    for stateless in [
        "require_token_presence_for_authentication: false",
        "require_token_presence_for_authentication: false, store_all_tokens: false",
    ] {
        assert_eq!(
            first_lines(&with(stateless, "")),
            ["`log_out_everywhere` needs the stored row of every session"]
        );
    }
    assert_eq!(
        mistakes("repo: Repo, add_ons { log_out_everywhere {} }"),
        ["`log_out_everywhere` needs tokens, which are off\n= help: add `tokens { … }`"]
    );
    assert_eq!(
        first_lines(&mistakes(&format!(
            "{REST} add_ons {{ log_out_everywhere {{ apply_on_password_change: true }} }}"
        ))),
        ["there is no password that could change"]
    );
}
