//! The rules of `api_key`, each reported at the word that breaks it.

use proc_macro2::Ident;
use quote::format_ident;
use syn::LitStr;

use super::{ast, model::Scope};
use crate::{
    errors::Errors,
    model::{Cx, days},
    part::Written,
    setting::{Duration, List, Name, Setting, check_duration},
};

/// The header that carries keys unless the block names another one.
const HEADER: &str = "x-api-key";

/// Headers that mean something else already.
const TAKEN: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "origin",
    "referer",
    "user-agent",
    "accept",
    "content-type",
    "content-length",
    "x-forwarded-for",
    "x-request-id",
];

/// Keys are made by somebody who is signed in, and only a session can tell who that is.
pub(super) fn check_needs_tokens(name: &Ident, word: &Ident, cx: &Cx<'_>, errors: &mut Errors) {
    let why = "\n= note: a key is made by its owner, and a session says who that is";
    cx.need_tokens(word, name, why, "", errors);
}

pub(super) fn prefix(setting: &Setting<LitStr>, errors: &mut Errors) -> Option<LitStr> {
    let text = setting.value.value();
    let fits = (1..=16).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if fits {
        return Some(setting.value.clone());
    }
    errors.at(
        &setting.written,
        format!(
            "expected a prefix of 1 to 16 lower case letters and digits, found `{text}`\n\
             = note: keys look like `acme_…`, and scanners for leaked secrets tell them by it"
        ),
    );
    None
}

pub(super) fn header(written: Option<&Setting<LitStr>>, errors: &mut Errors) -> String {
    let Some(setting) = written else {
        return HEADER.to_owned();
    };
    let text = setting.value.value();
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits {
        errors.at(
            &setting.written,
            format!("expected the name of a header in lower case, such as `\"{HEADER}\"`, found `{text}`"),
        );
    } else if TAKEN.contains(&text.as_str()) {
        errors.at(
            &setting.written,
            format!(
                "the header `{text}` has a meaning already\n\
                 = help: leave `header` out: keys are always taken as `Authorization: Bearer` too"
            ),
        );
    }
    text
}

/// Each scope becomes a type, so no two may have one name as a type.
pub(super) fn scopes(written: Option<&Setting<List<Name>>>, errors: &mut Errors) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = Vec::new();
    for Name(name) in written.into_iter().flat_map(|setting| &setting.value.0) {
        let ty = heck::ToUpperCamelCase::to_upper_camel_case(name.to_string().as_str());
        match scopes.iter().find(|other| other.ty == ty) {
            Some(other) if other.name == *name => errors.at(name, format!("`{name}` is listed twice")),
            Some(other) => errors.at(
                name,
                format!(
                    "the scopes `{}` and `{name}` would both become the type `{ty}`",
                    other.name
                ),
            ),
            None if ty == "Self" => errors.at(name, format!("`{name}` cannot be a scope")),
            None if ty.starts_with(|first: char| first.is_ascii_digit()) => {
                errors.at(name, format!("`{name}` cannot be a scope: it becomes a type"));
            }
            None => scopes.push(Scope {
                name: name.clone(),
                ty: format_ident!("{ty}", span = name.span()),
            }),
        }
    }
    scopes
}

pub(super) fn default_lifetime(
    written: Option<&Setting<Duration>>,
    maximum: Duration,
    errors: &mut Errors,
) -> Duration {
    let most = (maximum, "`maximum_lifetime` says how long a key can work");
    let default = Duration {
        seconds: days(90).seconds.min(maximum.seconds),
    };
    check_duration(written, default, Some(most), errors)
}

pub(super) fn maximum_keys(written: Option<&Setting<u32>>, errors: &mut Errors) -> u32 {
    let Some(Setting { value, written, .. }) = written else {
        return 50;
    };
    if !(1..=1000).contains(value) {
        errors.at(written, format!("expected 1 to 1000 keys, found {value}"));
    }
    *value
}

/// Two strategies are told apart by the prefix of their keys.
pub(super) fn check_prefixes(name: &Ident, prefix: &LitStr, cx: &Cx<'_>, errors: &mut Errors) {
    let others = cx.written::<ast::ApiKey>();
    let earlier = others.take_while(|other| other.name() != name).find(|other| {
        let other = other.prefix.as_ref();
        other.is_some_and(|other| other.value.value() == prefix.value())
    });
    if let Some(earlier) = earlier {
        errors.at(
            prefix,
            format!(
                "the keys of `{}` have this prefix already\n\
                 = help: give each kind of key a prefix of its own, such as `\"{}test\"`",
                earlier.name(),
                prefix.value()
            ),
        );
    }
}
