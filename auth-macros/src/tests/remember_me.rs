use super::{PASSWORD, REST, first_lines, mistakes};

#[test]
fn remember_me_needs_what_sets_its_cookie() {
    let with = |option: &str, strategy: &str| {
        mistakes(&format!(
            "{REST} strategies {{ password {{ {PASSWORD} {option} }} {strategy} }}"
        ))
    };
    let on = "remember_me: true";
    assert_eq!(with(on, "remember_me {}"), Vec::<String>::new());
    assert_eq!(with("remember_me: false", ""), Vec::<String>::new());
    assert_eq!(
        with(on, ""),
        ["`remember_me: true` needs the strategy `remember_me`\n\
          = help: add `remember_me {}` to `strategies`"]
    );
    for option in ["", "remember_me: false"] {
        assert_eq!(
            first_lines(&with(option, "remember_me {}")),
            ["nothing sets the cookie of `remember_me`"]
        );
    }
    for (strategy, text) in [
        (
            "remember_me {} remember_me again {}",
            "`remember_me` is there twice",
        ),
        (
            "remember_me { cookie_name: user_session }",
            "this is the cookie of the session",
        ),
        (
            "remember_me { reuse_grace: 2 minutes }",
            "`reuse_grace` is longer than allowed",
        ),
        (
            "remember_me { token_lifetime: 30 }",
            "expected a duration such as `10 minutes`, found `30`",
        ),
        (
            "remember_me { sign_in_action_name: sign_in_with_password }",
            "`sign_in_with_password` is an action of `password` already",
        ),
        (
            "remember_me { cookie: x }",
            "unknown setting `cookie` for `remember_me`",
        ),
    ] {
        assert_eq!(first_lines(&with(on, strategy)), [text], "{strategy}");
    }
    let without_tokens = format!(
        "repo: Repo, strategies {{ password {{ {PASSWORD} sign_in_tokens_enabled: false, {on} }} remember_me {{}} }}"
    );
    assert_eq!(
        mistakes(&without_tokens),
        ["`remember_me` needs tokens, which are off\n= help: add `tokens { … }`"]
    );
}
