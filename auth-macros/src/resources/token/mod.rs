//! `#[derive(TokenResource)]`: the table of tokens. All of its code is a macro of the runtime; here are its names.

use darling::FromDeriveInput;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::{errors::Errors, paths, setting::is_snake_case};

/// `#[derive(TokenResource)] struct …;` as written.
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(auth), supports(struct_unit))]
struct Written {
    ident: Ident,
    #[darling(default)]
    table_name: Option<LitStr>,
    #[darling(default)]
    jti: Option<LitStr>,
    #[darling(default)]
    subject: Option<LitStr>,
    #[darling(default)]
    purpose: Option<LitStr>,
    #[darling(default)]
    expires_at: Option<LitStr>,
    #[darling(default)]
    extra_data: Option<LitStr>,
    #[darling(default)]
    family: Option<LitStr>,
    #[darling(default)]
    successor: Option<LitStr>,
    #[darling(default)]
    signed_in_at: Option<LitStr>,
    #[darling(default)]
    last_seen_at: Option<LitStr>,
    #[darling(default)]
    user_agent: Option<LitStr>,
    #[darling(default)]
    client_address: Option<LitStr>,
    #[darling(default)]
    created_at: Option<LitStr>,
    #[darling(default)]
    updated_at: Option<LitStr>,
}

/// Writes the table, or nothing and the mistakes.
pub(crate) fn derive(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    match Written::from_derive_input(input) {
        Ok(written) => expand(&written, errors),
        Err(error) => {
            errors.darling(error);
            TokenStream::new()
        }
    }
}

fn expand(written: &Written, errors: &mut Errors) -> TokenStream {
    let Written {
        ident,
        table_name,
        jti,
        subject,
        purpose,
        expires_at,
        extra_data,
        family,
        successor,
        signed_in_at,
        last_seen_at,
        user_agent,
        client_address,
        created_at,
        updated_at,
    } = written;
    let table = table_name.clone().unwrap_or_else(|| {
        let name = heck::ToSnakeCase::to_snake_case(ident.to_string().as_str());
        LitStr::new(&format!("{name}s"), ident.span())
    });
    check_name(&table, errors);
    let columns = [
        ("jti", jti),
        ("subject", subject),
        ("purpose", purpose),
        ("expires_at", expires_at),
        ("extra_data", extra_data),
        ("family", family),
        ("successor", successor),
        ("signed_in_at", signed_in_at),
        ("last_seen_at", last_seen_at),
        ("user_agent", user_agent),
        ("client_address", client_address),
        ("created_at", created_at),
        ("updated_at", updated_at),
    ];
    let mut names: Vec<LitStr> = Vec::new();
    let mut words: Vec<Ident> = Vec::new();
    for (word, renamed) in columns {
        let name = renamed.clone().unwrap_or_else(|| LitStr::new(word, ident.span()));
        check_name(&name, errors);
        if names.iter().any(|other| other.value() == name.value()) {
            let place = renamed
                .as_ref()
                .map_or_else(|| quote!(#ident), |name| quote!(#name));
            errors.at(
                place,
                format!(
                    "two columns are named `{}`\n= help: give `{word}` another name: `#[auth({word} = \"…\")]`",
                    name.value()
                ),
            );
        }
        names.push(name);
        words.push(Ident::new(word, ident.span()));
    }
    let token_resource = paths::TOKEN_RESOURCE;
    quote! {
        #token_resource! { #ident; table #table; #(#words #names;)* }
    }
}

fn check_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_snake_case(&text) {
        errors.at(
            name,
            format!("expected a name of lower case letters, digits and `_`, found `{text}`"),
        );
    }
}
