//! `api_key`, complete and valid.

use proc_macro2::Ident;
use quote::format_ident;
use syn::{Expr, LitStr, TypePath};

use super::{ast, rules};
use crate::{
    action::ActionName,
    errors::Errors,
    model::{Cx, days, hours, minutes},
    part::{Written, check_name},
    setting::{Duration, check_duration},
};

/// The strategy.
#[derive(Debug)]
pub(crate) struct ApiKey {
    pub(crate) name: Ident,
    pub(crate) resource: TypePath,
    pub(crate) prefix: LitStr,
    pub(crate) header: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) default_lifetime: Duration,
    pub(crate) maximum_lifetime: Duration,
    pub(crate) rotation_overlap: Duration,
    pub(crate) maximum_keys: u32,
    pub(crate) reauthentication_window: Duration,
    pub(crate) sender: Option<Expr>,
    /// In the order of [`ACTIONS`].
    pub(crate) actions: [ActionName; 4],
}

/// A scope and the type that stands for it.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) name: Ident,
    pub(crate) ty: Ident,
}

/// The runtime's kinds of its actions, with the settings that name them.
pub(super) const ACTIONS: [(&str, &str); 4] = [
    ("create", "create_action_name"),
    ("list", "list_action_name"),
    ("rotate", "rotate_action_name"),
    ("revoke", "revoke_action_name"),
];

/// The names of its actions, right or wrong.
pub(super) fn actions(written: &ast::ApiKey) -> [ActionName; 4] {
    let name = written.name();
    let action =
        |written, default: String| ActionName::new(written, format_ident!("{default}", span = name.span()));
    [
        action(written.create_action_name.as_ref(), format!("create_{name}")),
        action(written.list_action_name.as_ref(), format!("list_{name}s")),
        action(written.rotate_action_name.as_ref(), format!("rotate_{name}")),
        action(written.revoke_action_name.as_ref(), format!("revoke_{name}")),
    ]
}

impl ApiKey {
    pub(crate) fn resolve(written: &ast::ApiKey, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let ast::ApiKey {
            word,
            name: _,
            allows: _,
            seen,
            api_key_resource,
            prefix,
            header,
            scopes,
            default_lifetime,
            maximum_lifetime,
            rotation_overlap,
            maximum_keys,
            reauthentication_window,
            sender,
            create_action_name: _,
            list_action_name: _,
            rotate_action_name: _,
            revoke_action_name: _,
        } = written;
        let name = written.name().clone();
        check_name(&name, errors);
        rules::check_needs_tokens(&name, word, cx, errors);
        if seen.lacks("api_key_resource") {
            errors.at(
                word,
                "`api_key` needs an `api_key_resource`\n= help: add `api_key_resource: ApiKey`",
            );
        }
        if seen.lacks("prefix") {
            errors.at(word, "`api_key` needs a `prefix`\n= help: add `prefix: \"acme\"`");
        }
        let prefix = prefix.as_ref().and_then(|setting| rules::prefix(setting, errors));
        if let Some(prefix) = &prefix {
            rules::check_prefixes(&name, prefix, cx, errors);
        }
        let header = rules::header(header.as_ref(), errors);
        let scopes = rules::scopes(scopes.as_ref(), errors);
        let ceiling = (
            days(1830),
            "a key that outlives its purpose is found by somebody else",
        );
        let maximum = check_duration(maximum_lifetime.as_ref(), days(365), Some(ceiling), errors);
        let default = rules::default_lifetime(default_lifetime.as_ref(), maximum, errors);
        let ceiling = (days(30), "until then there are two keys instead of one");
        let overlap = check_duration(rotation_overlap.as_ref(), hours(24), Some(ceiling), errors);
        let ceiling = (
            hours(24),
            "a session older than a day proves too little to make a key",
        );
        let window = check_duration(
            reauthentication_window.as_ref(),
            minutes(15),
            Some(ceiling),
            errors,
        );
        Some(Self {
            name,
            resource: api_key_resource.as_ref()?.value.clone(),
            prefix: prefix?,
            header,
            scopes,
            default_lifetime: default,
            maximum_lifetime: maximum,
            rotation_overlap: overlap,
            maximum_keys: rules::maximum_keys(maximum_keys.as_ref(), errors),
            reauthentication_window: window,
            sender: sender.as_ref().map(|setting| setting.value.0.clone()),
            actions: actions(written),
        })
    }

    /// Its actions with their kinds and the settings that name them.
    pub(super) fn action_names(&self) -> impl Iterator<Item = (&'static str, &'static str, &ActionName)> {
        let actions = ACTIONS.into_iter().zip(&self.actions);
        actions.map(|((kind, setting), action)| (kind, setting, action))
    }
}
