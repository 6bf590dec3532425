//! What the block writes for `confirmation`: its settings as a constant, its query, its parts.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::Confirmation;
use crate::{
    action::{Action, ActionName, Argument, Function},
    block::Allow,
    errors::Errors,
    expand::{Names, column},
    part::{Part, Parts, marker},
    paths,
    resources::user::model::Column,
    warning::Warning,
};

impl Confirmation {
    fn config(&self, index: usize) -> TokenStream {
        let confirmation = paths::CONFIRMATION;
        let name = self.name.to_string();
        let (seconds, window) = (self.token_lifetime.seconds, self.reauthentication_window.seconds);
        let prevent_hijacking = self.prevent_hijacking;
        let text =
            |action: Option<&ActionName>| action.map_or_else(String::new, |action| action.name.to_string());
        let (creates, updates) = (self.resend.is_some(), self.change.is_some());
        let (confirm, resend, change) = (
            text(Some(&self.confirm)),
            text(self.resend.as_ref()),
            text(self.change.as_ref()),
        );
        let auto = self.auto_confirm_actions.iter().map(Ident::to_string);
        quote! {
            #confirmation::Config {
                index: #index,
                name: #name,
                token_lifetime_seconds: #seconds,
                confirm_on_create: #creates,
                confirm_on_update: #updates,
                prevent_hijacking: #prevent_hijacking,
                auto_confirm_actions: &[#(#auto),*],
                reauthentication_window_seconds: #window,
                confirm_action_name: #confirm,
                resend_action_name: #resend,
                change_action_name: #change,
            }
        }
    }

    /// The actions that are switched on: their kind, the setting that names them, the constant of their phase.
    fn switched_on(&self) -> impl Iterator<Item = (&'static str, &'static str, TokenStream, &ActionName)> {
        let confirmation = paths::CONFIRMATION;
        [
            (
                "confirm",
                "confirm_action_name",
                quote!(#confirmation::CONFIRM),
                Some(&self.confirm),
            ),
            (
                "resend",
                "resend_action_name",
                quote!(#confirmation::RESEND),
                self.resend.as_ref(),
            ),
            (
                "change",
                "change_action_name",
                quote!(#confirmation::CHANGE),
                self.change.as_ref(),
            ),
        ]
        .into_iter()
        .filter_map(|(kind, setting, phase, action)| Some((kind, setting, phase, action?)))
    }

    fn functions_on_struct(&self) -> Vec<Function<'_>> {
        let (confirmation, private, strategy) = (paths::CONFIRMATION, paths::PRIVATE, paths::STRATEGY);
        let marker = marker(&self.name);
        self.switched_on()
            .map(|(kind, _, _, action)| {
                let address = |doc: &str| {
                    let field = self.address.column.field.clone();
                    Argument::new(field, "address", quote!(#private::String), doc)
                };
                let (doc, function, runtime_input, argument, output) = match kind {
                    "confirm" => (
                        "Confirms an address with the token out of a message, once.",
                        quote!(confirm),
                        quote!(Confirm),
                        Argument::new(
                            Ident::new("confirm", action.name.span()),
                            "token",
                            quote!(#private::SecretString),
                            "The token out of the message.",
                        ),
                        quote!(#strategy::Confirmed<Self>),
                    ),
                    "resend" => (
                        "Sends another link to somebody who is not confirmed. The answer is the same for everybody.",
                        quote!(resend),
                        quote!(Resend),
                        address("The address of the account."),
                        quote!(#strategy::Accepted),
                    ),
                    _ => (
                        "Asks for another address, for the person who is signed in. It counts once it is confirmed.",
                        quote!(change),
                        quote!(Change),
                        address("The new address."),
                        quote!(#strategy::Accepted),
                    ),
                };
                Function {
                    name: &action.name,
                    doc,
                    runtime: quote!(#confirmation::#function::<#marker>),
                    runtime_input: quote!(#confirmation::#runtime_input),
                    input: action.input(),
                    writes_input: true,
                    arguments: vec![argument],
                    rest: TokenStream::new(),
                    rest_fields: TokenStream::new(),
                    output,
                }
            })
            .collect()
    }
}

impl Part for Confirmation {
    fn kind(&self) -> &'static str {
        "confirmation"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn check(&self, parts: &Parts, errors: &mut Errors) {
        self.check_auto_confirm(parts, errors);
    }

    fn actions(&self) -> Vec<Action<'_>> {
        self.switched_on()
            .map(|(kind, setting, _, action)| Action {
                kind,
                name: &action.name,
                setting,
                strategy: &self.name,
                written: action.written,
            })
            .collect()
    }

    fn columns(&self, _names: &Names<'_>) -> Vec<Column> {
        vec![self.address.column.clone(), self.confirmed_at.clone()]
    }

    fn unique_columns(&self) -> Vec<&Column> {
        vec![&self.address.column]
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let (confirmation, queries, traits, user) = (
            paths::CONFIRMATION,
            paths::CONFIRMATION_QUERIES,
            paths::USER,
            &names.path,
        );
        let marker = marker(&self.name);
        let identity = self.address.implementation(&marker, names);
        let config = self.config(index);
        let confirmed_at = &self.confirmed_at.field;
        let [key, address, confirmed_column] =
            [names.user.key, self.address.column.index, self.confirmed_at.index].map(column);
        quote! {
            struct #marker;
            #identity
            #[automatically_derived]
            impl #confirmation::Confirmation for #marker {
                const CONFIG: #confirmation::Config = #config;

                fn is_confirmed(user: &Self::User) -> bool {
                    user.#confirmed_at.is_some()
                }

                #queries! {
                    connection __Connection;
                    table __TABLE;
                    key #key: <#user as #traits::Resource>::Key;
                    address #address;
                    confirmed_at #confirmed_column;
                }
            }
        }
    }

    fn info(&self) -> TokenStream {
        let strategy = paths::STRATEGY;
        let name = self.name.to_string();
        let (phases, actions): (Vec<TokenStream>, Vec<String>) = self
            .switched_on()
            .map(|(_, _, phase, action)| (phase, action.name.to_string()))
            .unzip();
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "confirmation",
                phases: &[#(#phases),*],
                actions: &[#(#strategy::ActionInfo::of(#phases, #actions)),*],
                tokens_required: true,
            }
        }
    }

    fn parts(&self, _names: &Names<'_>) -> TokenStream {
        let (confirmation, marker, deliver) = (paths::CONFIRMATION, marker(&self.name), &self.sender);
        let sender = paths::SENDER.at(deliver.span());
        let shared = quote_spanned!(deliver.span()=> #sender::SharedSender::<Self>::new(#deliver));
        quote!(#confirmation::Parts::<#marker>::new(#shared))
    }

    fn dispatch(&self) -> TokenStream {
        let (confirmation, marker) = (paths::CONFIRMATION, marker(&self.name));
        quote!(#confirmation::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        Function::functions(self.functions_on_struct(), names)
    }

    fn inputs(&self, names: &Names<'_>) -> TokenStream {
        Function::inputs(self.functions_on_struct(), names)
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn allows(&self) -> &[Allow] {
        &self.allows
    }
}
