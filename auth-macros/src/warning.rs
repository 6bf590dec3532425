//! Warnings: choices that are weaker than the default and still allowed.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::spanned::Spanned;

use crate::block::Allow;

/// A choice the build warns about.
///
/// Stable Rust lets a macro warn in one way: by the use of something deprecated.
#[derive(Debug, Clone)]
pub(crate) struct Warning {
    /// What is underlined.
    at: TokenStream,
    /// A short name for the choice; the compiler prints it before the text.
    choice: Ident,
    text: String,
}

impl Warning {
    pub(crate) fn new(at: impl ToTokens, choice: &str, text: String) -> Self {
        Self {
            at: at.to_token_stream(),
            choice: format_ident!("{choice}"),
            text,
        }
    }

    /// The warning that `promise` is given up, unless `allows` says so already.
    pub(crate) fn unless_allowed(
        allows: &[Allow],
        promise: &str,
        at: impl ToTokens,
        what: &str,
    ) -> Option<Self> {
        if allows.iter().any(|allow| allow.promise == promise) {
            return None;
        }
        let choice = format!("gives_up_{}", promise.replace('-', "_"));
        let text = format!(
            "{what}\n= note: this gives up promise {promise}\n\
             = help: take the default, or say why it is right here: `allow({promise}, reason = \"…\")`"
        );
        Some(Self::new(at, &choice, text))
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl ToTokens for Warning {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { at, choice, text } = self;
        let used = Ident::new(&choice.to_string(), at.span());
        tokens.extend(quote_spanned! {at.span()=>
            const _: () = {
                #[allow(non_upper_case_globals)]
                #[deprecated(note = #text)]
                const #choice: () = ();
                #used
            };
        });
    }
}
