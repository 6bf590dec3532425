use super::{first_line_of_each, first_lines, mistakes};

#[test]
fn c1_c3_c11_c12_rules_of_tokens() {
    let with = |tokens: &str| {
        mistakes(&format!(
            "repo: Repo, tokens {{ token_resource: Token, signing_secret: env(\"S\"), {tokens} }}"
        ))
    };
    assert_eq!(
        first_lines(&with("token_lifetime: 0 days")),
        ["`token_lifetime` must be longer than nothing"]
    );
    assert_eq!(
        first_lines(&with("store_all_tokens: false")),
        ["tokens without a stored row would all be refused"]
    );
    assert_eq!(
        first_lines(&with("require_token_presence_for_authentication: false")),
        ["sessions need a `session_identifier` when token presence is not required"]
    );
    assert_eq!(
        first_lines(&mistakes("repo: Repo, tokens { }")),
        [
            "`tokens` needs a `token_resource`",
            "`tokens` needs a `signing_secret`"
        ]
    );
}

#[test]
fn se_04_an_idle_limit_that_cannot_work_is_refused() {
    let with = |tokens: &str| {
        first_line_of_each(&mistakes(&format!(
            "repo: Repo, session_identifier: jti, \
             tokens {{ token_resource: Token, signing_secret: env(\"S\"), session_idle_timeout: {tokens} }}"
        )))
    };
    for (setting, text) in [
        (
            "0 seconds",
            "a session that ends when unused for less than a minute cannot be worked with",
        ),
        (
            "59 seconds",
            "a session that ends when unused for less than a minute cannot be worked with",
        ),
        ("14 days", "this limit is never reached"),
        ("1 hour, token_lifetime: 1 hour", "this limit is never reached"),
        (
            "1 hour, require_token_presence_for_authentication: false",
            "an idle limit needs the stored row of each session",
        ),
        ("5", "expected a duration such as `10 minutes`, found `5`"),
    ] {
        assert_eq!(with(setting), [text], "{setting}");
    }
    assert_eq!(with("1 minute"), Vec::<String>::new());
    assert_eq!(with("1 hour, token_lifetime: 1 day"), Vec::<String>::new());
}

#[test]
fn se_07_refresh_tokens_have_bounds() {
    let with = |refresh: &str, rest: &str| {
        first_line_of_each(&mistakes(&format!(
            "repo: Repo, session_identifier: jti, tokens {{ token_resource: Token, signing_secret: env(\"S\"), \
             refresh {{ {refresh} }} {rest} }}"
        )))
    };
    for (settings, text) in [
        (
            "access_token_lifetime: 2 hours",
            "`access_token_lifetime` is longer than allowed",
        ),
        (
            "access_token_lifetime: 0 seconds",
            "`access_token_lifetime` must be longer than nothing",
        ),
        (
            "refresh_token_lifetime: 10 minutes",
            "this refresh token is over before it is needed",
        ),
        ("reuse_grace: 61 seconds", "`reuse_grace` is longer than allowed"),
        ("lifetime: 1 day", "unknown setting `lifetime` for `refresh`"),
    ] {
        assert_eq!(with(settings, ""), [text], "{settings}");
    }
    assert_eq!(with("", ""), Vec::<String>::new());
    let stateless = "require_token_presence_for_authentication: false, store_all_tokens: false";
    assert_eq!(
        with("", stateless),
        ["`refresh` and `store_all_tokens: false` cannot be used together"]
    );
    assert_eq!(
        with("", "require_token_presence_for_authentication: false"),
        Vec::<String>::new()
    );
    assert_eq!(
        with("access_token_lifetime: 5 minutes", "token_lifetime: 1 minute"),
        ["`access_token_lifetime` is longer than `token_lifetime`"]
    );
}
