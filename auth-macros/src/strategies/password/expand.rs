//! What the block writes for `password`: its settings as a constant, its queries, its parts.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    ast::WhenUnreachable,
    model::{HashProvider, Password},
};
use crate::{
    action::{Action, ActionName, Function},
    block::Allow,
    expand::{Names, column, logged, secret_source},
    limits::Protection,
    part::{Part, marker},
    paths,
    resources::user::{expand::default_function, model::Column},
    warning::Warning,
};

impl Password {
    /// The type that stands for the strategy.
    pub(crate) fn marker(&self) -> Ident {
        marker(&self.name)
    }

    /// The columns that the register action fills by itself.
    fn defaults<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a Column> {
        names.user.columns.iter().filter(|column| {
            column.default.is_some()
                && !self
                    .register_accept
                    .iter()
                    .any(|other| other.index == column.index)
        })
    }

    /// The implementation of the runtime's trait, which the whole behaviour is generic over.
    fn password(&self, index: usize, names: &Names) -> TokenStream {
        let (password, private, strategy) = (paths::PASSWORD, paths::PRIVATE, paths::STRATEGY);
        let marker = self.marker();
        let extras: Vec<TokenStream> = self
            .register_accept
            .iter()
            .map(|column| names.column_type(column))
            .collect();
        let names_of_extras = self.register_accept.iter().map(Column::name);
        let places = (0..self.register_accept.len()).map(syn::Index::from);
        let config = self.config(index);
        let is_confirmed = match &self.require_confirmed_with {
            Some(column) => {
                let field = &column.field;
                quote!(user.#field.is_some())
            }
            None => quote!(true),
        };
        let queries = self.queries(names);
        let params = logged(&self.register_accept, names);
        quote! {
            #[automatically_derived]
            impl #password::Password for #marker {
                type Extras = (#(#extras,)*);
                const CONFIG: #password::Config = #config;

                #[allow(unused_variables)]
                fn extras(input: &mut #strategy::Input) -> #private::Option<Self::Extras> {
                    // Every value is taken before the first `?`, so that all refused columns are reported at once.
                    let extras = (#(input.value::<#extras>(#names_of_extras),)*);
                    #private::Some((#(extras.#places?,)*))
                }

                #params

                #[allow(unused_variables)]
                fn is_confirmed(user: &Self::User) -> bool {
                    #is_confirmed
                }

                #queries
            }
        }
    }

    fn queries(&self, names: &Names) -> TokenStream {
        let (queries, traits, user) = (paths::PASSWORD_QUERIES, paths::USER, &names.path);
        let (key, identity, hash) = (
            column(names.user.key),
            column(self.identity.column.index),
            column(self.hashed_password.index),
        );
        let tenant = names.tenant();
        let accepted = self.register_accept.iter().enumerate().map(|(place, accepted)| {
            let (column, place) = (column(accepted.index), syn::Index::from(place));
            quote!(#column = extras.#place)
        });
        let defaults = self.defaults(names).map(|default| {
            let (column, function) = (column(default.index), default_function(default.index));
            quote!(#column = <#user>::#function())
        });
        quote! {
            #queries! {
                user #user;
                connection __Connection;
                table __TABLE;
                key #key: <#user as #traits::Resource>::Key;
                identity #identity;
                hash #hash;
                tenant #tenant;
                extras extras [#(#accepted,)* #(#defaults,)*];
            }
        }
    }

    fn config(&self, index: usize) -> TokenStream {
        let (password, private) = (paths::PASSWORD, paths::PRIVATE);
        let Self {
            name,
            confirmation_required,
            sign_in_token_lifetime,
            remember_me,
            reauthentication_window,
            blocklist_words,
            confirmed_fields,
            ..
        } = self;
        let name = name.to_string();
        let (password_field, confirmation_field) = (
            self.password_field.to_string(),
            self.password_confirmation_field.to_string(),
        );
        let on = |action: &Option<ActionName>| action.is_some();
        let text =
            |action: &Option<ActionName>| action.as_ref().map_or_else(String::new, |a| a.name.to_string());
        let (registers, signs_in, exchanges, changes) = (
            on(&self.register),
            on(&self.sign_in),
            on(&self.sign_in_with_token),
            on(&self.change_password),
        );
        let (register, sign_in, exchange, change) = (
            text(&self.register),
            text(&self.sign_in),
            text(&self.sign_in_with_token),
            text(&self.change_password),
        );
        let (sign_in_seconds, window_seconds) =
            (sign_in_token_lifetime.seconds, reauthentication_window.seconds);
        let (minimum, maximum) = (
            proc_macro2::Literal::u32_unsuffixed(self.minimum_length),
            proc_macro2::Literal::u32_unsuffixed(self.maximum_bytes),
        );
        let alike = self.answers_alike;
        let resettable = match &self.resettable {
            None => quote!(#private::None),
            Some(resettable) => {
                let seconds = resettable.token_lifetime.seconds;
                let (request, reset) = (
                    resettable.request.name.to_string(),
                    resettable.reset.name.to_string(),
                );
                quote! {
                    #private::Some(#password::Resettable {
                        token_lifetime_seconds: #seconds,
                        request_password_reset_action_name: #request,
                        password_reset_action_name: #reset,
                    })
                }
            }
        };
        quote! {
            #password::Config {
                index: #index,
                name: #name,
                password_field: #password_field,
                password_confirmation_field: #confirmation_field,
                confirmation_required: #confirmation_required,
                registration_enabled: #registers,
                registration_answers_alike: #alike,
                confirmed_fields: &[#(#confirmed_fields),*],
                sign_in_enabled: #signs_in,
                sign_in_tokens_enabled: #exchanges,
                sign_in_token_lifetime_seconds: #sign_in_seconds,
                remember_me: #remember_me,
                change_password_enabled: #changes,
                reauthentication_window_seconds: #window_seconds,
                minimum_length: #minimum,
                maximum_bytes: #maximum,
                blocklist_words: &[#(#blocklist_words),*],
                resettable: #resettable,
                register_action_name: #register,
                sign_in_action_name: #sign_in,
                sign_in_with_token_action_name: #exchange,
                change_password_action_name: #change,
            }
        }
    }

    /// The parts that exist at run time only.
    fn run_time_parts(&self, names: &Names) -> TokenStream {
        let password = paths::PASSWORD;
        let marker = self.marker();
        let mut parts = quote!(#password::Parts::<#marker>::new());
        match &self.hash_provider {
            HashProvider::Argon2id {
                memory_kib: 19456,
                iterations: 2,
                parallelism: 1,
            } => {}
            HashProvider::Argon2id { .. } => parts.extend(quote!(.argon2id(COST))),
            HashProvider::Custom(provider) => {
                parts.extend(quote_spanned!(provider.span()=> .hash_provider(#provider)));
            }
        }
        let strategy = self.name.to_string();
        for (setting, secret) in [
            ("pepper", &self.pepper),
            ("previous_pepper", &self.previous_pepper),
        ] {
            if let Some(secret) = secret {
                let method = format_ident!("{setting}");
                let source = secret_source(
                    secret,
                    &["authentication", "strategies", &strategy, setting],
                    names,
                );
                parts.extend(quote!(.#method(#source)));
            }
        }
        if let Some(breached) = &self.breached_passwords {
            let checker = &breached.checker;
            let answer = match breached.when_unreachable {
                WhenUnreachable::Allow => quote!(Allow),
                WhenUnreachable::Refuse => quote!(Refuse),
            };
            let hasher = paths::HASHER.at(checker.span());
            parts.extend(quote_spanned! {checker.span()=>
                .breached_passwords(#hasher::breached::BreachCheck::new(
                    #checker,
                    #hasher::breached::OnUnreachable::#answer,
                ))
            });
        }
        if let Some(resettable) = &self.resettable {
            let deliver = &resettable.sender;
            let sender = paths::SENDER.at(deliver.span());
            parts.extend(quote_spanned! {deliver.span()=>
                .sender(#sender::SharedSender::<Self>::new(#deliver))
            });
        }
        let cost = self.cost();
        quote!({ #cost #parts })
    }

    /// Costs other than the default, checked when the application is compiled.
    fn cost(&self) -> TokenStream {
        let (hasher, private) = (paths::HASHER, paths::PRIVATE);
        match &self.hash_provider {
            HashProvider::Argon2id {
                memory_kib: 19456,
                iterations: 2,
                parallelism: 1,
            } => TokenStream::new(),
            HashProvider::Argon2id {
                memory_kib,
                iterations,
                parallelism,
            } => quote! {
                const COST: #hasher::Argon2Params =
                    match #hasher::Argon2Params::new(#memory_kib, #iterations, #parallelism) {
                        #private::Ok(cost) => cost,
                        #private::Err(_) => ::core::panic!("this cost of a hash is out of range"),
                    };
            },
            // P13. What is no provider at all is reported where it is used.
            HashProvider::Custom(provider) => {
                let text = format!(
                    "`{}` is made for generated secrets: people do not choose passwords with that much entropy",
                    provider.to_token_stream()
                );
                quote_spanned! {provider.span()=>
                    const _: () = {
                        #[allow(unused_imports)]
                        use #private::NoHashProvider as _;
                        ::core::assert!(#private::FitForPasswords::<#provider>::YES, #text);
                    };
                }
            }
        }
    }
}

impl Part for Password {
    fn kind(&self) -> &'static str {
        "password"
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

    fn columns(&self, names: &Names<'_>) -> Vec<Column> {
        let mut columns = vec![self.identity.column.clone(), self.hashed_password.clone()];
        columns.extend(self.register_accept.iter().cloned());
        columns.extend(self.defaults(names).cloned());
        columns
    }

    fn protection(&self) -> Option<&Protection> {
        Some(&self.protection)
    }

    fn answered_alike(&self) -> Vec<(String, TokenStream)> {
        let register = self.register.iter().filter(|_| self.answers_alike);
        let request = self.resettable.iter().map(|resettable| &resettable.request);
        register
            .chain(request)
            .map(|action| (action.name.to_string(), quote!(true)))
            .collect()
    }

    fn accepted_columns(&self) -> &[Column] {
        &self.register_accept
    }

    fn unique_columns(&self) -> Vec<&Column> {
        vec![&self.identity.column]
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let marker = self.marker();
        let (identity, password) = (
            self.identity.implementation(&marker, names),
            self.password(index, names),
        );
        quote! {
            struct #marker;
            #identity
            #password
        }
    }

    fn info(&self) -> TokenStream {
        let (password, strategy) = (paths::PASSWORD, paths::STRATEGY);
        let name = self.name.to_string();
        let (phases, actions): (Vec<Ident>, Vec<String>) = self
            .phases()
            .into_iter()
            .map(|(phase, action)| (phase, action.name.to_string()))
            .unzip();
        let tokens_required = self.sign_in_with_token.is_some() || self.resettable.is_some();
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "password",
                phases: &[#(#password::#phases),*],
                actions: &[#(#strategy::ActionInfo::of(#password::#phases, #actions)),*],
                tokens_required: #tokens_required,
            }
        }
    }

    fn parts(&self, names: &Names<'_>) -> TokenStream {
        self.run_time_parts(names)
    }

    fn dispatch(&self) -> TokenStream {
        let (password, marker) = (paths::PASSWORD, self.marker());
        quote!(#password::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        Function::functions(self.functions_on_struct(names), names)
    }

    fn inputs(&self, names: &Names<'_>) -> TokenStream {
        Function::inputs(self.functions_on_struct(names), names)
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn allows(&self) -> &[Allow] {
        &self.allows
    }
}
