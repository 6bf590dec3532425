//! Rules across strategies: every name once.

use proc_macro2::Ident;
use quote::format_ident;

use crate::{
    action::Action,
    errors::Errors,
    part::{Parts, marker},
};

/// Functions that every resource has. An action cannot take their names.
pub(crate) const RESERVED: &[&str] = &["authentication", "authentication_info", "schema"];

/// Types that the arguments of an action cannot be called after: wherever the block stands they mean something else.
pub(crate) const TYPES: &[&str] = &[
    "Authentication",
    "Box",
    "Clone",
    "Context",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Error",
    "From",
    "Id",
    "Into",
    "Iterator",
    "Message",
    "None",
    "Ok",
    "Option",
    "Result",
    "Secret",
    "SecretString",
    "Self",
    "Sender",
    "Some",
    "String",
    "UtcTimestamp",
    "Vec",
];

/// What stands below a resource's name in paths beside its strategies and add-ons.
const ROUTES: &[&str] = &["sign_out", "sessions", "refresh"];

/// The strategy of signing out, and of what else belongs to no strategy.
const LIBRARY: &str = "session";

pub(crate) fn check(parts: &Parts, get_by_subject: &Ident, errors: &mut Errors) {
    check_names(parts, errors);
    check_action_names(parts, get_by_subject, errors);
    for part in parts.iter() {
        part.check(parts, errors);
        if let Some(protection) = part.protection() {
            protection.check_recorded(part, parts, errors);
        }
    }
}

/// C1 and I-5: a name is a part of routes and of action names.
fn check_names(parts: &Parts, errors: &mut Errors) {
    let strategies = parts.strategies.len();
    for (index, part) in parts.iter().enumerate() {
        let (name, kind) = (part.name(), part.kind());
        if ROUTES.iter().any(|route| name == route) {
            errors.at(
                name,
                format!(
                    "`{name}` is a route of every resource\n= help: give it another name: `{kind} {name}_2 {{ … }}`"
                ),
            );
        }
        if name == LIBRARY {
            errors.at(
                name,
                format!(
                    "`{name}` is what the library's own actions go by, in audit events and limits\n\
                     = help: give it another name: `{kind} {name}_2 {{ … }}`"
                ),
            );
        }
        let before = || parts.iter().take(index);
        let Some(earlier) = before().position(|earlier| earlier.name() == name) else {
            if let Some(earlier) = before().find(|earlier| marker(earlier.name()) == marker(name)) {
                let earlier = earlier.name();
                errors.at(
                    name,
                    format!(
                        "`{name}` and `{earlier}` are one name where types are made of them\n\
                         = help: give one of them another name: `{kind} other_{name} {{ … }}`"
                    ),
                );
            }
            continue;
        };
        let both = match (earlier < strategies, index < strategies) {
            (_, true) => "two strategies are",
            (true, false) => "a strategy and an add-on are",
            (false, false) => "two add-ons are",
        };
        errors.at(
            name,
            format!(
                "{both} named `{name}`\n= help: give one of them a name of its own: `{kind} {name}_2 {{ … }}`"
            ),
        );
    }
}

/// I-3: an action belongs to one strategy.
fn check_action_names(parts: &Parts, get_by_subject: &Ident, errors: &mut Errors) {
    if RESERVED.iter().any(|reserved| get_by_subject == reserved) {
        errors.at(
            get_by_subject,
            taken(get_by_subject, "get_by_subject_action_name"),
        );
    }
    let mut seen: Vec<Action<'_>> = Vec::new();
    for part in parts.iter() {
        for action in part.actions() {
            let (name, setting) = (action.name, action.setting);
            if name == get_by_subject || RESERVED.iter().any(|reserved| name == reserved) {
                errors.at(action.place(), taken(name, setting));
                continue;
            }
            if let Some(ty) = TYPES.iter().find(|ty| action.input() == **ty) {
                errors.at(
                    action.place(),
                    format!(
                        "`{name}` cannot name an action: its arguments would be a struct `{ty}`, which means something else\n\
                         = help: set `{setting}` to another name, such as `{name}_action`"
                    ),
                );
                continue;
            }
            match seen.iter().find(|earlier| earlier.input() == action.input()) {
                // The name of the strategy is there twice, or another one that makes the same types, which is reported
                // already.
                Some(earlier) if is_there_twice(parts, earlier.strategy) => {}
                Some(earlier) if earlier.name == name => errors.at(
                    action.place(),
                    format!(
                        "`{name}` is an action of `{}` already\n= help: set `{setting}` in `{}`",
                        earlier.strategy, action.strategy
                    ),
                ),
                Some(earlier) => errors.at(
                    action.place(),
                    format!(
                        "the arguments of `{name}` and of `{}` would be one struct `{}`\n\
                         = help: set `{setting}` in `{}` to another name",
                        earlier.name,
                        action.input(),
                        action.strategy
                    ),
                ),
                None => seen.push(action),
            }
        }
    }
    for part in parts.iter() {
        for function in part.further_functions() {
            let owner = part.name();
            if let Some(action) = seen.iter().find(|action| *action.name == function) {
                let setting = action.setting;
                errors.at(
                    action.place(),
                    format!(
                        "`{function}` is a function of `{owner}` already\n= help: set `{setting}` in `{}` to another name",
                        action.strategy
                    ),
                );
            } else if function == *get_by_subject {
                errors.at(
                    get_by_subject,
                    format!(
                        "`{function}` is a function of `{owner}` already\n\
                         = help: set `get_by_subject_action_name` to another name"
                    ),
                );
            }
        }
    }
}

fn is_there_twice(parts: &Parts, name: &Ident) -> bool {
    let alike = parts.iter().filter(|part| marker(part.name()) == marker(name));
    alike.count() > 1
}

fn taken(name: &Ident, setting: &str) -> String {
    let other = format_ident!("{name}_action");
    format!(
        "`{name}` is a function of every resource\n= help: set `{setting}` to another name, such as `{other}`"
    )
}
