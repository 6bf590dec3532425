//! `api_key` as written.

use proc_macro2::Ident;
use syn::{LitStr, TypePath, parse::ParseStream};

#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{Block, block},
    errors::Errors,
    model::Cx,
    part::{Part, Written},
    setting::{Duration, List, Name, Sender},
};

block! {
    /// Machines act for their owner with a key, which the owner makes, lists, rotates and revokes. Needs `tokens`.
    "api_key" gives_up []
    struct ApiKey {
        /// The `#[derive(ApiKeyResource)]` struct.
        api_key_resource: TypePath = "required",
        /// What every key begins with: 1 to 16 lower case letters and digits.
        prefix: LitStr = "required",
        /// The header that carries a key, beside `Authorization: Bearer`.
        header: LitStr = "`\"x-api-key\"`",
        /// What a key can be made for. Each word becomes a type that handlers ask for, such as `api_key::Read`.
        scopes: List<Name> = "`[]`",
        /// How long a key works that was made without a lifetime.
        default_lifetime: Duration = "`90 days`",
        /// How long a key can work; at most `1830 days`.
        maximum_lifetime: Duration = "`365 days`",
        /// How long a replaced key works beside the new one unless its owner asks for less; at most `30 days`.
        rotation_overlap: Duration = "`24 hours`",
        /// How many live keys an owner can have, 1 to 1000.
        maximum_keys: u32 = "`50`",
        /// How long after a sign-in a key can be made or rotated; at most `24 hours`.
        reauthentication_window: Duration = "`15 minutes`",
        /// What tells owners of new keys.
        sender: Sender = "none",
        /// The name of the action that makes a key.
        create_action_name: Name = "`create_<name>`",
        /// The name of the action that lists them.
        list_action_name: Name = "`list_<name>s`",
        /// The name of the action that replaces a key.
        rotate_action_name: Name = "`rotate_<name>`",
        /// The name of the action that ends a key.
        revoke_action_name: Name = "`revoke_<name>`",
    }
}

impl Block for ApiKey {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for ApiKey {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let api_key = super::model::ApiKey::resolve(self, cx, errors)?;
        Some(Box::new(api_key))
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        let actions = super::model::actions(self);
        actions
            .into_iter()
            .map(|action| (action.name.clone(), action.input()))
            .collect()
    }
}

/// The tables of this strategy, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&ApiKey::TABLE]
}
