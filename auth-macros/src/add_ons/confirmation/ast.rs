//! `confirmation` as written.

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
    model::{Cx, or},
    part::{Part, Written},
    setting::{ColumnName, Duration, List, Name, Sender},
};

block! {
    /// People show that they receive what is sent to their address: when they register, and when they change it.
    "confirmation" gives_up ["CF-01", "SU-04"]
    struct Confirmation {
        /// The column of the address: one, which becomes unique.
        monitor_fields: List<ColumnName> = "required",
        /// How an address is brought into its one form.
        identity_format: IdentityFormat = "`email` if the column is `email` or ends in `_email`, else `name`",
        /// What delivers links and notices.
        sender: Sender = "required",
        /// How long a link is valid, at most `3 days`. More than 24 hours gives up SU-04.
        token_lifetime: Duration = "`24 hours`",
        /// New people get a link.
        confirm_on_create: bool = "`true`",
        /// People can change their address, by way of a link to the new one.
        confirm_on_update: bool = "`true`",
        /// A new address counts once it is confirmed. It cannot be switched off.
        inhibit_updates: bool = "`true`",
        /// The first proof of the address ends what was set before it by somebody else. Switching it off gives up CF-01.
        prevent_hijacking: bool = "`true`",
        /// A link leads to a page with a button that confirms. It cannot be switched off.
        require_interaction: bool = "`true`",
        /// The column that tells since when the address is confirmed.
        confirmed_at_field: ColumnName = "`confirmed_at`",
        /// Actions that prove the address themselves: whoever registers by them gets no further link.
        auto_confirm_actions: List<Name> = "`[]`",
        /// How long after a sign-in the address can be changed; at most `24 hours`.
        reauthentication_window: Duration = "`15 minutes`",
        /// The name of the action that confirms.
        confirm_action_name: Name = "`<name>`",
        /// The name of the action that sends another link.
        resend_action_name: Name = "`resend_<name>`",
        /// The name of the action that asks for another address.
        change_action_name: Name = "`change_<field>`",
    }
}

impl Confirmation {
    /// Whether new people must confirm this column.
    pub(crate) fn watches(&self, column: &Ident) -> bool {
        or(self.confirm_on_create.as_ref(), true) && self.address() == Some(column)
    }

    /// Whether the list of columns was written, and could not be read.
    pub(crate) fn address_is_unread(&self) -> bool {
        self.monitor_fields.is_none() && !self.seen.lacks("monitor_fields")
    }

    /// The column of the address.
    pub(crate) fn address(&self) -> Option<&Ident> {
        let list = &self.monitor_fields.as_ref()?.value.0;
        list.first().map(|name| &name.0)
    }

    /// The name of the column that tells since when it is confirmed.
    pub(crate) fn confirmed_at(&self) -> Ident {
        self.confirmed_at_field.as_ref().map_or_else(
            || format_ident!("confirmed_at"),
            |setting| setting.value.0.clone(),
        )
    }
}

impl Block for Confirmation {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        // Routes and actions say what people do.
        let name = name.unwrap_or_else(|| Ident::new("confirm", word.span()));
        Self::read_content(word, Some(name), content, errors)
    }
}

impl Written for Confirmation {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let confirmation = super::model::Confirmation::resolve(self, cx, errors)?;
        Some(Box::new(confirmation))
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        let name = self.name();
        let change = self.address().map_or_else(
            || format_ident!("change"),
            |field| format_ident!("change_{field}"),
        );
        [
            (self.confirm_action_name.as_ref(), format_ident!("{name}")),
            (self.resend_action_name.as_ref(), format_ident!("resend_{name}")),
            (self.change_action_name.as_ref(), change),
        ]
        .into_iter()
        .map(|(written, default)| ActionName::new(written, default))
        .map(|action| (action.name.clone(), action.input()))
        .collect()
    }

    fn column_names(&self) -> Vec<Ident> {
        let fields = self.monitor_fields.iter().flat_map(|setting| &setting.value.0);
        let confirmed_at = self.confirmed_at_field.iter().map(|setting| &setting.value);
        fields.chain(confirmed_at).map(|name| name.0.clone()).collect()
    }
}

/// The tables of this add-on, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&Confirmation::TABLE]
}
