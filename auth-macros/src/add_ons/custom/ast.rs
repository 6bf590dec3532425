//! `custom` as written among the add-ons.

use proc_macro2::Ident;
use syn::{TypePath, parse::ParseStream};

#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{Block, block},
    errors::Errors,
    limits::Guarding,
    model::Cx,
    part::{Part, Written},
    setting::{Built, List, Sender},
    strategies::custom::model::{self, Parts},
};

block! {
    /// An add-on of the application's own, `custom name { … }`: hooks into what others do, and actions.
    "custom" gives_up []
    struct Custom {
        /// The add-on with its settings, as a struct literal; its type implements `Custom`.
        add_on: Built = "required",
        /// Its actions: types that implement `Action`. `SignIn` becomes the function `sign_in_with_<name>` and a route.
        actions: List<TypePath> = "`[]`",
        /// What delivers the messages that its actions send.
        sender: Sender = "none",
        [guarding: Guarding]
    }
}

impl Block for Custom {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Custom {
    fn parts(&self) -> Parts<'_> {
        let Self {
            word,
            name,
            allows,
            seen,
            add_on,
            actions,
            sender,
            guarding,
        } = self;
        Parts {
            word,
            name: name.as_ref(),
            setting: "add_on",
            is_missing: seen.lacks("add_on"),
            value: add_on.as_ref(),
            actions: actions.as_ref(),
            sender: sender.as_ref(),
            allows,
            guarding,
        }
    }
}

impl Written for Custom {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let custom = model::Custom::resolve(&self.parts(), cx, errors)?;
        Some(Box::new(custom))
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        model::likely_actions(&self.parts())
    }
}

/// The tables of this kind, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&Custom::TABLE, &crate::limits::Limits::TABLE]
}
