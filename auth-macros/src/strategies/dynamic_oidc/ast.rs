//! `dynamic_oidc` as written.

use proc_macro2::Ident;
use syn::{TypePath, parse::ParseStream};

use super::expand::administration;
#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{Block, block},
    errors::Errors,
    limits::Guarding,
    model::Cx,
    part::{Part, Written},
    strategies::{
        oauth2::{
            actions,
            ast::{Account, Flow},
        },
        remember_me::option as remember,
    },
};

block! {
    /// People sign in with OpenID Connect at the provider of their organisation, one row of a table for each. Beside the
    /// settings of `oauth2`, except those about one provider, which the rows hold. Needs `tokens` and `encryption_key`.
    "dynamic_oidc" gives_up []
    struct DynamicOidc {
        /// The `#[derive(OidcConnectionResource)]` struct.
        connection_resource: TypePath = "required",
        [flow: Flow]
        [account: Account]
        [guarding: Guarding]
    }
}

impl Block for DynamicOidc {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for DynamicOidc {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let dynamic = super::model::DynamicOidc::resolve(self, cx, errors)?;
        Some(Box::new(dynamic))
    }

    fn remembers(&self) -> bool {
        remember::wanted(self.account.remember_me.as_ref())
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        actions::likely(self.name(), &self.account)
    }

    fn further_functions(&self) -> Vec<(Ident, usize)> {
        administration(self.name()).into()
    }

    fn identity_field(&self) -> Option<Ident> {
        Some(self.account.identity_field())
    }

    fn column_names(&self) -> Vec<Ident> {
        self.account.column_names()
    }
}

/// The tables of this strategy, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&DynamicOidc::TABLE]
}
