use super::{PASSWORD, REST, USER, resolve};
use crate::errors::Errors;

fn warnings(block: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(USER, block, &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    model
        .iter()
        .flat_map(|model| &model.warnings)
        .map(|warning| warning.text().lines().next().unwrap_or_default().to_owned())
        .collect()
}

fn password(settings: &str) -> String {
    format!("{REST} strategies {{ password {{ {PASSWORD} {settings} }} }}")
}

#[test]
fn a_block_of_defaults_warns_of_nothing() {
    assert_eq!(
        warnings(&password("resettable { sender: Mailer }")),
        Vec::<String>::new()
    );
}

#[test]
fn pw_03_a_shorter_minimum_warns() {
    assert_eq!(
        warnings(&password("minimum_length: 8")),
        ["passwords of 8 characters alone sign people in"]
    );
    assert_eq!(
        warnings(&password(
            "minimum_length: 8, allow(PW-03, reason = \"a second factor follows\")"
        )),
        Vec::<String>::new()
    );
}

#[test]
fn su_04_longer_lifetimes_warn_each() {
    let longer = "sign_in_token_lifetime: 2 minutes, resettable { sender: Mailer, token_lifetime: 1 day }";
    assert_eq!(
        warnings(&password(longer)),
        [
            "a link that resets a password is valid for more than 30 minutes",
            "a sign-in token is valid for more than 60 seconds",
        ]
    );
}

#[test]
fn an_allow_speaks_for_its_own_block_only() {
    let longer =
        "allow(SU-04, reason = \"slow phones\"), resettable { sender: Mailer, token_lifetime: 1 day }";
    assert_eq!(
        warnings(&password(longer)),
        ["a link that resets a password is valid for more than 30 minutes"]
    );
}

#[test]
fn a_secret_in_the_source_warns() {
    let block = r#"repo: Repo, tokens { token_resource: Token, signing_secret: "x", previous_signing_secrets: ["y", env("Z")] }"#;
    let text = "a secret in the source is known to everyone who can read it";
    assert_eq!(warnings(block), [text, text]);
}

#[test]
fn tk_08_sessions_that_cannot_be_ended_warn() {
    let block = r#"
        repo: Repo,
        session_identifier: unsafe,
        tokens { token_resource: Token, signing_secret: env("S"), require_token_presence_for_authentication: false }
    "#;
    assert_eq!(warnings(block), ["signing out does not end a copied session"]);
}

#[test]
fn se_04_sessions_of_more_than_30_days_warn() {
    let block = |settings: &str| {
        format!("repo: Repo, tokens {{ token_resource: Token, signing_secret: env(\"S\"), {settings} }}")
    };
    assert_eq!(
        warnings(&block("token_lifetime: 31 days")),
        ["a session lasts for more than 30 days"]
    );
    assert_eq!(
        warnings(&block("refresh { refresh_token_lifetime: 60 days }")),
        ["a session can be renewed for more than 30 days"]
    );
    for quiet in [
        "token_lifetime: 30 days",
        "refresh { refresh_token_lifetime: 30 days }",
        "refresh { allow(SE-04, reason = \"a kiosk\"), refresh_token_lifetime: 60 days }",
        "token_lifetime: 1 day, session_idle_timeout: 1 hour",
        "allow(SE-04, reason = \"a kiosk\"), token_lifetime: 90 days",
    ] {
        assert_eq!(warnings(&block(quiet)), Vec::<String>::new(), "{quiet}");
    }
}

#[test]
fn se_04_remembering_for_long_or_against_an_idle_limit_warns() {
    let block = |tokens: &str, settings: &str| {
        format!(
            "repo: Repo, tokens {{ token_resource: Token, signing_secret: env(\"S\"), {tokens} }} \
             strategies {{ password {{ {PASSWORD} remember_me: true }} remember_me {{ {settings} }} }}"
        )
    };
    assert_eq!(warnings(&block("", "")), Vec::<String>::new());
    assert_eq!(
        warnings(&block("", "token_lifetime: 90 days")),
        ["a browser is remembered for more than 30 days"]
    );
    assert_eq!(
        warnings(&block("session_idle_timeout: 1 hour", "")),
        ["a remembered browser comes back after `session_idle_timeout`"]
    );
    let allowed = "allow(SE-04, reason = \"a forum\"), token_lifetime: 90 days";
    assert_eq!(
        warnings(&block("session_idle_timeout: 1 hour", allowed)),
        Vec::<String>::new()
    );
}

#[test]
fn su_09_sessions_that_nobody_keeps_a_row_of_warn() {
    let block = |allow: &str| {
        format!(
            "repo: Repo, session_identifier: jti, tokens {{ {allow} token_resource: Token, \
             signing_secret: env(\"S\"), require_token_presence_for_authentication: false, store_all_tokens: false }}"
        )
    };
    assert_eq!(
        warnings(&block("")),
        ["resetting or changing a password ends no other session, because none is known"]
    );
    assert_eq!(
        warnings(&block("allow(SU-09, reason = \"sessions of minutes\"),")),
        Vec::<String>::new()
    );
}

#[test]
fn rl_01_rl_05_weaker_limits_warn_each() {
    let limits = |settings: &str| {
        password(&format!(
            "resettable {{ sender: Mailer }} limits {{ {settings} }}"
        ))
    };
    assert_eq!(
        warnings(&limits(
            "max_failures: 6, window: 4 minutes, network_max_failures: 301, \
             max_messages: 6, message_window: 59 minutes, network_max_messages: 101"
        )),
        [
            "an identity has more than 5 failures before it has to wait",
            "a `window` of less than 5 minutes",
            "a network has more than 300 failures before it has to wait",
            "a recipient gets more than 5 messages",
            "a `message_window` of less than 60 minutes",
            "a network asks for more than 100 messages",
        ]
    );
    let allowed =
        "max_failures: 6, max_messages: 6, allow(RL-01, reason = \"a\"), allow(RL-05, reason = \"b\")";
    assert_eq!(warnings(&limits(allowed)), Vec::<String>::new());
    assert_eq!(
        warnings(&limits("max_failures: 6, allow(RL-05, reason = \"b\")")),
        ["an identity has more than 5 failures before it has to wait"]
    );
}
