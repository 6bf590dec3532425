//! `custom`, complete and valid: a strategy or an add-on.

use proc_macro2::Ident;
use quote::{ToTokens, format_ident};
use syn::{Expr, TypePath};

use crate::{
    block::Allow,
    errors::Errors,
    limits::{Found, Guarded, Guarding, Protection},
    model::Cx,
    part::check_name,
    setting::{Built, List, Sender, Setting, is_snake_case},
    warning::Warning,
};

/// A block of this kind as written, in either section.
pub(crate) struct Parts<'a> {
    pub(crate) word: &'a Ident,
    pub(crate) name: Option<&'a Ident>,
    /// The setting that holds the value.
    pub(crate) setting: &'static str,
    pub(crate) is_missing: bool,
    pub(crate) value: Option<&'a Setting<Built>>,
    pub(crate) actions: Option<&'a Setting<List<TypePath>>>,
    pub(crate) sender: Option<&'a Setting<Sender>>,
    pub(crate) allows: &'a [Allow],
    pub(crate) guarding: &'a Guarding,
}

/// The strategy or add-on.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) name: Ident,
    pub(crate) built: Built,
    pub(crate) actions: Vec<CustomAction>,
    pub(crate) sender: Option<Expr>,
    pub(crate) protection: Protection,
    pub(crate) allows: Vec<Allow>,
    pub(crate) warnings: Vec<Warning>,
    /// Tokens are on.
    pub(crate) tokens: bool,
}

/// One of its actions.
#[derive(Debug)]
pub(crate) struct CustomAction {
    pub(crate) ty: TypePath,
    /// The action's kind: the last word of the type in snake case.
    pub(crate) kind: String,
    /// The function of the struct.
    pub(crate) function: Ident,
    /// The type that stands for the action.
    pub(crate) marker: Ident,
}

/// The functions that a block would bring, right or wrong.
pub(crate) fn likely_actions(parts: &Parts<'_>) -> Vec<(Ident, Ident)> {
    let name = parts.name.unwrap_or(parts.word);
    let types = parts.actions.iter().flat_map(|setting| &setting.value.0);
    types
        .filter_map(|ty| {
            let last = &ty.path.segments.last()?.ident;
            Some((function(&kind(last), name, last), last.clone()))
        })
        .collect()
}

fn kind(ty: &Ident) -> String {
    heck::ToSnakeCase::to_snake_case(ty.to_string().as_str())
}

fn function(kind: &str, name: &Ident, place: &Ident) -> Ident {
    format_ident!("{kind}_with_{name}", span = place.span())
}

impl Custom {
    pub(crate) fn resolve(parts: &Parts<'_>, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let Parts {
            word,
            name,
            setting,
            is_missing,
            value,
            actions,
            sender,
            allows,
            guarding,
        } = parts;
        match name {
            Some(name) => check_name(name, errors),
            None => errors.at(
                word,
                "`custom` needs a name\n\
                 = note: it becomes a part of routes and of the names of actions\n\
                 = help: write `custom name { … }`",
            ),
        }
        if *is_missing {
            errors.at(
                word,
                format!("`custom` needs `{setting}`\n= help: add `{setting}: path::to::Type {{ … }}`"),
            );
        }
        let (mut allows, mut warnings) = (allows.to_vec(), Vec::new());
        let protection = Protection::resolve(
            guarding,
            // What an action takes and whether it sends anything is the application's business.
            Guarded {
                by_identity: None,
                sends: true,
            },
            cx,
            Found {
                allows: &mut allows,
                warnings: &mut warnings,
                errors: &mut *errors,
            },
        );
        let name = (*name)?.clone();
        let mut resolved: Vec<CustomAction> = Vec::new();
        for ty in actions.iter().flat_map(|setting| &setting.value.0) {
            let Some(last) = ty.path.segments.last().map(|segment| &segment.ident) else {
                continue;
            };
            let kind = kind(last);
            if resolved.iter().any(|other| other.kind == kind) {
                errors.at(ty, format!("two actions of `{name}` are named `{kind}`"));
                continue;
            }
            if !is_snake_case(&kind) {
                errors.at(
                    ty,
                    format!(
                        "`{}` cannot be an action: its name becomes a part of routes",
                        ty.to_token_stream()
                    ),
                );
                continue;
            }
            let camel = heck::ToUpperCamelCase::to_upper_camel_case(name.to_string().as_str());
            resolved.push(CustomAction {
                ty: ty.clone(),
                function: function(&kind, &name, last),
                marker: format_ident!("__Action{camel}{last}"),
                kind,
            });
        }
        Some(Self {
            name,
            built: (*value)?.value.clone(),
            actions: resolved,
            sender: sender.map(|setting| setting.value.0.clone()),
            protection,
            allows,
            warnings,
            tokens: cx.tokens,
        })
    }
}
