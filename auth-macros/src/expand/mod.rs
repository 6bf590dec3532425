//! What a block becomes. Everything was judged before, so nothing can go wrong here.

mod names;
mod settings;

pub(crate) use names::{Names, column, column_marker};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, spanned::Spanned};

use crate::{
    limits::Protection,
    model::{Model, Tokens},
    paths,
    resources::user::{expand::fields, model::Column},
    setting::Secret,
};

/// The values of these columns as an audit log gets them, out of the tuple `extras`; nothing where none records them.
pub(crate) fn logged(columns: &[Column], names: &Names<'_>) -> TokenStream {
    let private = paths::PRIVATE;
    let values: Vec<TokenStream> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| names.parts.iter().any(|part| part.logs(column)))
        .map(|(place, column)| {
            let (name, place) = (column.name(), syn::Index::from(place));
            quote!((#name, #private::serde_json::to_value(&extras.#place)))
        })
        .collect();
    if values.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn params(extras: &Self::Extras) -> #private::Map<#private::String, #private::Value> {
            #private::params([#(#values),*])
        }
    }
}

/// The claims that a strategy adds to the session token, for inside the `impl` of its trait.
pub(crate) fn strategy_claims(function: Option<&Expr>) -> TokenStream {
    let token = paths::TOKEN;
    let claims = match function {
        None => quote!(#token::ExtraClaims::default()),
        Some(function) => quote! {
            let claims: fn(&Self::User) -> #token::ExtraClaims = #function;
            claims(user)
        },
    };
    quote! {
        #[allow(unused_variables)]
        fn extra_claims(user: &Self::User) -> #token::ExtraClaims {
            #claims
        }
    }
}

pub(crate) fn expand(model: &Model) -> TokenStream {
    let names = Names {
        user: &model.user,
        path: match &model.resource {
            Some(path) => path.to_token_stream(),
            None => model.user.ident.to_token_stream(),
        },
        same_scope: model.resource.is_none(),
        parts: &model.parts,
        inputs: format_ident!("{}_actions", model.subject_name),
        subject_name: &model.subject_name,
        tenant: model.tenant.as_ref(),
    };
    let (db, repo) = (paths::DB, &model.repo);
    let columns = columns(model, &names);
    let parts = model.parts.iter().enumerate();
    let implementations = parts.map(|(index, part)| part.implementation(index, &names));
    let join = model.tokens.as_ref().map(|tokens| join(tokens, &names));
    let authenticated = impl_authenticated(model, &names);
    let functions = functions(model, &names);
    let inputs = inputs(model, &names);
    let accesses = names.same_scope.then(|| accesses(model));
    let (warnings, literal) = (&model.warnings, refuse_literal(model));
    quote! {
        const _: () = {
            type __Connection = <#repo as #db::Repo>::Connection;
            #columns
            #(#implementations)*
            #join
            #authenticated
            #functions
            #accesses
        };
        #inputs
        #(#warnings)*
        #literal
    }
}

/// The table and the columns that queries name, wherever the `table!` is.
fn columns(model: &Model, names: &Names) -> TokenStream {
    let (traits, path) = (paths::USER, &names.path);
    let mut indexes = vec![model.user.key];
    indexes.extend(model.tenant.iter().map(|column| column.index));
    for part in model.parts.iter() {
        indexes.extend(part.columns(names).iter().map(|column| column.index));
    }
    indexes.sort_unstable();
    indexes.dedup();
    let declarations = indexes.iter().map(|index| {
        let (constant, marker) = (column(*index), column_marker(*index));
        quote! {
            type #marker = <#path as #traits::ColumnAt<#index>>::Column;
            const #constant: #marker = #marker {};
        }
    });
    let key = model.user.key;
    quote! {
        #(#declarations)*
        type __Table = <#path as #traits::ColumnAt<#key>>::Table;
        const __TABLE: __Table = __Table {};
    }
}

