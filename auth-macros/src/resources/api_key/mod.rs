//! `#[derive(ApiKeyResource)]`: the table of API keys. All of its code is a macro of the runtime; here are its names.

use darling::FromDeriveInput;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use super::names;
use crate::{errors::Errors, paths};

/// `#[derive(ApiKeyResource)] struct …;` as written.
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(auth), supports(struct_unit))]
struct Written {
    ident: Ident,
    #[darling(default)]
    table_name: Option<LitStr>,
    #[darling(default)]
    id: Option<LitStr>,
    #[darling(default)]
    key_hash: Option<LitStr>,
    #[darling(default)]
    prefix: Option<LitStr>,
    #[darling(default)]
    subject: Option<LitStr>,
    #[darling(default)]
    name: Option<LitStr>,
    #[darling(default)]
    scopes: Option<LitStr>,
    #[darling(default)]
    created_at: Option<LitStr>,
    #[darling(default)]
    expires_at: Option<LitStr>,
    #[darling(default)]
    revoked_at: Option<LitStr>,
    #[darling(default)]
    last_used_at: Option<LitStr>,
    #[darling(default)]
    replaced_by: Option<LitStr>,
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
        id,
        key_hash,
        prefix,
        subject,
        name,
        scopes,
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
        replaced_by,
    } = written;
    let table = names::table(ident, table_name.as_ref(), |name| name + "s", errors);
    let columns = [
        ("id", id),
        ("key_hash", key_hash),
        ("prefix", prefix),
        ("subject", subject),
        ("name", name),
        ("scopes", scopes),
        ("created_at", created_at),
        ("expires_at", expires_at),
        ("revoked_at", revoked_at),
        ("last_used_at", last_used_at),
        ("replaced_by", replaced_by),
    ];
    let columns = names::columns(ident, &columns, errors);
    let resource = paths::API_KEY_RESOURCE;
    quote! {
        #resource! { #ident; table #table; #columns }
    }
}
