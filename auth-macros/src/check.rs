//! Rules across strategies: every name once.

use proc_macro2::Ident;
use quote::format_ident;

use crate::{errors::Errors, strategies::Strategy};

/// Functions that every resource has. An action cannot take their names.
pub(crate) const RESERVED: &[&str] = &["authentication", "authentication_info", "schema"];

/// What stands below a resource's name in paths beside its strategies and add-ons.
const ROUTES: &[&str] = &["sign_out", "sessions", "refresh"];

/// An action: the name it has on the struct, and how the block can rename it.
#[derive(Debug)]
pub(crate) struct Action<'a> {
    pub(crate) name: &'a Ident,
    /// The setting that names it.
    pub(crate) setting: &'static str,
    /// Where the strategy stands, for a name that nobody wrote.
    pub(crate) strategy: &'a Ident,
    /// The name was written in the block.
    pub(crate) written: bool,
}

impl Action<'_> {
    fn place(&self) -> &Ident {
        if self.written { self.name } else { self.strategy }
    }
}

pub(crate) fn check(strategies: &[Strategy], get_by_subject: &Ident, errors: &mut Errors) {
    check_strategy_names(strategies, errors);
    check_action_names(strategies, get_by_subject, errors);
}

/// C1 and I-5: a name is a part of routes and of action names.
fn check_strategy_names(strategies: &[Strategy], errors: &mut Errors) {
    for (index, strategy) in strategies.iter().enumerate() {
        let name = strategy.name();
        if ROUTES.iter().any(|route| name == route) {
            errors.at(
                name,
                format!(
                    "`{name}` is a route of every resource\n= help: give the strategy another name: `{} {name}_2 {{ … }}`",
                    strategy.kind()
                ),
            );
        }
        if strategies
            .iter()
            .take(index)
            .any(|earlier| earlier.name() == name)
        {
            errors.at(
                name,
                format!(
                    "two strategies are named `{name}`\n= help: give one of them a name of its own: `{} {name}_2 {{ … }}`",
                    strategy.kind()
                ),
            );
        }
    }
}

/// I-3: an action belongs to one strategy.
fn check_action_names(strategies: &[Strategy], get_by_subject: &Ident, errors: &mut Errors) {
    if RESERVED.iter().any(|reserved| get_by_subject == reserved) {
        errors.at(
            get_by_subject,
            taken(get_by_subject, "get_by_subject_action_name"),
        );
    }
    let mut seen: Vec<(&Ident, &Ident)> = Vec::new();
    for strategy in strategies {
        for action in strategy.actions() {
            let (name, setting) = (action.name, action.setting);
            if name == get_by_subject || RESERVED.iter().any(|reserved| name == reserved) {
                errors.at(action.place(), taken(name, setting));
                continue;
            }
            match seen.iter().find(|(earlier, _)| *earlier == name) {
                // The name of the strategy is there twice, which is reported already.
                Some((_, owner)) if *owner == action.strategy && is_there_twice(strategies, owner) => {}
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

fn is_there_twice(strategies: &[Strategy], name: &Ident) -> bool {
    strategies
        .iter()
        .filter(|strategy| strategy.name() == name)
        .count()
        > 1
}

fn taken(name: &Ident, setting: &str) -> String {
    let other = format_ident!("{name}_action");
    format!(
        "`{name}` is a function of every resource\n= help: set `{setting}` to another name, such as `{other}`"
    )
}
