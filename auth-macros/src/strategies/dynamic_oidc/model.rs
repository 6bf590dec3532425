//! `dynamic_oidc`, complete and valid.

use syn::TypePath;

use super::ast;
use crate::{
    block::Allow,
    errors::Errors,
    limits::Found,
    model::Cx,
    part::{Written, check_name},
    setting::Setting,
    strategies::oauth2::{
        account::{Account, Place},
        choices::ClientAuthentication,
        flow::Flow,
        presets::CONNECTIONS,
        rules,
    },
    warning::Warning,
};

/// The strategy.
#[derive(Debug)]
pub(crate) struct DynamicOidc {
    pub(super) connections: TypePath,
    pub(super) flow: Flow,
    pub(super) account: Account,
    pub(super) allows: Vec<Allow>,
    pub(super) warnings: Vec<Warning>,
}

impl DynamicOidc {
    pub(super) fn resolve(written: &ast::DynamicOidc, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let (word, name) = (&written.word, written.name());
        check_name(name, errors);
        if written.seen.lacks("connection_resource") {
            errors.at(
                word,
                "`dynamic_oidc` needs a `connection_resource`\n\
                 = help: add `connection_resource: Connection`, a struct with `#[derive(OidcConnectionResource)]`",
            );
        }
        if !cx.encryption {
            errors.at(
                word,
                "`dynamic_oidc` needs an `encryption_key`\n\
                 = note: the secrets of connections are kept in the database (promise OA-11)\n\
                 = help: add `encryption_key: env(\"ENCRYPTION_KEY\")` to `authentication!`",
            );
        }
        check_used(written, errors);
        let mut warnings = Vec::new();
        let flow = Flow::resolve(&written.flow, &CONNECTIONS, &mut warnings, errors);
        let mut allows = written.allows.clone();
        let place = Place {
            word,
            name,
            preset: &CONNECTIONS,
            guarding: &written.guarding,
        };
        let found = Found {
            allows: &mut allows,
            warnings: &mut warnings,
            errors,
        };
        rules::check_claims(&written.flow, &written.account, found.errors);
        let account = Account::resolve(place, &written.account, cx, found)?;
        Some(Self {
            connections: written.connection_resource.as_ref()?.value.clone(),
            flow,
            account: account.through_connections(),
            allows,
            warnings,
        })
    }
}

/// Settings that say something about one provider, and there are many.
fn check_used(written: &ast::DynamicOidc, errors: &mut Errors) {
    let (flow, account) = (&written.flow, &written.account);
    if let Some(setting) = &flow.auth_method {
        errors.at(
            &setting.key,
            "`auth_method` is a setting of `oauth2`\n= help: write `client_authentication_method`",
        );
    }
    let method = flow.client_authentication_method.as_ref();
    if let Some(setting) = method.filter(|setting| setting.value == ClientAuthentication::PrivateKeyJwt) {
        errors.at(
            &setting.written,
            "keys for each connection are not supported yet\n\
             = help: use `client_secret_basic`, the default, `client_secret_post` or `client_secret_jwt`",
        );
    }
    let on = |setting: &Option<Setting<bool>>| setting.clone().filter(|setting| setting.value);
    if let Some(setting) = on(&account.backchannel_logout) {
        errors.at(
            &setting.written,
            "`backchannel_logout` is not supported yet for connections\n= help: remove `backchannel_logout`",
        );
    }
    if let Some(setting) = on(&account.optional) {
        errors.at(
            &setting.written,
            "connections are in the database, so nothing is left out at the start\n= help: remove `optional`",
        );
    }
    if let Some(setting) = &account.sign_out_action_name {
        errors.at(
            &setting.key,
            "`sign_out_action_name` names no action: nobody signs out at the providers of connections\n\
             = help: remove `sign_out_action_name`",
        );
    }
}
