use super::{PASSWORD, REST, USER, first_lines, mistakes, mistakes_of, resolve};
use crate::errors::Errors;

const LINK: &str = "identity_field: email, sender: Mailer, ";

fn block(settings: &str) -> String {
    format!("{REST} strategies {{ magic_link {{ {LINK} {settings} }} }}")
}

fn mistakes_in(settings: &str) -> Vec<String> {
    let texts = mistakes(&block(settings));
    first_lines(&texts).into_iter().map(str::to_owned).collect()
}

fn warnings(block: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(USER, block, &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    let warnings = model.iter().flat_map(|model| &model.warnings);
    warnings
        .map(|warning| warning.text().lines().next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_right_block_has_no_mistakes() {
    let settings = "
        identity_format: email, token_lifetime: 5 minutes, single_use_token: true, require_interaction: true,
        bind_to_browser: true, extra_claims: claims_of, request_action_name: mail_me, sign_in_action_name: enter,
        lookup_action_name: find, token_param_name: ticket
    ";
    assert_eq!(mistakes_in(settings), Vec::<String>::new());
    assert_eq!(warnings(&block(settings)), Vec::<String>::new());
}

#[test]
fn what_must_be_there() {
    let texts = mistakes("repo: Repo, strategies { magic_link {} }");
    assert_eq!(
        first_lines(&texts),
        [
            "`magic_link` needs tokens, which are off",
            "`magic_link` needs a `sender`",
            "`magic_link` needs `identity_field`",
        ]
    );
}

#[test]
fn su_02_su_04_su_06_what_cannot_be_given_up() {
    for (settings, text) in [
        (
            "single_use_token: false",
            "`single_use_token` cannot be switched off",
        ),
        (
            "require_interaction: false",
            "`require_interaction` cannot be switched off",
        ),
        (
            "token_lifetime: 11 minutes",
            "`token_lifetime` is longer than allowed",
        ),
        (
            "token_lifetime: 0 seconds",
            "`token_lifetime` must be longer than nothing",
        ),
        (
            "allow(SU-06, reason = \"we like it\")",
            "`SU-06` cannot be given up in `magic_link`",
        ),
    ] {
        assert_eq!(mistakes_in(settings), [text]);
    }
}

#[test]
fn cf_01_a_password_beside_it_needs_a_confirmation() {
    let with = |link: &str, add_ons: &str| {
        format!(
            "{REST} strategies {{ password {{ {PASSWORD} }} magic_link {{ {LINK} {link} }} }} add_ons {{ {add_ons} }}"
        )
    };
    let texts = mistakes(&with("", ""));
    assert_eq!(
        first_lines(&texts),
        ["`magic_link` needs a `confirmation` of `email`, because people register with `password`"]
    );
    let confirmation = "confirmation { monitor_fields: [email], sender: Mailer }";
    assert_eq!(mistakes(&with("", confirmation)), Vec::<String>::new());
    let later = "confirmation { monitor_fields: [email], sender: Mailer, confirm_on_create: false }";
    assert_eq!(mistakes(&with("", later)).len(), 1);
    assert_eq!(
        warnings(&with("prevent_hijacking: false", "")),
        ["an account that somebody else registered first keeps its password when its owner signs in"]
    );
    let allowed = "prevent_hijacking: false, allow(CF-01, reason = \"staff only\")";
    assert_eq!(warnings(&with(allowed, "")), Vec::<String>::new());
    let closed = format!(
        "{REST} strategies {{ password {{ {PASSWORD} registration_enabled: false }} magic_link {{ {LINK} }} }}"
    );
    assert_eq!(mistakes(&closed), Vec::<String>::new());
}

#[test]
fn a_registration_needs_an_address_and_values() {
    assert_eq!(
        mistakes_in("registration_enabled: true"),
        ["a registration by link has no value for `age`"]
    );
    assert_eq!(
        mistakes_in("registration_enabled: true, identity_format: name"),
        ["nobody can be registered by a link to `email`: it is a name, not an address"]
    );
    let reader =
        "#[diesel(table_name = readers)] struct Reader { id: i64, email: String, name: Option<String> }";
    assert_eq!(
        mistakes_of(reader, &block("registration_enabled: true")),
        Vec::<String>::new()
    );
}

#[test]
fn names_are_taken_once() {
    assert_eq!(
        mistakes_in("lookup_action_name: get_by_subject"),
        ["`get_by_subject` is a function of every resource"]
    );
    let two = format!("{REST} strategies {{ magic_link {{ {LINK} }} magic_link other {{ {LINK} }} }}");
    assert_eq!(
        first_lines(&mistakes(&two)),
        ["`get_by_email` is an action of `magic_link` already"]
    );
}
