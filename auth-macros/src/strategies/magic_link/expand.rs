//! What the block writes for `magic_link`: its settings as a constant, its query, its parts.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::MagicLink;
use crate::{
    action::{Action, Argument, Function},
    block::Allow,
    expand::{Names, column, strategy_claims},
    limits::Protection,
    part::{Part, marker},
    paths,
    resources::user::{expand::default_function, model::Column},
    warning::Warning,
};

impl MagicLink {
    /// The columns that a registration fills by itself.
    fn defaults<'a>(&'a self, names: &'a Names<'_>) -> impl Iterator<Item = &'a Column> {
        let identity = self.identity.column.index;
        let columns = names.user.columns.iter();
        columns.filter(move |column| {
            self.registration_enabled
                && column.default.is_some()
                && column.index != identity
                && names.tenant_index() != Some(column.index)
        })
    }

    fn config(&self, index: usize) -> TokenStream {
        let magic_link = paths::MAGIC_LINK;
        let seconds = self.token_lifetime.seconds;
        let (registers, remembers, binds) =
            (self.registration_enabled, self.remember_me, self.bind_to_browser);
        let [name, request, sign_in, token] = [
            &self.name,
            &self.request.name,
            &self.sign_in.name,
            &self.token_param,
        ]
        .map(Ident::to_string);
        quote! {
            #magic_link::Config {
                index: #index,
                name: #name,
                token_lifetime_seconds: #seconds,
                registration_enabled: #registers,
                remember_me: #remembers,
                bind_to_browser: #binds,
                request_action_name: #request,
                sign_in_action_name: #sign_in,
                token_param_name: #token,
            }
        }
    }

    fn functions_on_struct(&self) -> [Function<'_>; 2] {
        let (magic_link, private, session, strategy) =
            (paths::MAGIC_LINK, paths::PRIVATE, paths::SESSION, paths::STRATEGY);
        let marker = marker(&self.name);
        let field = self.identity.column.field.clone();
        let token = self.token_param.clone();
        [
            Function {
                name: &self.request.name,
                doc: "Asks for a link that signs in. The answer is the same whether or not the person exists.",
                runtime: quote!(#magic_link::request::<#marker>),
                runtime_input: quote!(#magic_link::Request),
                input: self.request.input(),
                writes_input: true,
                arguments: vec![Argument::new(
                    field,
                    "identity",
                    quote!(#private::String),
                    "Who the person is.",
                )],
                rest: TokenStream::new(),
                rest_fields: TokenStream::new(),
                output: quote!(#strategy::Accepted),
            },
            Function {
                name: &self.sign_in.name,
                doc: "Signs in with the token out of a message, once.",
                runtime: quote!(#magic_link::sign_in::<#marker>),
                runtime_input: quote!(#magic_link::SignIn),
                input: self.sign_in.input(),
                writes_input: true,
                arguments: vec![Argument::new(
                    token,
                    "token",
                    quote!(#private::SecretString),
                    "The token out of the message.",
                )],
                rest: TokenStream::new(),
                rest_fields: TokenStream::new(),
                output: quote!(#session::SignedIn<Self>),
            }
            .remembering(self.remember_me),
        ]
    }

    /// The function that finds people by what they type.
    fn look_up(&self) -> TokenStream {
        let (magic_link, context, error, private) =
            (paths::MAGIC_LINK, paths::CONTEXT, paths::ERROR, paths::PRIVATE);
        let (name, marker) = (&self.lookup.name, marker(&self.name));
        let field = self.identity.column.name();
        let doc = format!("The person whose `{field}` this is, in whatever spelling.");
        quote! {
            #[doc = #doc]
            ///
            /// # Errors
            /// When the database could not be asked.
            pub async fn #name(
                context: &#context::Context<Self>,
                identity: &str,
            ) -> #error::Result<#private::Option<Self>> {
                #magic_link::look_up::<#marker>(context, identity).await
            }
        }
    }
}

impl Part for MagicLink {
    fn kind(&self) -> &'static str {
        "magic_link"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        [
            ("request", "request_action_name", &self.request),
            ("sign_in", "sign_in_action_name", &self.sign_in),
            ("lookup", "lookup_action_name", &self.lookup),
        ]
        .into_iter()
        .map(|(kind, setting, action)| Action {
            kind,
            name: &action.name,
            setting,
            strategy: &self.name,
            written: action.written,
        })
        .collect()
    }

    fn columns(&self, names: &Names<'_>) -> Vec<Column> {
        let mut columns = vec![self.identity.column.clone()];
        columns.extend(self.defaults(names).cloned());
        columns
    }

    fn protection(&self) -> Option<&Protection> {
        Some(&self.protection)
    }

    fn answered_alike(&self) -> Vec<(String, TokenStream)> {
        vec![(self.request.name.to_string(), quote!(true))]
    }

    fn unique_columns(&self) -> Vec<&Column> {
        vec![&self.identity.column]
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let (magic_link, queries, traits, user) = (
            paths::MAGIC_LINK,
            paths::MAGIC_LINK_QUERIES,
            paths::USER,
            &names.path,
        );
        let marker = marker(&self.name);
        let identity = self.identity.implementation(&marker, names);
        let config = self.config(index);
        let tenant = names.tenant();
        let (key, identity_column) = (column(names.user.key), column(self.identity.column.index));
        let defaults = self.defaults(names).map(|default| {
            let (column, function) = (column(default.index), default_function(default.index));
            quote!(#column = <#user>::#function())
        });
        let extra_claims = strategy_claims(self.extra_claims.as_ref());
        quote! {
            struct #marker;
            #identity
            #[automatically_derived]
            impl #magic_link::MagicLink for #marker {
                const CONFIG: #magic_link::Config = #config;

                #extra_claims

                #queries! {
                    connection __Connection;
                    table __TABLE;
                    key #key: <#user as #traits::Resource>::Key;
                    identity #identity_column;
                    tenant #tenant;
                    defaults [#(#defaults,)*];
                }
            }
        }
    }

    fn info(&self) -> TokenStream {
        let (magic_link, strategy) = (paths::MAGIC_LINK, paths::STRATEGY);
        let [name, request, sign_in, token] = [
            &self.name,
            &self.request.name,
            &self.sign_in.name,
            &self.token_param,
        ]
        .map(Ident::to_string);
        let remembers = self.remember_me;
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "magic_link",
                phases: &[#magic_link::REQUEST, #magic_link::sign_in_phase(#token, #remembers)],
                actions: &[
                    #strategy::ActionInfo::of(#magic_link::REQUEST, #request),
                    #strategy::ActionInfo::of(#magic_link::sign_in_phase(#token, #remembers), #sign_in),
                ],
                tokens_required: true,
            }
        }
    }

    fn parts(&self, _names: &Names<'_>) -> TokenStream {
        let (magic_link, marker, deliver) = (paths::MAGIC_LINK, marker(&self.name), &self.sender);
        let sender = paths::SENDER.at(deliver.span());
        let shared = quote_spanned!(deliver.span()=> #sender::SharedSender::<Self>::new(#deliver));
        quote!(#magic_link::Parts::<#marker>::new(#shared))
    }

    fn dispatch(&self) -> TokenStream {
        let (magic_link, marker) = (paths::MAGIC_LINK, marker(&self.name));
        quote!(#magic_link::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        let mut functions = Function::functions(self.functions_on_struct(), names);
        functions.extend(self.look_up());
        functions
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
