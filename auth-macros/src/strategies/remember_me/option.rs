//! The setting `remember_me` of strategies that sign people in, and the argument that it brings.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::ast::RememberMe;
use crate::{action::Argument, errors::Errors, model::Cx, setting::Setting};

/// Whether the setting is on.
pub(crate) fn wanted(written: Option<&Setting<bool>>) -> bool {
    written.is_some_and(|setting| setting.value)
}

/// whether the sign-ins take the argument.
pub(crate) fn resolve(written: Option<&Setting<bool>>, cx: &Cx<'_>, errors: &mut Errors) -> bool {
    if let Some(setting) = written.filter(|setting| setting.value)
        && cx.written::<RememberMe>().next().is_none()
    {
        errors.at(
            &setting.key,
            "`remember_me: true` needs the strategy `remember_me`\n\
             = help: add `remember_me {}` to `strategies`",
        );
    }
    wanted(written)
}

/// The argument.
pub(crate) fn argument() -> Argument {
    let doc = "Whether the browser is to be remembered.";
    Argument::new(format_ident!("remember_me"), "remember_me", quote!(bool), doc)
}

/// The runtime's field where there is no such argument.
pub(crate) fn never() -> TokenStream {
    quote!(remember_me: false,)
}
