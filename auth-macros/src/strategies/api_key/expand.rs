//! What the block writes for `api_key`: its settings as a constant, and its table.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::ApiKey;
use crate::{
    action::{Action, Function},
    expand::Names,
    part::{Part, marker},
    paths,
};

impl ApiKey {
    /// The type that stands for the strategy.
    pub(super) fn marker(&self) -> Ident {
        marker(&self.name)
    }

    fn config(&self, index: usize) -> TokenStream {
        let api_key = paths::API_KEY;
        let Self {
            name,
            prefix,
            header,
            scopes,
            ..
        } = self;
        let name = name.to_string();
        let scopes = scopes.iter().map(|scope| scope.name.to_string());
        let (default, maximum) = (self.default_lifetime.seconds, self.maximum_lifetime.seconds);
        let (overlap, window) = (
            self.rotation_overlap.seconds,
            self.reauthentication_window.seconds,
        );
        let keys = Literal::u32_unsuffixed(self.maximum_keys);
        quote! {
            #api_key::Config {
                index: #index,
                name: #name,
                prefix: #prefix,
                header: #header,
                scopes: &[#(#scopes),*],
                default_lifetime_seconds: #default,
                maximum_lifetime_seconds: #maximum,
                rotation_overlap_seconds: #overlap,
                maximum_keys: #keys,
                reauthentication_window_seconds: #window,
            }
        }
    }
}

impl Part for ApiKey {
    fn kind(&self) -> &'static str {
        "api_key"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        self.action_names()
            .map(|(kind, setting, action)| Action {
                kind,
                name: &action.name,
                setting,
                strategy: &self.name,
                written: action.written,
            })
            .collect()
    }

    fn further_events(&self) -> &'static [&'static str] {
        &["authenticate"]
    }

    fn tables(&self) -> Vec<TokenStream> {
        let (api_key, marker) = (paths::API_KEY, self.marker());
        vec![quote!(#api_key::table::<#marker>())]
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let (api_key, marker, user) = (paths::API_KEY, self.marker(), &names.path);
        let config = self.config(index);
        let resource = &self.resource;
        let keys = quote_spanned!(resource.span()=> type Keys = #resource;);
        let scopes = self.scope_names(names);
        quote! {
            struct #marker;
            #[automatically_derived]
            impl #api_key::ApiKey for #marker {
                type User = #user;
                #keys
                const CONFIG: #api_key::Config = #config;
            }
            #scopes
        }
    }

    fn info(&self) -> TokenStream {
        let (api_key, strategy) = (paths::API_KEY, paths::STRATEGY);
        let name = self.name.to_string();
        let (phases, actions): (Vec<Ident>, Vec<String>) = self
            .action_names()
            .map(|(kind, _, action)| (format_ident!("{}", kind.to_uppercase()), action.name.to_string()))
            .unzip();
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "api_key",
                phases: &[#(#api_key::#phases),*],
                actions: &[#(#strategy::ActionInfo::of(#api_key::#phases, #actions)),*],
                tokens_required: true,
            }
        }
    }

    fn parts(&self, _: &Names<'_>) -> TokenStream {
        let (api_key, marker) = (paths::API_KEY, self.marker());
        let sender = self.sender.as_ref().map(|deliver| {
            let sender = paths::SENDER.at(deliver.span());
            quote_spanned!(deliver.span()=> .sender(#sender::SharedSender::<Self>::new(#deliver)))
        });
        quote!(#api_key::Parts::<#marker>::new() #sender)
    }

    fn dispatch(&self) -> TokenStream {
        let (api_key, marker) = (paths::API_KEY, self.marker());
        quote!(#api_key::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        Function::functions(self.functions_on_struct(names), names)
    }

    fn inputs(&self, names: &Names<'_>) -> TokenStream {
        let inputs = Function::inputs(self.functions_on_struct(names), names);
        let scopes = self.scope_types();
        quote!(#inputs #scopes)
    }
}
