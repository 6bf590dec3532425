//! Rules across strategies: every name once.

use proc_macro2::Ident;
use quote::format_ident;

use crate::{errors::Errors, part::Parts};

/// Functions that every resource has. An action cannot take their names.
pub(crate) const RESERVED: &[&str] = &["authentication", "authentication_info", "schema"];

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
        let Some(earlier) = parts
            .iter()
            .take(index)
            .position(|earlier| earlier.name() == name)
        else {
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
    let mut seen: Vec<(&Ident, &Ident)> = Vec::new();
    for part in parts.iter() {
        for action in part.actions() {
            let (name, setting) = (action.name, action.setting);
            if name == get_by_subject || RESERVED.iter().any(|reserved| name == reserved) {
                errors.at(action.place(), taken(name, setting));
                continue;
            }
            match seen.iter().find(|(earlier, _)| *earlier == name) {
                // The name of the strategy is there twice, which is reported already.
                Some((_, owner)) if *owner == action.strategy && is_there_twice(parts, owner) => {}
                Some((_, owner)) => errors.at(
                    action.place(),
                    format!(
                        "`{name}` is an action of `{owner}` already\n= help: set `{setting}` in `{}`",
                        action.strategy
                    ),
                ),
                None => seen.push((name, action.strategy)),
            }
        }
    }
}

fn is_there_twice(parts: &Parts, name: &Ident) -> bool {
    parts.iter().filter(|part| part.name() == name).count() > 1
}

fn taken(name: &Ident, setting: &str) -> String {
    let other = format_ident!("{name}_action");
    format!(
        "`{name}` is a function of every resource\n= help: set `{setting}` to another name, such as `{other}`"
    )
}
