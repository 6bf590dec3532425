//! `#[derive(TokenResource)]`: the table of tokens. All of its code is a macro of the runtime; here are its names.

use darling::FromDeriveInput;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use super::names;
use crate::{errors::Errors, paths};

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
    let table = names::table(ident, table_name.as_ref(), |name| name + "s", errors);
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
    let columns = names::columns(ident, &columns, errors);
    let token_resource = paths::TOKEN_RESOURCE;
    quote! {
        #token_resource! { #ident; table #table; #columns }
    }
}
