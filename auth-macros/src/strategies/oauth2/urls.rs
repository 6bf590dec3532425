//! Addresses that stand in the block: what can be said of them before the application starts.

use proc_macro2::Ident;
use syn::LitStr;

use super::values::Source;
use crate::{
    errors::Errors,
    setting::{Secret, Setting},
};

/// What an address may look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Absolute,
    /// That, and other addresses are made of it.
    Issuer,
    /// Or a path, which follows the base URL.
    OrPath,
}

/// C29: an address that is written down is one, and what goes there is encrypted on the way.
pub(super) fn check(setting: Option<&Setting<Source>>, form: Form, errors: &mut Errors) {
    if let Some(Setting {
        key,
        value: Source(Secret::Literal(text)),
        ..
    }) = setting
    {
        check_text(key, text, form, errors);
    }
}

fn check_text(key: &Ident, text: &LitStr, form: Form, errors: &mut Errors) {
    let url = text.value();
    let surplus = match form {
        Form::Issuer => url.find(['?', '#']),
        Form::Absolute | Form::OrPath => url.find('#'),
    };
    if let Some(surplus) = surplus.and_then(|at| url.get(at..)) {
        let what = if surplus.starts_with('#') {
            "fragment"
        } else {
            "query"
        };
        errors.at(
            text,
            format!("`{key}` has a {what}, which is no part of such an address\n= help: remove `{surplus}`"),
        );
        return;
    }
    let is_path = url.starts_with('/') && !url.starts_with("//");
    if form == Form::OrPath && is_path && !url.chars().any(char::is_whitespace) {
        return;
    }
    let or_path = if form == Form::OrPath {
        ", or a path such as `\"/authorize\"`"
    } else {
        ""
    };
    let Some((scheme, host)) = scheme_and_host(&url) else {
        errors.at(
            text,
            format!("`{key}` is not a URL\n= help: write `{key}: \"https://…\"`{or_path}"),
        );
        return;
    };
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost");
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "https" && !(scheme == "http" && is_here) {
        errors.at(
            text,
            format!(
                "`{key}` is not encrypted: its scheme is `{scheme}`\n\
                 = note: whoever listens on the way could sign in as somebody else\n\
                 = help: use `https`; only this machine itself can be reached by `http`"
            ),
        );
    }
}

/// `None` for what is no URL with a host.
fn scheme_and_host(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => authority.get(..end + 2)?,
        None => authority.split(':').next()?,
    };
    let is_url = !scheme.is_empty()
        && scheme.chars().all(|c| c.is_ascii_alphanumeric())
        && !host.is_empty()
        && !authority.contains('@')
        && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    is_url.then_some((scheme, host))
}
