//! The actions of `api_key` as functions of the struct, and the types of its scopes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::model::{ApiKey, Scope};
use crate::{
    action::{Argument, Function},
    expand::Names,
    paths,
};

impl ApiKey {
    pub(super) fn functions_on_struct(&self, names: &Names<'_>) -> Vec<Function<'_>> {
        let (api_key, private, marker) = (paths::API_KEY, paths::PRIVATE, self.marker());
        self.action_names()
            .map(|(kind, _, name)| {
                let (arguments_name, doc, output) = match kind {
                    "create" => (
                        "Create",
                        "Makes an API key for whoever is signed in. The answer holds the only copy of it.",
                        quote!(#api_key::NewApiKey),
                    ),
                    "list" => (
                        "List",
                        "The API keys of whoever is signed in, newest first.",
                        quote!(#private::Vec<#api_key::ApiKeyInfo>),
                    ),
                    "rotate" => (
                        "Rotate",
                        "Replaces an API key of whoever is signed in by a new one with the same name and scopes.",
                        quote!(#api_key::NewApiKey),
                    ),
                    _ => (
                        "Revoke",
                        "Ends an API key of whoever is signed in, from the next request on.",
                        quote!(()),
                    ),
                };
                let (function, runtime_input) = (format_ident!("{kind}"), format_ident!("{arguments_name}"));
                Function {
                    name: &name.name,
                    doc,
                    runtime: quote!(#api_key::#function::<#marker>),
                    runtime_input: quote!(#api_key::#runtime_input),
                    input: name.input(),
                    writes_input: true,
                    arguments: arguments(kind, names),
                    rest: TokenStream::new(),
                    rest_fields: TokenStream::new(),
                    output,
                }
            })
            .collect()
    }

    /// A module with a type for each scope, under the name of the strategy.
    pub(super) fn scope_types(&self) -> TokenStream {
        if self.scopes.is_empty() {
            return TokenStream::new();
        }
        let module = &self.name;
        let doc = format!("The scopes of the keys of `{module}`.");
        let types = self.scopes.iter().map(|Scope { name, ty }| {
            let doc = format!("The scope `{name}`.");
            quote! {
                #[doc = #doc]
                #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
                pub struct #ty;
            }
        });
        quote! {
            #[doc = #doc]
            pub mod #module {
                #(#types)*
            }
        }
    }

    /// What makes those types scopes. It stands outside of their module, where `User` could be one of them.
    pub(super) fn scope_names(&self, names: &Names<'_>) -> TokenStream {
        let (scopes, private, user) = (paths::API_KEY_SCOPES, paths::PRIVATE, &names.path);
        let (inputs, module, strategy) = (&names.inputs, &self.name, self.name.to_string());
        self.scopes
            .iter()
            .map(|Scope { name, ty }| {
                let name = name.to_string();
                quote! {
                    #[automatically_derived]
                    impl #scopes::Scope<#user> for #inputs::#module::#ty {
                        const NAME: #private::Option<#scopes::ScopeName> = #private::Some(#scopes::ScopeName {
                            strategy: #strategy,
                            scope: #name,
                        });
                    }
                }
            })
            .collect()
    }
}

fn arguments(kind: &str, names: &Names<'_>) -> Vec<Argument> {
    let (private, db, scopes) = (paths::PRIVATE, paths::DB, paths::API_KEY_SCOPES);
    let user = &names.path;
    let argument =
        |name: &str, ty: TokenStream, doc: &str| Argument::new(format_ident!("{name}"), name, ty, doc);
    let lifetime = || {
        argument(
            "lifetime",
            quote!(#private::Option<#private::Duration>),
            "How long it works; `None` for the default.",
        )
    };
    let id = || argument("id", quote!(#db::Id), "The key.");
    match kind {
        "create" => vec![
            argument("name", quote!(#private::String), "What its owner calls it."),
            argument("scopes", quote!(#scopes::Scopes<#user>), "What it may do."),
            lifetime(),
        ],
        "rotate" => vec![
            id(),
            argument(
                "overlap",
                quote!(#private::Option<#private::Duration>),
                "How long it works beside the new one; `None` for as long as may be.",
            ),
            lifetime(),
        ],
        "revoke" => vec![id()],
        _ => Vec::new(),
    }
}
