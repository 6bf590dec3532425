//! The rules of `custom`.

use super::{REST, mistakes};

fn first(texts: &[String]) -> Vec<&str> {
    texts.iter().filter_map(|text| text.lines().next()).collect()
}

fn in_strategies(content: &str) -> Vec<String> {
    mistakes(&format!("{REST} strategies {{ {content} }}"))
}

#[test]
fn right_blocks_have_no_mistakes() {
    for content in [
        "custom marty { strategy: OnlyMarty { name_field: \"name\", case_sensitive: false }, actions: [SignIn] }",
        "custom marty { strategy: odd::OnlyMarty::<u8> { a: 1, b }, actions: [odd::SignIn, odd::Leave] }",
        "custom marty { strategy: OnlyMarty }",
        "custom one { strategy: Odd, actions: [SignIn] } custom two { strategy: Odd, actions: [SignIn] }",
    ] {
        assert_eq!(in_strategies(content), Vec::<String>::new(), "{content}");
    }
    let add_on = format!("{REST} add_ons {{ custom curfew {{ add_on: Curfew, actions: [Whoami] }} }}");
    assert_eq!(mistakes(&add_on), Vec::<String>::new());
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        in_strategies("custom {}"),
        [
            "`custom` needs a name\n\
             = note: it becomes a part of routes and of the names of actions\n\
             = help: write `custom name { … }`",
            "`custom` needs `strategy`\n= help: add `strategy: path::to::Type { … }`",
        ]
    );
    let add_on = mistakes(&format!(
        "{REST} add_ons {{ custom curfew {{ strategy: Curfew }} }}"
    ));
    assert_eq!(
        first(&add_on),
        [
            "unknown setting `strategy` for `custom`",
            "`custom` needs `add_on`"
        ]
    );
}

#[test]
fn values_show_their_types() {
    for (content, text) in [
        (
            "custom marty { strategy: OnlyMarty::new() }",
            "expected a value such as `Strategy { setting: 1 }`, found `OnlyMarty :: new ()`",
        ),
        (
            "custom marty { strategy: 5 }",
            "expected a value such as `Strategy { setting: 1 }`, found `5`",
        ),
        (
            "custom marty { strategy: Odd, actions: SignIn }",
            "expected a list of types such as `[SignIn]`, found `SignIn`",
        ),
        (
            "custom marty { strategy: Odd, actions: [a::SignIn, b::SignIn] }",
            "two actions of `marty` are named `sign_in`",
        ),
        (
            "custom marty { strategy: Odd, phases: [SignIn] }",
            "unknown setting `phases` for `custom`",
        ),
        (
            "custom Marty { strategy: Odd }",
            "expected a name of lower case letters, digits and `_`, found `Marty`",
        ),
    ] {
        assert_eq!(first(&in_strategies(content)), [text], "{content}");
    }
}

#[test]
fn names_are_given_once() {
    assert_eq!(
        first(&in_strategies(
            "custom marty { strategy: Odd } custom marty { strategy: Odd }"
        )),
        ["two strategies are named `marty`"]
    );
    let both = format!(
        "{REST} strategies {{ custom marty {{ strategy: Odd }} }} add_ons {{ custom marty {{ add_on: Odd }} }}"
    );
    assert_eq!(
        first(&mistakes(&both)),
        ["a strategy and an add-on are named `marty`"]
    );
    let taken = "
        password { identity_field: email, register_action_accept: [age], sign_in_action_name: sign_in_with_marty }
        custom marty { strategy: Odd, actions: [SignIn] }";
    assert_eq!(
        first(&in_strategies(taken)),
        ["`sign_in_with_marty` is an action of `password` already"]
    );
}
