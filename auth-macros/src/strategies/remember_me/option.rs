//! The setting `remember_me` of strategies that sign people in, and the argument that it brings.
//!
//! A strategy has the setting in its table and says so in [`Written::remembers`](crate::part::Written::remembers),
//! resolves it here, and makes its functions that sign in [`remembering`](Function::remembering).

use quote::{format_ident, quote};

use super::ast::RememberMe;
use crate::{
    action::{Argument, Function},
    errors::Errors,
    model::Cx,
    setting::Setting,
};

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

impl Function<'_> {
    /// An action that signs people in: it takes the argument where the setting is on. The runtime's arguments have a
    /// field for it in any case.
    pub(crate) fn remembering(mut self, on: bool) -> Self {
        if on {
            let doc = "Whether the browser is to be remembered.";
            let name = format_ident!("remember_me");
            self.arguments
                .push(Argument::new(name, "remember_me", quote!(bool), doc));
        } else {
            self.rest.extend(quote!(remember_me: false,));
        }
        self
    }
}
