use super::{REST, resolve, tokens};
use crate::{errors::Errors, resources::audit_log};

const USER: &str = r#"
    #[diesel(table_name = users)]
    struct User {
        id: i64,
        email: String,
        #[auth(sensitive)]
        hashed_password: Option<String>,
        display_name: Option<String>,
        #[auth(private)]
        note: Option<String>,
        #[auth(private)]
        score: Option<i32>,
    }
"#;

fn block(settings: &str) -> String {
    format!(
        "{REST}
        strategies {{ password {{ identity_field: email, register_action_accept: [display_name, note] }} }}
        add_ons {{ audit_log {{ audit_log_resource: AuditLog, {settings} }} }}"
    )
}

fn mistakes_of(block: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(USER, block, &mut errors);
    assert_eq!(model.is_some(), errors.is_empty());
    errors.into_texts()
}

fn mistakes(settings: &str) -> Vec<String> {
    mistakes_of(&block(settings))
}

fn warnings(settings: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(USER, &block(settings), &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    model
        .iter()
        .flat_map(|model| &model.warnings)
        .map(|warning| warning.text().lines().next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn right_blocks_have_no_mistakes() {
    for settings in [
        "",
        "mode: durable",
        "mode: batched",
        "mode: batched, batch_size: 1000, batch_interval: 60 seconds, buffer_size: 1000",
        "include_strategies: [*], include_actions: [*]",
        "include_strategies: [password, session], exclude_actions: [sign_out, sign_in_with_token]",
        "include_actions: []",
        "exclude_strategies: [session]",
        "ip_privacy_mode: none",
        "ip_privacy_mode: exclude",
        "ip_privacy_mode: truncate",
        "ip_privacy_mode: truncate, ipv4_truncation_mask: 0, ipv6_truncation_mask: 128",
        "ip_privacy_mode: hash, ip_hash_key: env(\"KEY\")",
        "include_fields: [display_name]",
    ] {
        assert_eq!(mistakes(settings), Vec::<String>::new(), "{settings}");
        assert_eq!(warnings(settings), Vec::<String>::new(), "{settings}");
    }
}

#[test]
fn each_mistake_is_told_in_its_own_words() {
    for (settings, text) in [
        (
            "include_strategies: [pasword]",
            "no strategy or add-on is named `pasword`\n= help: a strategy with a similar name exists: `password`",
        ),
        (
            "exclude_strategies: [github]",
            "no strategy or add-on is named `github`\n= help: expected `password`, `audit_log` or `session`",
        ),
        (
            "exclude_actions: [sign_in_with_pasword]",
            "no action is named `sign_in_with_pasword`\n\
             = help: an action with a similar name exists: `sign_in_with_password`",
        ),
        (
            "include_actions: [sign_in]",
            "no action is named `sign_in`\n= help: an action with a similar name exists: `sign_in_with_token`",
        ),
        (
            "include_actions: [*, sign_out]",
            "`*` stands alone\n= help: write `[*]` for everything, or the names without `*`",
        ),
        (
            "include_actions: sign_out",
            "expected `[*]` or a list of names such as `[password]`, found `sign_out`",
        ),
        (
            "include_actions: [sign_out], exclude_actions: [sign_out]",
            "`sign_out` is both in `include_actions` and in `exclude_actions`\n\
             = help: remove it from one of the lists",
        ),
        (
            "exclude_strategies: [session, session]",
            "`session` is listed twice",
        ),
        (
            "include_fields: [emial]",
            "no column `emial` on `User`\n= help: a column with a similar name exists: `email`",
        ),
        (
            "include_fields: [hashed_password]",
            "`hashed_password` cannot be recorded: it is marked `#[auth(sensitive)]`\n\
             = note: secrets never enter an audit log (promise AU-02)",
        ),
        (
            "include_fields: [score], allow(AU-02, reason = \"a test\")",
            "no action accepts `score`, so it cannot be recorded\n\
             = help: remove it, or let an action accept it, such as with `register_action_accept`",
        ),
        (
            "ip_privacy_mode: trunkate",
            "unknown privacy mode `trunkate`\n= help: a value with a similar name exists: `truncate`",
        ),
        (
            "ip_privacy_mode: truncate, ipv4_truncation_mask: 33",
            "expected 0 to 32 bits, found 33",
        ),
        (
            "ip_privacy_mode: truncate, ipv6_truncation_mask: 129",
            "expected 0 to 128 bits, found 129",
        ),
        (
            "ipv4_truncation_mask: 24",
            "`ipv4_truncation_mask` has no effect\n= help: it belongs to `ip_privacy_mode: truncate`",
        ),
        (
            "ip_privacy_mode: hash",
            "`ip_privacy_mode: hash` needs an `ip_hash_key`\n\
             = note: without a key, all addresses can be tried until the hash fits (promise AU-03)\n\
             = help: add `ip_hash_key: env(\"AUDIT_IP_HASH_KEY\")`",
        ),
        (
            "ip_hash_key: env(\"KEY\")",
            "`ip_hash_key` has no effect\n= help: it belongs to `ip_privacy_mode: hash`",
        ),
        (
            "mode: eventually",
            "unknown mode `eventually`\n= help: expected `durable` or `batched`",
        ),
        (
            "batch_size: 10",
            "`batch_size` has no effect\n= help: it belongs to `mode: batched`",
        ),
        ("mode: batched, batch_size: 0", "expected 1 to 1000, found 0"),
        (
            "mode: batched, batch_size: 500, buffer_size: 499",
            "expected 500 to 100000, found 499",
        ),
        (
            "mode: batched, batch_interval: 2 minutes",
            "`batch_interval` is longer than allowed\n= note: what was not written yet is lost with the process",
        ),
    ] {
        assert_eq!(mistakes(settings), [text], "{settings}");
    }
}

#[test]
fn a_log_needs_a_table_and_a_name_of_its_own() {
    let of = |add_ons: &str| mistakes_of(&format!("{REST} add_ons {{ {add_ons} }}"));
    assert_eq!(
        of("audit_log {}"),
        ["`audit_log` needs an `audit_log_resource`\n= help: add `audit_log_resource: AuditLog`"]
    );
    let two = "audit_log { audit_log_resource: AuditLog } audit_log { audit_log_resource: Other }";
    assert_eq!(
        of(two),
        ["two add-ons are named `audit_log`\n\
          = help: give one of them a name of its own: `audit_log audit_log_2 { … }`"]
    );
    assert_eq!(
        of("audit_log first { audit_log_resource: AuditLog } audit_log second { audit_log_resource: Other }"),
        Vec::<String>::new()
    );
}

#[test]
fn a_strategy_that_is_wrong_is_not_missed_by_the_log() {
    let block = format!(
        "{REST}
        strategies {{ password {{ identity_field: emial }} }}
        add_ons {{ audit_log {{ audit_log_resource: AuditLog, exclude_actions: [sign_in_with_password] }} }}"
    );
    assert_eq!(
        mistakes_of(&block),
        ["no column `emial` on `User`\n= help: a column with a similar name exists: `email`"]
    );
}

#[test]
fn au_02_a_private_column_in_the_log_warns() {
    assert_eq!(
        warnings("include_fields: [note]"),
        ["the audit log shows `note`, which is private"]
    );
    assert_eq!(
        warnings("include_fields: [note], allow(AU-02, reason = \"support asks for it\")"),
        Vec::<String>::new()
    );
}

#[test]
fn a_key_in_the_source_warns() {
    assert_eq!(
        warnings("ip_privacy_mode: hash, ip_hash_key: \"written down, thirty-two bytes long\""),
        ["a secret in the source is known to everyone who can read it"]
    );
}

fn mistakes_of_derive(attributes: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let input = syn::parse2(tokens(&format!("{attributes} struct AuditLog;"))).expect("a struct");
    audit_log::derive(&input, &mut errors);
    errors.into_texts()
}

#[test]
fn the_table_is_declared_with_names_and_durations() {
    for (attributes, text) in [
        ("", None),
        (
            "#[auth(log_lifetime = \"1 day\", expunge_interval = \"30 minutes\")]",
            None,
        ),
        ("#[auth(log_lifetime = \"infinity\")]", None),
        (
            "#[auth(log_lifetime = \"90\")]",
            Some("expected a duration such as \"90 days\", or \"infinity\", found \"90\""),
        ),
        (
            "#[auth(log_lifetime = \"90 days more\")]",
            Some("expected a duration such as \"90 days\", or \"infinity\", found \"90 days more\""),
        ),
        (
            "#[auth(log_lifetime = \"90 dys\")]",
            Some("unknown unit of time `dys`\n= help: a unit with a similar name exists: `days`"),
        ),
        (
            "#[auth(expunge_interval = \"0 hours\")]",
            Some("expected a duration that is longer than nothing"),
        ),
        (
            "#[auth(expunge_interval = \"infinity\")]",
            Some("expected a duration such as \"12 hours\", found \"infinity\""),
        ),
        (
            "#[auth(status = \"strategy\")]",
            Some(
                "two columns are named `strategy`\n= help: give `status` another name: `#[auth(status = \"…\")]`",
            ),
        ),
        (
            "#[auth(table_name = \"Audit Log\")]",
            Some("expected a name of lower case letters, digits and `_`, found `Audit Log`"),
        ),
    ] {
        let expected: Vec<&str> = text.into_iter().collect();
        assert_eq!(mistakes_of_derive(attributes), expected, "{attributes}");
    }
}

#[test]
fn unknown_words_at_the_table_are_told() {
    let mistakes = mistakes_of_derive("#[auth(log_lifetim = \"1 day\")]");
    assert!(mistakes[0].contains("log_lifetim"), "{mistakes:?}");
    assert!(audit_log_is_a_unit_struct());
}

/// Whether a struct with fields is refused.
fn audit_log_is_a_unit_struct() -> bool {
    let mut errors = Errors::new();
    let input: syn::DeriveInput = syn::parse2(tokens("struct AuditLog { id: i32 }")).expect("a struct");
    audit_log::derive(&input, &mut errors);
    !errors.into_texts().is_empty()
}

#[test]
fn uses_of_api_keys_can_be_chosen_like_actions() {
    let with = |selection: &str| {
        super::mistakes(&format!(
            "{REST} strategies {{ api_key {{ api_key_resource: ApiKey, prefix: \"acme\" }} }} \
             add_ons {{ audit_log {{ audit_log_resource: AuditLog, {selection} }} }}"
        ))
    };
    assert_eq!(with("exclude_actions: [authenticate]"), Vec::<String>::new());
    assert_eq!(with("include_actions: [authenticate]"), Vec::<String>::new());
}
