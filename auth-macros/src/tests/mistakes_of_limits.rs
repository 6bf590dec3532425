use super::{PASSWORD, REST, first_lines, mistakes, mistakes_of_password};

#[test]
fn rl_01_limits_cannot_be_switched_off() {
    let of = |limits: &str| {
        mistakes_of_password(&format!("resettable {{ sender: Mailer }} limits {{ {limits} }}"))
    };
    for (limits, text) in [
        ("max_failures: 0", "expected a number from 1 to 100, found `0`"),
        (
            "max_failures: 101",
            "expected a number from 1 to 100, found `101`",
        ),
        (
            "network_max_failures: 0",
            "expected a number from 1 to 3000, found `0`",
        ),
        (
            "network_max_failures: 3001",
            "expected a number from 1 to 3000, found `3001`",
        ),
        (
            "max_messages: 101",
            "expected a number from 1 to 100, found `101`",
        ),
        (
            "network_max_messages: 0",
            "expected a number from 1 to 3000, found `0`",
        ),
        ("window: 59 seconds", "`window` is out of range"),
        ("window: 2 days", "`window` is out of range"),
        ("message_window: 30 seconds", "`message_window` is out of range"),
        ("window: 5", "expected a duration such as `10 minutes`, found `5`"),
        ("max_failure: 5", "unknown setting `max_failure` for `limits`"),
        (
            "allow(PW-03, reason = \"x\")",
            "`PW-03` cannot be given up in `limits`",
        ),
    ] {
        assert_eq!(first_lines(&of(limits)), [text], "{limits}");
    }
    assert_eq!(
        of(
            "max_failures: 1, window: 1 day, network_max_failures: 1, max_messages: 1, message_window: 1 day, network_max_messages: 1"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn rl_05_message_limits_need_messages() {
    assert_eq!(
        first_lines(&mistakes_of_password(
            "limits { max_messages: 3, message_window: 1 day }"
        )),
        [
            "`max_messages` limits nothing: the strategy sends no messages",
            "`message_window` limits nothing: the strategy sends no messages",
        ]
    );
}

#[test]
fn brute_force_strategies() {
    let of = |settings: &str| mistakes_of_password(settings);
    assert_eq!(of("brute_force_strategy: counters"), Vec::<String>::new());
    assert_eq!(
        of("brute_force_strategy: preparation(guards::Doorman::new(1, 2))"),
        Vec::<String>::new()
    );
    for written in [
        "counter",
        "preparation",
        "preparation()",
        "preparation(A, B)",
        "preparation(\"a\")",
        "audit_log",
        "audit_log()",
        "audit_log(a, b)",
        "false",
        "none",
    ] {
        let mistakes = of(&format!("brute_force_strategy: {written}"));
        assert_eq!(mistakes.len(), 1, "{written}: {mistakes:?}");
        assert!(
            mistakes[0].starts_with(
                "expected `counters`, `audit_log(name)` or `preparation(path::to::Guard)`, found "
            ),
            "{mistakes:?}"
        );
    }
    assert_eq!(
        first_lines(&of(
            "brute_force_strategy: preparation(Doorman), limits { max_failures: 3 }"
        )),
        ["`max_failures` and a guard of your own cannot be used together"]
    );
}

#[test]
fn rl_01_an_audit_log_that_counts_failures_knows_all_of_them() {
    let of = |settings: &str, log: &str| {
        mistakes(&format!(
            "{REST} strategies {{ password {{ {PASSWORD} {settings} }} }} add_ons {{ {log} }}"
        ))
    };
    let resource = "audit_log_resource: AuditLog";
    let by_log =
        "brute_force_strategy: audit_log(audit_log), audit_log_window: 1 hour, audit_log_max_failures: 3";
    let right = format!("audit_log {{ {resource} }}");
    assert_eq!(of(by_log, &right), Vec::<String>::new());
    let other_actions = format!("audit_log {{ {resource}, exclude_actions: [change_password, sign_out] }}");
    assert_eq!(of(by_log, &other_actions), Vec::<String>::new());
    for (settings, log, texts) in [
        (by_log, "", &["no audit log is named `audit_log`"][..]),
        (
            "brute_force_strategy: audit_log(audit_lg)",
            &right,
            &["no audit log is named `audit_lg`"],
        ),
        (
            "brute_force_strategy: audit_log(password)",
            &right,
            &["no audit log is named `password`"],
        ),
        (
            by_log,
            &format!("audit_log {{ {resource}, mode: batched }}"),
            &["failures cannot be counted in `audit_log`: it is batched"],
        ),
        (
            by_log,
            &format!("audit_log {{ {resource}, include_actions: [register_with_password] }}"),
            &[
                "`audit_log` does not record `sign_in_with_password`, so its failures would not count",
                "`audit_log` does not record `sign_in_token_with_password`, so its failures would not count",
            ],
        ),
        (
            "audit_log_window: 1 hour, audit_log_max_failures: 3",
            &right,
            &[
                "`audit_log_window` has no effect",
                "`audit_log_max_failures` has no effect",
            ],
        ),
        (
            "brute_force_strategy: audit_log(audit_log), audit_log_max_failures: 0",
            &right,
            &["expected a number from 1 to 100, found `0`"],
        ),
        (
            "brute_force_strategy: audit_log(audit_log), audit_log_window: 30 seconds",
            &right,
            &["`audit_log_window` is out of range"],
        ),
        (
            "brute_force_strategy: audit_log(audit_log), limits { max_failures: 3 }",
            &right,
            &["`max_failures` has no effect: an audit log counts the failures of identities"],
        ),
        (
            "brute_force_strategy: audit_log(1), audit_log_window: 1 hour",
            &right,
            &[
                "expected `counters`, `audit_log(name)` or `preparation(path::to::Guard)`, found `audit_log (1)`",
            ],
        ),
    ] {
        assert_eq!(first_lines(&of(settings, log)), texts, "{settings} {log}");
    }
}
