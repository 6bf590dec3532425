//! `magic_link` as written.

use proc_macro2::Ident;
use quote::format_ident;
use syn::parse::ParseStream;

#[cfg(test)]
use crate::block::Table;
use crate::{
    action::ActionName,
    block::{Block, block},
    errors::Errors,
    identity::IdentityFormat,
    limits::Guarding,
    model::Cx,
    part::{Part, Written},
    setting::{ColumnName, Duration, Function, Name, Sender},
    strategies::remember_me::option as remember,
};

block! {
    /// People ask for a link and sign in by following it.
    "magic_link" gives_up ["CF-01"]
    struct MagicLink {
        /// The unique column that people type.
        identity_field: ColumnName = "`username`",
        /// How an identity is brought into its one form.
        identity_format: IdentityFormat = "`email` if the column is `email` or ends in `_email`, else `name`",
        /// What delivers the link.
        sender: Sender = "required",
        /// How long a link is valid, at most `10 minutes`.
        token_lifetime: Duration = "`10 minutes`",
        /// A link works once. It cannot be switched off.
        single_use_token: bool = "`true`",
        /// People who have no account get a link too, and an account when they follow it.
        registration_enabled: bool = "`false`",
        /// A link leads to a page with a button that signs in. It cannot be switched off.
        require_interaction: bool = "`true`",
        /// Demands a `confirmation` where somebody else may have registered an address with a password first. Switching it off gives up CF-01.
        prevent_hijacking: bool = "`true`",
        /// Following a link takes the argument `remember_me`. Needs the strategy `remember_me`.
        remember_me: bool = "`false`",
        /// A link works only in the browser that asked for it, and not on another device.
        bind_to_browser: bool = "`false`",
        /// Claims that the strategy adds to the session token.
        extra_claims: Function = "none",
        /// The name of the action that asks for the link.
        request_action_name: Name = "`request_<name>`",
        /// The name of the action that signs in.
        sign_in_action_name: Name = "`sign_in_with_<name>`",
        /// The name of the look-up by identity.
        lookup_action_name: Name = "`get_by_<identity_field>`",
        /// The parameter of the token.
        token_param_name: Name = "`token`",
        [guarding: Guarding]
    }
}

impl Block for MagicLink {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for MagicLink {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let link = super::model::MagicLink::resolve(self, cx, errors)?;
        Some(Box::new(link))
    }

    fn remembers(&self) -> bool {
        remember::wanted(self.remember_me.as_ref())
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        let name = self.name();
        let lookup = self.identity_field.as_ref().map_or_else(
            || format_ident!("get_by_username"),
            |field| format_ident!("get_by_{}", field.value.0),
        );
        [
            (self.request_action_name.as_ref(), format_ident!("request_{name}")),
            (
                self.sign_in_action_name.as_ref(),
                format_ident!("sign_in_with_{name}"),
            ),
            (self.lookup_action_name.as_ref(), lookup),
        ]
        .into_iter()
        .map(|(written, default)| ActionName::new(written, default))
        .map(|action| (action.name.clone(), action.input()))
        .collect()
    }

    fn identity_field(&self) -> Option<Ident> {
        let written = self
            .identity_field
            .as_ref()
            .map(|setting| setting.value.0.clone());
        Some(written.unwrap_or_else(|| Ident::new("username", self.word.span())))
    }

    fn column_names(&self) -> Vec<Ident> {
        let field = self.identity_field.iter();
        field.map(|setting| setting.value.0.clone()).collect()
    }
}

/// The tables of this strategy, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&MagicLink::TABLE, &crate::limits::Limits::TABLE]
}
