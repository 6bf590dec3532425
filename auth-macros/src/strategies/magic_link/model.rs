//! `magic_link`, complete and valid.

use proc_macro2::Ident;
use quote::format_ident;
use syn::{Expr, ext::IdentExt};

use super::ast;
use crate::{
    action::ActionName,
    block::Allow,
    errors::Errors,
    identity::{Identity, IdentityFormat, WrittenIdentity},
    limits::{Found, Guarded, Protection},
    model::{Cx, minutes, or},
    part::check_name,
    setting::{Duration, Name, Setting, check_duration},
    strategies::{registration, remember_me::option as remember},
    suggest,
    warning::Warning,
};

/// The strategy.
#[derive(Debug)]
pub(crate) struct MagicLink {
    pub(crate) name: Ident,
    pub(crate) identity: Identity,
    pub(crate) sender: Expr,
    pub(crate) token_lifetime: Duration,
    pub(crate) registration_enabled: bool,
    pub(crate) remember_me: bool,
    pub(crate) bind_to_browser: bool,
    pub(crate) extra_claims: Option<Expr>,
    pub(crate) request: ActionName,
    pub(crate) sign_in: ActionName,
    pub(crate) lookup: ActionName,
    pub(crate) token_param: Ident,
    pub(crate) protection: Protection,
    pub(crate) allows: Vec<Allow>,
    pub(crate) warnings: Vec<Warning>,
}

impl MagicLink {
    pub(crate) fn resolve(written: &ast::MagicLink, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let ast::MagicLink {
            word,
            name,
            allows,
            seen,
            identity_field,
            identity_format,
            sender,
            token_lifetime,
            single_use_token,
            registration_enabled,
            require_interaction,
            prevent_hijacking,
            remember_me,
            bind_to_browser,
            extra_claims,
            request_action_name,
            sign_in_action_name,
            lookup_action_name,
            token_param_name,
            guarding,
        } = written;
        let name = name.clone().unwrap_or_else(|| word.clone());
        check_name(&name, errors);
        cx.need_tokens(word, &name, "", "", errors);
        if seen.lacks("sender") {
            errors.at(
                word,
                "`magic_link` needs a `sender`\n= help: add `sender: path::to::YourSender`",
            );
        }
        cannot_be_off(
            single_use_token.as_ref(),
            "a link that works more than once signs in whoever finds it later (promise SU-02)",
            errors,
        );
        cannot_be_off(
            require_interaction.as_ref(),
            "programs that look at mail fetch every link in it, and would use the link up (promise SU-06)",
            errors,
        );
        let mut warnings = Vec::new();
        let identity = WrittenIdentity {
            word,
            seen,
            identity_field: identity_field.as_ref(),
            identity_format: identity_format.as_ref(),
            default: "username",
        }
        .resolve(cx, errors);
        if let Some(identity) = &identity {
            if or(prevent_hijacking.as_ref(), true) {
                registration::check_hijacking(word, "share the account with its owner", identity, cx, errors);
            } else {
                let what = "an account that somebody else registered first keeps its password when its owner signs in";
                let place = prevent_hijacking.iter().map(|setting| &setting.written);
                warnings.extend(Warning::unless_allowed(
                    allows,
                    "CF-01",
                    quote::quote!(#(#place)*),
                    what,
                ));
            }
            if let Some(setting) = registration_enabled.as_ref().filter(|setting| setting.value) {
                check_registration(setting, identity, cx, errors);
            }
        }
        let ceiling = (
            minutes(10),
            "a link that signs in is valid for 10 minutes at most (promise SU-04)",
        );
        let lifetime = check_duration(token_lifetime.as_ref(), minutes(10), Some(ceiling), errors);
        let remember_me = remember::resolve(remember_me.as_ref(), cx, errors);
        let mut all_allows = allows.clone();
        let protection = Protection::resolve(
            guarding,
            Guarded {
                by_identity: Some(&["request"]),
                sends: true,
            },
            cx,
            Found {
                allows: &mut all_allows,
                warnings: &mut warnings,
                errors: &mut *errors,
            },
        );
        let action = |written: Option<&Setting<Name>>, default: String| {
            ActionName::new(written, format_ident!("{default}", span = name.span()))
        };
        let identity = identity?;
        let field = identity.column.field.unraw();
        Some(Self {
            sender: sender.as_ref()?.value.0.clone(),
            token_lifetime: lifetime,
            registration_enabled: or(registration_enabled.as_ref(), false),
            remember_me,
            bind_to_browser: or(bind_to_browser.as_ref(), false),
            extra_claims: extra_claims.as_ref().map(|setting| setting.value.0.clone()),
            request: action(request_action_name.as_ref(), format!("request_{name}")),
            sign_in: action(sign_in_action_name.as_ref(), format!("sign_in_with_{name}")),
            lookup: action(lookup_action_name.as_ref(), format!("get_by_{field}")),
            token_param: token_param_name.as_ref().map_or_else(
                || Ident::new("token", word.span()),
                |setting| setting.value.0.clone(),
            ),
            protection,
            allows: all_allows,
            warnings,
            identity,
            name,
        })
    }
}

/// What the library does not do without.
fn cannot_be_off(setting: Option<&Setting<bool>>, note: &str, errors: &mut Errors) {
    if let Some(setting) = setting.filter(|setting| !setting.value) {
        errors.at(
            &setting.written,
            format!(
                "`{0}` cannot be switched off\n= note: {note}\n= help: remove `{0}`",
                setting.key
            ),
        );
    }
}

/// A new person has nothing but an address.
fn check_registration(setting: &Setting<bool>, identity: &Identity, cx: &Cx<'_>, errors: &mut Errors) {
    let field = &identity.column.field;
    if identity.format == IdentityFormat::Name {
        errors.at(
            &setting.written,
            format!(
                "nobody can be registered by a link to `{field}`: it is a name, not an address\n\
                 = help: use an `identity_field` that holds addresses, or remove `registration_enabled`"
            ),
        );
        return;
    }
    let empty = registration::unfilled(cx, |column| column.index == identity.column.index);
    if !empty.is_empty() {
        let names: Vec<&str> = empty.iter().map(String::as_str).collect();
        errors.at(
            &setting.key,
            format!(
                "a registration by link has no value for {}\n\
                 = help: make it an `Option`, or give it a value with `#[auth(default = …)]`",
                suggest::all_of(&names)
            ),
        );
    }
}
