//! `log_out_everywhere` as written.

use proc_macro2::Ident;
use syn::parse::ParseStream;

#[cfg(test)]
use crate::block::Table;
use crate::{
    action::ActionName,
    block::{Block, block},
    errors::Errors,
    model::Cx,
    part::{Part, Written},
    setting::{List, Name, Sender},
};

block! {
    /// People can end all their sessions and one-time tokens, on every device at once.
    "log_out_everywhere" gives_up []
    struct LogOutEverywhere {
        /// The name of the action.
        action_name: Name = "the add-on's name",
        /// Only tokens for these purposes end.
        include_purposes: List<Name> = "all",
        /// Tokens for these purposes go on.
        exclude_purposes: List<Name> = "`[]`",
        /// API keys end too. Without it they go on.
        api_keys: bool = "`false`",
        /// What delivers the notice that all sessions were ended.
        sender: Sender = "nobody is told",
        /// Says that a reset or change of the password ends everything too. It always does (SU-09), so `false` is refused.
        apply_on_password_change: bool = "`true`",
    }
}

impl Block for LogOutEverywhere {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for LogOutEverywhere {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        Some(Box::new(super::model::LogOutEverywhere::resolve(
            self, cx, errors,
        )))
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        let action = ActionName::new(self.action_name.as_ref(), self.name().clone());
        vec![(action.name.clone(), action.input())]
    }
}

/// The tables of this add-on, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&LogOutEverywhere::TABLE]
}
