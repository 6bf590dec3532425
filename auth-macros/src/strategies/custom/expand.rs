//! What the block writes for `custom`: its actions as types, functions and phases, and the value itself.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Custom, CustomAction};
use crate::{
    action::Action, block::Allow, expand::Names, limits::Protection, part::Part, paths, warning::Warning,
};

impl CustomAction {
    /// The type that stands for the action. If the user's type is no action, this is where that is told.
    fn declaration(
        &self,
        index: usize,
        custom: &Custom,
        names: &Names<'_>,
        earlier: &[&Self],
    ) -> TokenStream {
        let Self { ty, kind, marker, .. } = self;
        let (runtime, user, strategy) = (paths::CUSTOM, &names.path, &custom.built.ty);
        let (name, path) = (custom.name.to_string(), format!("/{kind}"));
        let action = quote_spanned!(ty.span()=> type Action = #ty;);
        let earlier = earlier.iter().map(|action| &action.marker);
        let at = runtime.at(ty.span());
        let check = quote_spanned! {ty.span()=>
            const _: () = #at::check::<#marker>(&[#(#at::phase::<#earlier>()),*]);
        };
        quote! {
            struct #marker;
            #[automatically_derived]
            impl #runtime::Declared for #marker {
                type User = #user;
                type Strategy = #strategy;
                #action
                const AT: #runtime::At = #runtime::At {
                    index: #index,
                    name: #name,
                    action: #kind,
                    path: #path,
                };
            }
            #check
        }
    }
}

impl Part for Custom {
    fn kind(&self) -> &'static str {
        "custom"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        self.actions
            .iter()
            .map(|action| Action {
                kind: &action.kind,
                name: &action.function,
                setting: "actions",
                strategy: &self.name,
                written: true,
            })
            .collect()
    }

    fn protection(&self) -> Option<&Protection> {
        Some(&self.protection)
    }

    fn answered_alike(&self) -> Vec<(String, TokenStream)> {
        let runtime = paths::CUSTOM;
        self.actions
            .iter()
            .map(|CustomAction { function, marker, .. }| {
                (function.to_string(), quote!(#runtime::is_request::<#marker>()))
            })
            .collect()
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn allows(&self) -> &[Allow] {
        &self.allows
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let mut earlier: Vec<&CustomAction> = Vec::new();
        let mut tokens = TokenStream::new();
        for action in &self.actions {
            tokens.extend(action.declaration(index, self, names, &earlier));
            earlier.push(action);
        }
        if !self.tokens {
            let (user, ty) = (&names.path, &self.built.ty);
            let runtime = paths::CUSTOM.at(ty.span());
            tokens.extend(quote_spanned! {ty.span()=>
                const _: () = #runtime::check_tokens::<#user, #ty>();
            });
        }
        tokens
    }

    fn info(&self) -> TokenStream {
        let (runtime, strategy) = (paths::CUSTOM, paths::STRATEGY);
        let name = self.name.to_string();
        let markers: Vec<&Ident> = self.actions.iter().map(|action| &action.marker).collect();
        let functions = self.actions.iter().map(|action| action.function.to_string());
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "custom",
                phases: &[#(#runtime::phase::<#markers>()),*],
                actions: &[#(#strategy::ActionInfo::of(#runtime::phase::<#markers>(), #functions)),*],
                tokens_required: false,
            }
        }
    }

    fn parts(&self, _: &Names<'_>) -> TokenStream {
        let value = &self.built.value;
        let runtime = paths::CUSTOM.at(self.built.ty.span());
        let sender = self.sender.as_ref().map(|deliver| {
            let (name, sender) = (self.name.to_string(), paths::SENDER.at(deliver.span()));
            quote_spanned!(deliver.span()=> .sender(#name, #sender::SharedSender::<Self>::new(#deliver)))
        });
        quote_spanned!(self.built.ty.span()=> #runtime::declare::<Self, _>(#value) #sender)
    }

    fn dispatch(&self) -> TokenStream {
        let (runtime, name) = (paths::CUSTOM, self.name.to_string());
        let arms = self.actions.iter().map(|CustomAction { kind, marker, .. }| {
            quote!(#kind => #runtime::dispatch::<#marker>(context, input).await,)
        });
        quote! {
            match phase {
                #(#arms)*
                _ => #runtime::no_such_action(#name),
            }
        }
    }

    fn functions(&self, _: &Names<'_>) -> TokenStream {
        let (context, error, runtime) = (paths::CONTEXT, paths::ERROR, paths::CUSTOM);
        let strategy = &self.built.ty;
        self.actions
            .iter()
            .map(|action| {
                let CustomAction {
                    ty,
                    function,
                    marker,
                    kind,
                } = action;
                let doc = format!(
                    "Runs `{kind}` of `{}`, see [`{}`].",
                    self.name,
                    ty.to_token_stream()
                );
                // Not by way of the marker, which nobody else may see.
                let at = runtime.at(ty.span());
                let output = quote_spanned! {ty.span()=>
                    <<#ty as #at::Action<Self, #strategy>>::Done as #at::Done<Self>>::Output
                };
                quote! {
                    #[doc = #doc]
                    ///
                    /// # Errors
                    /// What went wrong, for the operator; its `failure()` is what a client may know.
                    #[allow(private_interfaces)]
                    pub async fn #function(
                        context: &#context::Context<Self>,
                        input: #ty,
                    ) -> #error::Result<#output> {
                        context.record(#runtime::run::<#marker>(context, input).await).await
                    }
                }
            })
            .collect()
    }
}
