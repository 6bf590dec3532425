//! `log_out_everywhere`, complete and valid.

use proc_macro2::Ident;
use syn::Expr;

use super::ast;
use crate::{
    action::ActionName,
    errors::Errors,
    model::{Cx, or},
    part::{Written, check_name},
    setting::{List, Name, Setting},
    strategies::{api_key, password},
};

/// The add-on.
#[derive(Debug)]
pub(crate) struct LogOutEverywhere {
    pub(crate) name: Ident,
    pub(crate) action: ActionName,
    pub(crate) include_purposes: Option<Vec<Ident>>,
    pub(crate) exclude_purposes: Vec<Ident>,
    pub(crate) api_keys: bool,
    pub(crate) sender: Option<Expr>,
}

impl LogOutEverywhere {
    pub(super) fn resolve(written: &ast::LogOutEverywhere, cx: &Cx<'_>, errors: &mut Errors) -> Self {
        let ast::LogOutEverywhere {
            word,
            name: _,
            allows: _,
            seen: _,
            action_name,
            include_purposes,
            exclude_purposes,
            api_keys,
            sender,
            apply_on_password_change,
        } = written;
        let name = written.name();
        check_name(name, errors);
        cx.need_tokens(word, name, "", "", errors);
        if cx.tokens && !cx.presence {
            errors.at(
                word,
                format!(
                    "`{name}` needs the stored row of every session\n\
                     = note: what left no row, or counts without one, could not be ended\n\
                     = help: leave out `store_all_tokens: false` and `require_token_presence_for_authentication: false`"
                ),
            );
        }
        match apply_on_password_change {
            Some(setting) if !setting.value => errors.at(
                &setting.written,
                "a reset or change of the password always ends every session\n\
                 = note: this cannot be given up (promise SU-09)\n\
                 = help: leave `apply_on_password_change` out",
            ),
            Some(setting) if cx.written::<password::ast::Password>().next().is_none() => errors.at(
                &setting.key,
                "there is no password that could change\n\
                 = help: leave `apply_on_password_change` out, or declare `password`",
            ),
            _ => {}
        }
        if let Some(setting) = api_keys
            && cx.written::<api_key::ast::ApiKey>().next().is_none()
        {
            errors.at(
                &setting.key,
                "there are no API keys that could end\n\
                 = help: leave `api_keys` out, or declare `api_key`",
            );
        }
        let included = include_purposes.as_ref().map(|setting| purposes(setting, errors));
        let excluded = exclude_purposes
            .as_ref()
            .map_or_else(Vec::new, |setting| purposes(setting, errors));
        if let (Some(included), Some(setting)) = (&included, include_purposes) {
            if included.is_empty() {
                errors.at(
                    &setting.written,
                    "without purposes nothing ends\n= help: leave `include_purposes` out for all of them",
                );
            }
            if let Some(both) = excluded.iter().find(|purpose| included.contains(purpose)) {
                errors.at(
                    both,
                    format!("`{both}` is in `include_purposes` too\n= help: keep it in one of the lists"),
                );
            }
        }
        Self {
            name: name.clone(),
            action: ActionName::new(action_name.as_ref(), name.clone()),
            include_purposes: included,
            exclude_purposes: excluded,
            api_keys: or(api_keys.as_ref(), false),
            sender: sender.as_ref().map(|setting| setting.value.0.clone()),
        }
    }
}

/// Purposes by name. Which there are is the runtime's to say; here only what needs no list.
fn purposes(setting: &Setting<List<Name>>, errors: &mut Errors) -> Vec<Ident> {
    let mut purposes: Vec<Ident> = Vec::new();
    for Name(name) in &setting.value.0 {
        if name == "revocation" {
            errors.at(
                name,
                "`revocation` is no purpose of a token\n\
                 = note: what is over stays over, without being listed",
            );
        } else if purposes.contains(name) {
            errors.at(name, format!("`{name}` is listed twice"));
        } else {
            purposes.push(name.clone());
        }
    }
    purposes
}
