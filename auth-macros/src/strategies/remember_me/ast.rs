//! `remember_me` as written.

use proc_macro2::Ident;
use quote::format_ident;
use syn::parse::ParseStream;

#[cfg(test)]
use crate::block::Table;
use crate::{
    action::ActionName,
    block::{Block, block},
    errors::Errors,
    model::Cx,
    part::{Part, Written},
    setting::{Duration, Name, Sender},
};

block! {
    /// A cookie signs a browser in again when its session is gone. It is set by the sign-ins of strategies with `remember_me: true`.
    "remember_me" gives_up ["SE-04"]
    struct RememberMe {
        /// The name of the cookie, before which `__Host-` comes.
        cookie_name: Name = "`<subject_name>_<name>`",
        /// How long after a sign-in the browser is remembered. More than `30 days` gives up SE-04.
        token_lifetime: Duration = "`30 days`",
        /// How long requests beside the one that spent the token get the same successor; at most `60 seconds`.
        reuse_grace: Duration = "`10 seconds`",
        /// What delivers the notice that a used token was presented again.
        sender: Sender = "nobody is told",
        /// The name of the action that signs in with the token out of the cookie.
        sign_in_action_name: Name = "`sign_in_with_<name>`",
    }
}

impl Block for RememberMe {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl RememberMe {
    pub(super) fn action(&self) -> ActionName {
        let name = self.name();
        let default = format_ident!("sign_in_with_{name}", span = name.span());
        ActionName::new(self.sign_in_action_name.as_ref(), default)
    }
}

impl Written for RememberMe {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        Some(Box::new(super::model::RememberMe::resolve(self, cx, errors)))
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        let action = self.action();
        vec![(action.name.clone(), action.input())]
    }
}

/// The tables of this strategy, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&RememberMe::TABLE]
}
