//! The actions of the strategy: which there are, and what they are called.

use proc_macro2::Ident;
use quote::format_ident;

use super::{
    ast,
    choices::{OnUntrustedMatch, Protocol},
};
use crate::{
    action::{Action, ActionName},
    errors::Errors,
    model::or,
    setting::{Name, Setting},
};

/// The actions that are switched on.
#[derive(Debug)]
pub(crate) struct Actions {
    pub(super) request: ActionName,
    /// The callback, which registers or signs in.
    pub(super) enter: ActionName,
    pub(super) link: ActionName,
    pub(super) unlink: ActionName,
    pub(super) list: ActionName,
    /// There when owners of addresses are asked.
    pub(super) confirm: Option<ActionName>,
    /// There when one can sign out at the provider.
    pub(super) sign_out: Option<ActionName>,
    /// There when the provider's tokens are kept.
    pub(super) access_token: Option<ActionName>,
}

/// The functions and the structs of arguments that a block would bring, right or wrong.
pub(crate) fn likely(name: &Ident, written: &ast::Account) -> Vec<(Ident, Ident)> {
    // What the provider speaks is not known here, and a name too many does no harm.
    let actions = Actions::of(name, written, Protocol::Oidc);
    let actions = actions.all(or(written.registration_enabled.as_ref(), true));
    actions
        .map(|(_, _, action)| (action.name.clone(), action.input()))
        .collect()
}

impl Actions {
    pub(super) fn resolve(
        name: &Ident,
        written: &ast::Account,
        protocol: Protocol,
        errors: &mut Errors,
    ) -> Self {
        check_names(written, errors);
        Self::of(name, written, protocol)
    }

    fn of(name: &Ident, written: &ast::Account, protocol: Protocol) -> Self {
        let action = |written: &Option<Setting<Name>>, default: String| {
            ActionName::new(written.as_ref(), format_ident!("{default}", span = name.span()))
        };
        let enter = if or(written.registration_enabled.as_ref(), true) {
            action(&written.register_action_name, format!("register_with_{name}"))
        } else {
            action(&written.sign_in_action_name, format!("sign_in_with_{name}"))
        };
        Self {
            request: action(&written.request_action_name, format!("request_{name}")),
            enter,
            link: action(&written.link_action_name, format!("link_{name}")),
            unlink: action(&written.unlink_action_name, format!("unlink_{name}")),
            list: action(&written.list_action_name, format!("list_{name}_identities")),
            confirm: asks(written).then(|| action(&written.confirm_action_name, format!("confirm_{name}"))),
            sign_out: (protocol == Protocol::Oidc)
                .then(|| action(&written.sign_out_action_name, format!("sign_out_with_{name}"))),
            access_token: or(written.store_tokens.as_ref(), false)
                .then(|| action(&written.access_token_action_name, format!("{name}_access_token"))),
        }
    }

    /// Each with the runtime's kind of it and the setting that names it.
    pub(super) fn all(
        &self,
        registers: bool,
    ) -> impl Iterator<Item = (&'static str, &'static str, &ActionName)> {
        let enter = if registers {
            ("register", "register_action_name")
        } else {
            ("sign_in", "sign_in_action_name")
        };
        [
            ("request", "request_action_name", Some(&self.request)),
            (enter.0, enter.1, Some(&self.enter)),
            ("link", "link_action_name", Some(&self.link)),
            ("unlink", "unlink_action_name", Some(&self.unlink)),
            ("list", "list_action_name", Some(&self.list)),
            ("confirm", "confirm_action_name", self.confirm.as_ref()),
            ("sign_out", "sign_out_action_name", self.sign_out.as_ref()),
            (
                "access_token",
                "access_token_action_name",
                self.access_token.as_ref(),
            ),
        ]
        .into_iter()
        .filter_map(|(kind, setting, action)| Some((kind, setting, action?)))
    }

    /// As the rest of the block sees them.
    pub(crate) fn of_part<'a>(&'a self, strategy: &'a Ident, registers: bool) -> Vec<Action<'a>> {
        self.all(registers)
            .map(|(kind, setting, action)| Action {
                kind,
                name: &action.name,
                setting,
                strategy,
                written: action.written,
            })
            .collect()
    }
}

/// Whether owners of addresses are asked.
fn asks(written: &ast::Account) -> bool {
    or(
        written.on_untrusted_email_match.as_ref(),
        OnUntrustedMatch::Reject,
    ) == OnUntrustedMatch::Confirm
}

/// A name of an action that there is not.
fn check_names(written: &ast::Account, errors: &mut Errors) {
    let registers = or(written.registration_enabled.as_ref(), true);
    let (other, why) = if registers {
        let why = "`registration_enabled` is on\n= help: write `register_action_name`";
        (&written.sign_in_action_name, why)
    } else {
        let why = "`registration_enabled` is off\n= help: write `sign_in_action_name`";
        (&written.register_action_name, why)
    };
    let confirm = (!asks(written)).then_some(&written.confirm_action_name);
    let access_token =
        (!or(written.store_tokens.as_ref(), false)).then_some(&written.access_token_action_name);
    let without = [
        (Some(other), "registration_enabled", why),
        (
            confirm,
            "on_untrusted_email_match",
            "nobody is asked about identities\n= help: set `on_untrusted_email_match: confirm`, or remove it",
        ),
        (
            access_token,
            "store_tokens",
            "the provider's tokens are not kept\n= help: set `store_tokens: true`, or remove it",
        ),
    ];
    for (setting, decided_by, why) in without {
        // A switch that could not be read may have been the right one.
        let is_unread = !written.seen.lacks(decided_by)
            && match decided_by {
                "registration_enabled" => written.registration_enabled.is_none(),
                "store_tokens" => written.store_tokens.is_none(),
                _ => written.on_untrusted_email_match.is_none(),
            };
        if let Some(setting) = setting.and_then(Option::as_ref).filter(|_| !is_unread) {
            let key = &setting.key;
            errors.at(key, format!("`{key}` names no action: {why}"));
        }
    }
}