/// Reads each column at its name in the block, so that an editor finds and renames it from there.
fn accesses(model: &Model) -> TokenStream {
    let (person, user) = (format_ident!("person"), &model.user.ident);
    let accesses = model
        .column_names
        .iter()
        .map(|name| quote_spanned!(name.span()=> let _ = &(#person).#name;));
    quote! {
        #[allow(dead_code, unused_variables)]
        fn columns(#person: &#user) {
            #(#accesses)*
        }
    }
}

/// Lets the one hot query join the person with the token's row.
///
/// The person's table is named by its own path where that is known: to another crate with a block of its own, an
/// implementation for a type that only a trait names could be one for any table.
fn join(tokens: &Tokens, names: &Names) -> TokenStream {
    let (private, store, resource) = (paths::PRIVATE, paths::TOKEN_STORE, &tokens.resource);
    let table = if names.same_scope {
        let table = &names.user.table;
        quote!(#table::table)
    } else {
        quote!(__Table)
    };
    quote_spanned! {resource.span()=>
        impl #private::diesel::query_source::TableNotEqual<<#resource as #store::TokenTable>::Table> for #table {}
        impl #private::diesel::query_source::TableNotEqual<#table> for <#resource as #store::TokenTable>::Table {}
    }
}

fn impl_authenticated(model: &Model, names: &Names) -> TokenStream {
    let (traits, strategy, context, token_store, queries) = (
        paths::USER,
        paths::STRATEGY,
        paths::CONTEXT,
        paths::TOKEN_STORE,
        paths::USER_QUERIES,
    );
    let (path, repo) = (&names.path, &model.repo);
    let tokens = model.tokens.as_ref().map(|tokens| &tokens.resource);
    let store = tokens.map_or_else(|| quote!(#token_store::NoTokens), ToTokens::to_token_stream);
    let settings = settings::settings(model);
    let strategies = model.parts.strategies.iter().map(|strategy| strategy.info());
    let add_ons = model.parts.add_ons.iter().map(|add_on| add_on.info());
    let limits = limits(model);
    let declared = declared(model, names);
    let schema = schema(model);
    let extra_claims = extra_claims(model);
    let sender_fields = sender_fields(model);
    let key = column(model.user.key);
    let tenant = paths::TENANT;
    let (tenant_type, tenant_of) = match &model.tenant {
        None => (quote!(#tenant::NoTenant), quote!(#tenant::NoTenant)),
        Some(named) => {
            let (ty, field) = (names.column_type(named), &named.field);
            (ty, quote!(::core::clone::Clone::clone(&self.#field)))
        }
    };
    let arms = model.parts.iter().enumerate().map(|(index, part)| {
        let call = part.dispatch();
        quote!(#index => #call,)
    });
    quote! {
        #[automatically_derived]
        impl #traits::Authenticated for #path {
            type Repo = #repo;
            type Tenant = #tenant_type;
            type Tokens = #store;
            const SETTINGS: #traits::Settings = #settings;
            const STRATEGIES: &'static [#strategy::StrategyInfo] = &[#(#strategies),*];
            const ADD_ONS: &'static [#strategy::StrategyInfo] = &[#(#add_ons),*];
            #limits
            #declared
            #schema
            fn tenant(&self) -> Self::Tenant {
                #tenant_of
            }
            #extra_claims
            #sender_fields
            #queries! {
                connection __Connection;
                table __TABLE;
                key #key;
                tokens #tokens;
            }
            #[allow(unused_variables)]
            async fn dispatch(
                context: &#context::Context<Self>,
                index: usize,
                phase: &str,
                input: #strategy::Input,
            ) -> #strategy::Outcome<#strategy::ActionOutcome<Self>> {
                match index {
                    #(#arms)*
                    _ => #strategy::Outcome::no_such_strategy(),
                }
            }
        }
    }
}

/// The limits of the parts that say something about them.
fn limits(model: &Model) -> TokenStream {
    let limits = paths::LIMITS;
    let said: Vec<TokenStream> = model
        .parts
        .iter()
        .filter_map(|part| {
            let settings = part.protection()?.settings(&part.answered_alike())?;
            let name = part.name().to_string();
            Some(quote!((#name, #settings)))
        })
        .collect();
    if said.is_empty() {
        return TokenStream::new();
    }
    quote! {
        const LIMITS: &'static [(&'static str, #limits::Settings)] = &[#(#said),*];
    }
}

fn declared(model: &Model, names: &Names) -> TokenStream {
    let authentication = paths::AUTHENTICATION;
    let mut parts = TokenStream::new();
    if let Some(tokens) = &model.tokens {
        let source = |secret, setting| secret_source(secret, &["authentication", "tokens", setting], names);
        let secret = source(&tokens.signing_secret, "signing_secret");
        parts.extend(quote!(.signing_secret(#secret)));
        for secret in &tokens.previous_signing_secrets {
            let secret = source(secret, "previous_signing_secrets");
            parts.extend(quote!(.previous_signing_secret(#secret)));
        }
    }
    if let Some(encryption) = &model.encryption {
        let source = |secret, setting| secret_source(secret, &["authentication", setting], names);
        let key = source(&encryption.key, "encryption_key");
        parts.extend(quote!(.encryption_key(#key)));
        for key in &encryption.previous_keys {
            let key = source(key, "previous_encryption_keys");
            parts.extend(quote!(.previous_encryption_key(#key)));
        }
    }
    for part in model.parts.iter() {
        let part = part.parts(names);
        parts.extend(quote!(.part(#part)));
    }
    for (name, notices) in model.notices() {
        let sender = paths::SENDER.at(notices.span());
        parts.extend(
            quote_spanned!(notices.span()=> .sender(#name, #sender::SharedSender::<Self>::new(#notices))),
        );
    }
    for part in model.parts.iter() {
        if let Some(guard) = part.protection().and_then(Protection::guard) {
            let name = part.name().to_string();
            parts.extend(quote_spanned!(guard.span()=> .guard(#name, #guard)));
        }
    }
    quote! {
        fn declared() -> #authentication::Declared<Self> {
            #authentication::Declared::new() #parts
        }
    }
}

/// The source of a secret: its provider, its path in the block, and the line it stands at.
pub(crate) fn secret_source(secret: &Secret, path: &[&str], names: &Names) -> TokenStream {
    let span = match secret {
        Secret::Env(text) | Secret::Literal(text) => text.span(),
        Secret::Closure(closure) => closure.span(),
        Secret::Provider(provider) => provider.span(),
    };
    let secrets = paths::SECRET.at(span);
    let provider = match secret {
        Secret::Env(name) => quote_spanned!(span=> #secrets::Env(#name)),
        Secret::Literal(value) => quote_spanned!(span=> #secrets::Literal(#value)),
        Secret::Closure(closure) => quote_spanned!(span=> #secrets::Closure::new(#closure)),
        Secret::Provider(provider) => provider.to_token_stream(),
    };
    let (subject_name, location) = (names.subject_name, location(span));
    quote_spanned! {span=>
        #secrets::SecretSource::new(
            #provider,
            #secrets::SecretContext::new(&[#(#path),*], #subject_name),
            #location,
        )
    }
}

/// `file:line` of what the user wrote; nothing where no compiler is there to ask.
fn location(span: Span) -> String {
    if !proc_macro::is_available() {
        return String::new();
    }
    let span = span.unwrap();
    format!("{}:{}", span.file(), span.line())
}

fn schema(model: &Model) -> TokenStream {
    let (db, private, traits, store) = (paths::DB, paths::PRIVATE, paths::USER, paths::TOKEN_STORE);
    let mut unique: Vec<usize> = model
        .parts
        .iter()
        .flat_map(|part| part.unique_columns())
        .map(|column| column.index)
        .filter(|index| *index != model.user.key)
        .collect();
    unique.sort_unstable();
    unique.dedup();
    let of_tenant = model.tenant.as_ref().map(|tenant| {
        let marker = column_marker(tenant.index);
        quote!(<#marker as #private::diesel::Column>::NAME,)
    });
    let unique = unique.into_iter().map(|index| {
        let marker = column_marker(index);
        quote!(.unique(&[#of_tenant <#marker as #private::diesel::Column>::NAME]))
    });
    let tokens = model.tokens.as_ref().map(|tokens| {
        let resource = &tokens.resource;
        quote!(.table(<#resource as #store::TokenStore<__Connection>>::table()))
    });
    let tables = model.parts.iter().flat_map(|part| part.tables());
    quote! {
        fn schema() -> #db::Schema {
            #db::Schema::new()
                .table(
                    <Self as #traits::Resource>::table()
                        #(#unique)*
                )
                #tokens
                #(.table(#tables))*
                .with_shared_tables()
        }
    }
}

fn extra_claims(model: &Model) -> TokenStream {
    let token = paths::TOKEN;
    let function = model
        .tokens
        .as_ref()
        .and_then(|tokens| tokens.extra_claims.as_ref());
    function.map_or_else(TokenStream::new, |function| {
        quote! {
            fn extra_claims(&self) -> #token::ExtraClaims {
                let claims: fn(&Self) -> #token::ExtraClaims = #function;
                claims(self)
            }
        }
    })
}

fn sender_fields(model: &Model) -> TokenStream {
    let private = paths::PRIVATE;
    let fields = fields(model.select_for_senders.iter());
    quote! {
        fn sender_fields(
            &self,
        ) -> #private::Result<#private::Map<#private::String, #private::Value>, #private::serde_json::Error> {
            #fields
        }
    }
}

/// What the application calls on the struct.
fn functions(model: &Model, names: &Names) -> TokenStream {
    let (authentication, context, db, error, private, traits) = (
        paths::AUTHENTICATION,
        paths::CONTEXT,
        paths::DB,
        paths::ERROR,
        paths::PRIVATE,
        paths::USER,
    );
    let (path, repo, get_by_subject) = (&names.path, &model.repo, &model.get_by_subject);
    let actions = model.parts.iter().map(|part| part.functions(names));
    let authentication_doc = format!(
        "Starts building the authentication of [`{}`] on this database.",
        model.user.ident
    );
    quote! {
        #[allow(dead_code)]
        impl #path {
            #[doc = #authentication_doc]
            pub fn authentication(repo: #repo) -> #authentication::Builder<Self> {
                #authentication::Builder::new(repo)
            }

            /// The tables that the database must have.
            pub fn schema() -> #db::Schema {
                <Self as #traits::Authenticated>::schema()
            }

            /// Strategies, add-ons and promises given up, as declared.
            pub fn authentication_info() -> #traits::Info {
                #traits::Info::of::<Self>()
            }

            /// The person whom a subject names; `None` for anything else.
            ///
            /// # Errors
            /// When the database could not be asked.
            pub async fn #get_by_subject(
                context: &#context::Context<Self>,
                subject: &str,
            ) -> #error::Result<#private::Option<Self>> {
                #traits::by_subject(context, subject).await
            }

            #(#actions)*
        }
    }
}

fn inputs(model: &Model, names: &Names) -> TokenStream {
    let module = &names.inputs;
    let inputs = model.parts.iter().map(|part| part.inputs(names));
    let doc = format!("Arguments of the actions of [`{}`].", model.user.ident);
    quote! {
        #[doc = #doc]
        #[allow(unreachable_pub, private_interfaces, dead_code)]
        pub mod #module {
            #[allow(unused_imports)]
            use super::*;
            #(#inputs)*
        }
        #[allow(unused_imports, unreachable_pub)]
        pub use #module::*;
    }
}

/// T-1: a signing secret in the source is for development.
fn refuse_literal(model: &Model) -> TokenStream {
    match model.tokens.as_ref().map(|tokens| &tokens.signing_secret) {
        Some(Secret::Literal(literal)) => {
            let text = "a signing secret in the source is accepted in tests and debug builds only\n\
                        = help: use `env(\"TOKEN_SIGNING_SECRET\")`, a closure or a type that implements `Secret`";
            quote_spanned! {literal.span()=>
                #[cfg(not(any(test, debug_assertions)))]
                ::core::compile_error!(#text);
            }
        }
        _ => TokenStream::new(),
    }
}
