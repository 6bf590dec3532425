//! The one place where mistakes are collected, so that a build shows all of them.

use std::fmt::Display;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

/// Collects mistakes until they are read with [`Errors::into_tokens`].
///
/// Dropping a collector unread panics: a forgotten gate would accept a block that is wrong.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    read: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a mistake that underlines `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, text: impl Display) {
        self.found.push(syn::Error::new_spanned(tokens, text));
    }

    /// Adds a mistake that already knows its place.
    pub(crate) fn syn(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// Keeps the value or the mistake.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.syn(error)).ok()
    }

    /// Adds what the attribute reader found, each at its own place.
    pub(crate) fn darling(&mut self, error: darling::Error) {
        self.found.extend(syn::Error::from(error));
    }

    /// Nothing was found so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Ends the collection: one `compile_error!` for each mistake.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        self.read = true;
        std::mem::take(&mut self.found)
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }

    /// Ends the collection with the first mistake as a type of this name: the compiler keeps quiet about whatever
    /// depends on a type that it knows to be wrong.
    pub(crate) fn into_type(mut self, name: &Ident) -> TokenStream {
        self.read = true;
        let mut mistakes = std::mem::take(&mut self.found)
            .into_iter()
            .map(|error| error.to_compile_error());
        let first = mistakes.next();
        // `compile_error!` in the place of a type would be `()`. In the place of a value it is a wrong value, an
        // array of that length is a wrong type, and so is whatever such a type is asked for.
        quote! {
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code, missing_docs, unreachable_pub)]
            pub type #name = <[(); #first] as ::core::iter::IntoIterator>::Item;
            #(#mistakes)*
        }
    }

    /// Ends the collection where the mistakes were reported elsewhere already.
    pub(crate) fn reported_elsewhere(mut self) {
        self.read = true;
    }

    /// The texts, for tests.
    #[cfg(test)]
    pub(crate) fn into_texts(mut self) -> Vec<String> {
        self.read = true;
        std::mem::take(&mut self.found)
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !self.read && !std::thread::panicking() {
            #[expect(
                clippy::panic,
                reason = "an unread collector is a bug of this crate, never of its user"
            )]
            {
                panic!("internal error in auth-macros: the collected mistakes were not read");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    #[should_panic(expected = "were not read")]
    fn an_unread_collector_panics() {
        drop(Errors::new());
    }

    #[test]
    fn every_mistake_becomes_one_compile_error() {
        let mut errors = Errors::new();
        errors.at(quote::quote!(a), "first");
        errors.at(quote::quote!(b), "second");
        assert_eq!(
            errors.into_tokens().to_string().matches("compile_error").count(),
            2
        );
    }
}
