//! Who somebody is here, complete and valid: what every kind of block with identities from elsewhere has in common.

use proc_macro2::Ident;
use syn::{Expr, TypePath};

use super::{
    actions::Actions,
    ast,
    choices::{OnUntrustedMatch, Protocol},
    presets::Preset,
    rules::{self, Attribute},
};
use crate::{
    action::Action,
    add_ons::confirmation::ast::Confirmation,
    errors::Errors,
    identity::{Identity, WrittenIdentity},
    limits::{Found, Guarded, Guarding, Protection},
    model::{Cx, hours, minutes, or},
    setting::{Duration, check_duration},
    strategies::remember_me::option as remember,
    warning::Warning,
};

/// Where a block of this kind stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The word that opens it.
    pub(crate) word: &'a Ident,
    pub(crate) name: &'a Ident,
    /// What is known of the provider.
    pub(crate) preset: &'static Preset,
    pub(crate) guarding: &'a Guarding,
}

/// The settings, complete and valid.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: Ident,
    /// There are many providers, each of them a row.
    pub(super) connections: bool,
    pub(crate) protocol: Protocol,
    /// The store; `None` for one that the block writes.
    pub(crate) identities: Option<TypePath>,
    pub(crate) subject_name: String,
    pub(crate) optional: bool,
    pub(crate) identity: Identity,
    pub(crate) attributes: Vec<Attribute>,
    /// Places among the attributes.
    pub(crate) updates: Vec<usize>,
    pub(crate) registration_enabled: bool,
    pub(crate) store_tokens: bool,
    /// `None` where the provider's own default holds.
    pub(crate) trust_email_verified: Option<bool>,
    pub(crate) on_untrusted_match: OnUntrustedMatch,
    pub(crate) sender: Option<Expr>,
    pub(crate) remember_me: bool,
    pub(crate) extra_claims: Option<Expr>,
    pub(crate) backchannel_logout: bool,
    pub(crate) reauthentication_window: Duration,
    pub(crate) actions: Actions,
    pub(crate) protection: Protection,
}

impl Account {
    pub(crate) fn resolve(
        place: Place<'_>,
        written: &ast::Account,
        cx: &Cx<'_>,
        found: Found<'_>,
    ) -> Option<Self> {
        let Found {
            allows,
            warnings,
            errors,
        } = found;
        let ast::Account {
            word,
            name: _,
            allows: _,
            seen,
            identity_resource,
            optional,
            identity_field,
            identity_format,
            registration_enabled,
            update_on_sign_in,
            store_tokens,
            trust_email_verified,
            on_untrusted_email_match,
            sender: _,
            prevent_hijacking: _,
            remember_me,
            extra_claims,
            backchannel_logout,
            reauthentication_window,
            request_action_name: _,
            register_action_name: _,
            sign_in_action_name: _,
            link_action_name: _,
            unlink_action_name: _,
            list_action_name: _,
            confirm_action_name: _,
            sign_out_action_name: _,
            access_token_action_name: _,
            user_info_to_attributes: _,
        } = written;
        let why = "\n= note: a sign-in at a provider is kept by the token store until it comes back";
        cx.need_tokens(word, place.name, why, "", errors);
        let identity = WrittenIdentity {
            word,
            seen,
            identity_field: identity_field.as_ref(),
            identity_format: identity_format.as_ref(),
            default: "email",
        }
        .resolve(cx, errors);
        let attributes = rules::attributes(written, identity.as_ref(), cx, errors);
        let updates = rules::updates(update_on_sign_in.as_ref(), &attributes, cx, errors);
        let registers = or(registration_enabled.as_ref(), true);
        if let Some(identity) = &identity {
            judge_addresses(&place, written, identity, cx, warnings, errors);
            if registers {
                rules::check_fillable(&place, written, identity, &attributes, cx, errors);
            }
        }
        rules::check_used(written, &updates, errors);
        rules::check_store_tokens(written, cx, errors);
        rules::check_backchannel(written, cx, errors);
        let protocol = place.preset.protocol;
        let actions = Actions::resolve(place.name, written, protocol, errors);
        let ceiling = (
            hours(24),
            "a session older than a day proves too little to attach an identity",
        );
        let window = check_duration(
            reauthentication_window.as_ref(),
            minutes(15),
            Some(ceiling),
            errors,
        );
        let on_untrusted_match = or(on_untrusted_email_match.as_ref(), OnUntrustedMatch::Reject);
        let guarded = Guarded {
            by_identity: Some(&[]),
            sends: on_untrusted_match == OnUntrustedMatch::Confirm,
        };
        let remember_me = remember::resolve(remember_me.as_ref(), cx, errors);
        let is_general_oidc = protocol == Protocol::Oidc && !place.preset.is_provider;
        let protection = Protection::resolve(
            place.guarding,
            guarded,
            cx,
            Found {
                allows,
                warnings,
                errors,
            },
        );
        let identity = identity?;
        Some(Self {
            name: place.name.clone(),
            connections: false,
            subject_name: cx.subject_name.to_owned(),
            optional: or(optional.as_ref(), false),
            protocol,
            identities: identity_resource.as_ref().map(|setting| setting.value.0.clone()),
            attributes,
            updates,
            registration_enabled: registers,
            store_tokens: or(store_tokens.as_ref(), false),
            trust_email_verified: trust_email_verified.as_ref().map(|setting| setting.value),
            on_untrusted_match,
            sender: sender(written, &identity, cx),
            remember_me,
            extra_claims: extra_claims.as_ref().map(|setting| setting.value.0.clone()),
            backchannel_logout: or(backchannel_logout.as_ref(), is_general_oidc && cx.store_all),
            reauthentication_window: window,
            actions,
            protection,
            identity,
        })
    }
}

impl Account {
    /// The same with many providers: one cannot tell at which of them somebody signs out, nor which one ends a session.
    pub(crate) fn through_connections(mut self) -> Self {
        self.connections = true;
        self.backchannel_logout = false;
        self.actions.sign_out = None;
        self
    }

    /// The actions, as the rest of the block sees them.
    pub(crate) fn actions(&self) -> Vec<Action<'_>> {
        self.actions.of_part(&self.name, self.registration_enabled)
    }
}

/// The rules about addresses.
fn judge_addresses(
    place: &Place<'_>,
    written: &ast::Account,
    identity: &Identity,
    cx: &Cx<'_>,
    warnings: &mut Vec<Warning>,
    errors: &mut Errors,
) {
    rules::check_trust(place, written, identity, cx, errors);
    rules::check_asking(written, identity, cx, errors);
    rules::check_hijacking(place, written, identity, cx, warnings, errors);
}

/// The block's own, or that of the confirmation of the same address.
fn sender(written: &ast::Account, identity: &Identity, cx: &Cx<'_>) -> Option<Expr> {
    let of_confirmation = || {
        let field = &identity.column.field;
        let mut confirmations = cx.written::<Confirmation>();
        let confirmation = confirmations.find(|confirmation| confirmation.address() == Some(field))?;
        confirmation.sender.as_ref()
    };
    let setting = written.sender.as_ref().or_else(of_confirmation)?;
    Some(setting.value.0.clone())
}
