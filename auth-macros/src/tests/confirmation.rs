use super::{PASSWORD, REST, USER, first_lines, mistakes, mistakes_of, resolve};
use crate::errors::Errors;

const RIGHT: &str = "monitor_fields: [email], sender: Mailer, ";

fn block(settings: &str) -> String {
    format!("{REST} add_ons {{ confirmation {{ {settings} }} }}")
}

fn mistakes_in(settings: &str) -> Vec<String> {
    let texts = mistakes(&block(settings));
    first_lines(&texts).into_iter().map(str::to_owned).collect()
}

fn warnings(settings: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(USER, &block(settings), &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    let warnings = model.iter().flat_map(|model| &model.warnings);
    warnings
        .map(|warning| warning.text().lines().next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_right_block_has_no_mistakes() {
    let settings = format!(
        "{RIGHT} token_lifetime: 1 hour, confirm_on_create: true, confirm_on_update: true, inhibit_updates: true,
        prevent_hijacking: true, require_interaction: true, confirmed_at_field: confirmed_at,
        auto_confirm_actions: [], reauthentication_window: 1 hour, confirm_action_name: prove,
        resend_action_name: mail_again, change_action_name: move_to"
    );
    assert_eq!(mistakes_in(&settings), Vec::<String>::new());
    assert_eq!(warnings(&settings), Vec::<String>::new());
}

#[test]
fn what_must_be_there() {
    let texts = mistakes("repo: Repo, add_ons { confirmation {} }");
    assert_eq!(
        first_lines(&texts),
        [
            "`confirm` needs tokens, which are off",
            "`confirmation` needs a `sender`",
            "`confirmation` needs `monitor_fields`",
        ]
    );
}

#[test]
fn the_columns_are_fit() {
    for (settings, text) in [
        ("monitor_fields: [], sender: Mailer", "`monitor_fields` is empty"),
        (
            "monitor_fields: [email, display_name], sender: Mailer",
            "one `confirmation` watches one column",
        ),
        (
            "monitor_fields: [emial], sender: Mailer",
            "no column `emial` on `User`",
        ),
        (
            "monitor_fields: [age], sender: Mailer",
            "`age` cannot be an identity: its type is `i32`",
        ),
        (
            "monitor_fields: [hashed_password], sender: Mailer",
            "`hashed_password` cannot be an identity: it is sensitive",
        ),
        (
            "monitor_fields: [email], sender: Mailer, confirmed_at_field: confirmed",
            "`confirmed` cannot tell since when an address is confirmed: its type is `bool`",
        ),
        (
            "monitor_fields: [email], sender: Mailer, confirmed_at_field: display_name",
            "`display_name` cannot tell since when an address is confirmed: its type is `Option<String>`",
        ),
    ] {
        assert_eq!(mistakes_in(settings), [text]);
    }
    let user = "#[diesel(table_name = users)] struct User { id: i64, email: String }";
    assert_eq!(
        first_lines(&mistakes_of(user, &block(RIGHT))),
        ["`confirmation` needs `confirmed_at_field`"]
    );
}

#[test]
fn su_06_cf_02_what_cannot_be_given_up() {
    for (setting, text) in [
        (
            "require_interaction: false",
            "`require_interaction` cannot be switched off",
        ),
        (
            "inhibit_updates: false",
            "`inhibit_updates` cannot be switched off",
        ),
        (
            "token_lifetime: 4 days",
            "`token_lifetime` is longer than allowed",
        ),
        (
            "reauthentication_window: 2 days",
            "`reauthentication_window` is longer than allowed",
        ),
        (
            "confirm_on_create: false, confirm_on_update: false",
            "a `confirmation` with both `confirm_on_create` and `confirm_on_update` off does nothing",
        ),
    ] {
        assert_eq!(mistakes_in(&format!("{RIGHT} {setting}")), [text]);
    }
}

#[test]
fn what_gives_up_a_promise_warns() {
    assert_eq!(
        warnings(&format!(
            "{RIGHT} prevent_hijacking: false, token_lifetime: 2 days"
        )),
        [
            "whoever registered an address first keeps the account that its owner confirms",
            "a link that confirms is valid for more than 24 hours",
        ]
    );
    let allowed = "prevent_hijacking: false, token_lifetime: 2 days, \
        allow(CF-01, reason = \"staff\"), allow(SU-04, reason = \"letters\")";
    assert_eq!(warnings(&format!("{RIGHT} {allowed}")), Vec::<String>::new());
}

#[test]
fn cf_01_only_what_proves_the_address_confirms_by_itself() {
    let with = |actions: &str| {
        format!(
            "{REST} strategies {{ password {{ {PASSWORD} }} magic_link {{ identity_field: email, sender: Mailer }} }}
            add_ons {{ confirmation {{ {RIGHT} auto_confirm_actions: [{actions}] }} }}"
        )
    };
    assert_eq!(mistakes(&with("sign_in_with_magic_link")), Vec::<String>::new());
    for (action, text) in [
        (
            "register_with_password",
            "`register_with_password` does not prove that an address is the person's own",
        ),
        ("sign_in_with_magic_lnk", "no action `sign_in_with_magic_lnk`"),
    ] {
        assert_eq!(first_lines(&mistakes(&with(action))), [text]);
    }
}

#[test]
fn two_confirmations_have_names_of_their_own() {
    let two = format!("{REST} add_ons {{ confirmation {{ {RIGHT} }} confirmation {{ {RIGHT} }} }}");
    let texts = mistakes(&two);
    assert_eq!(first_lines(&texts)[0], "two add-ons are named `confirm`");
    let shared = two_blocks(
        "monitor_fields: [display_name], sender: Mailer, confirmed_at_field: later_at, confirm_action_name: confirm",
    );
    assert_eq!(
        first_lines(&shared),
        ["`confirm` is an action of `confirm` already"]
    );
}

/// The mistakes of a right block and a second one with a name and these settings.
fn two_blocks(second: &str) -> Vec<String> {
    let user = USER.replace("age: i32,", "age: i32, later_at: Option<UtcTimestamp>,");
    let block = format!("{REST} add_ons {{ confirmation {{ {RIGHT} }} confirmation later {{ {second} }} }}");
    mistakes_of(&user, &block)
}

#[test]
fn cf_01_every_address_has_a_moment_of_its_own() {
    let shared = "`confirmed_at` tells already since when the address of `confirm` is confirmed";
    let second = "monitor_fields: [display_name], sender: Mailer";
    assert_eq!(first_lines(&two_blocks(second)), [shared]);
    for (confirmed_at, texts) in [("confirmed_at", vec![shared]), ("later_at", vec![])] {
        let second = format!("{second}, confirmed_at_field: {confirmed_at}");
        assert_eq!(first_lines(&two_blocks(&second)), texts);
    }
}

#[test]
fn cf_02_one_block_watches_an_address() {
    for confirmed_at in ["", "confirmed_at_field: later_at,"] {
        let texts = two_blocks(&format!("{RIGHT} {confirmed_at} change_action_name: move_to"));
        assert_eq!(first_lines(&texts), ["`email` is watched by `confirm` already"]);
    }
}

#[test]
fn in_04_nobody_registers_as_confirmed() {
    let block = format!(
        "{REST} strategies {{ password {{ identity_field: email, register_action_accept: [age, confirmed_at] }} }}
        add_ons {{ confirmation {{ monitor_fields: [display_name], sender: Mailer }} }}"
    );
    assert_eq!(
        first_lines(&mistakes(&block)),
        ["the register action cannot take `confirmed_at`: it tells who is confirmed"]
    );
}
