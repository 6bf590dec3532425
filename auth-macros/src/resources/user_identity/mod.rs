//! `#[derive(UserIdentity)]`: the table of identities from elsewhere. All of its code is a macro of the runtime; here are its names.

use darling::FromDeriveInput;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use super::names;
use crate::{errors::Errors, paths};

/// `#[derive(UserIdentity)] struct …;` as written.
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(auth), supports(struct_unit))]
struct Written {
    ident: Ident,
    #[darling(default)]
    table_name: Option<LitStr>,
    #[darling(default)]
    id: Option<LitStr>,
    #[darling(default)]
    realm: Option<LitStr>,
    #[darling(default)]
    strategy: Option<LitStr>,
    #[darling(default)]
    issuer: Option<LitStr>,
    #[darling(default)]
    uid: Option<LitStr>,
    #[darling(default)]
    subject: Option<LitStr>,
    #[darling(default)]
    email: Option<LitStr>,
    #[darling(default)]
    email_verified: Option<LitStr>,
    #[darling(default)]
    access_token: Option<LitStr>,
    #[darling(default)]
    refresh_token: Option<LitStr>,
    #[darling(default)]
    access_token_expires_at: Option<LitStr>,
    #[darling(default)]
    scope: Option<LitStr>,
    #[darling(default)]
    refreshing_until: Option<LitStr>,
    #[darling(default)]
    created_at: Option<LitStr>,
    #[darling(default)]
    last_used_at: Option<LitStr>,
}

/// The columns, in the order of the runtime's macro.
const COLUMNS: [&str; 15] = [
    "id",
    "realm",
    "strategy",
    "issuer",
    "uid",
    "subject",
    "email",
    "email_verified",
    "access_token",
    "refresh_token",
    "access_token_expires_at",
    "scope",
    "refreshing_until",
    "created_at",
    "last_used_at",
];

/// Writes the table. Beside mistakes it is the one that nobody has renamed, so that what names it has none of its own.
pub(crate) fn derive(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    match Written::from_derive_input(input) {
        Ok(written) => expand(&written, errors),
        Err(error) => {
            errors.darling(error);
            own_table(&input.ident, "user_identities")
        }
    }
}

fn expand(written: &Written, errors: &mut Errors) -> TokenStream {
    let Written {
        ident,
        table_name,
        id,
        realm,
        strategy,
        issuer,
        uid,
        subject,
        email,
        email_verified,
        access_token,
        refresh_token,
        access_token_expires_at,
        scope,
        refreshing_until,
        created_at,
        last_used_at,
    } = written;
    let table = names::table(ident, table_name.as_ref(), plural, errors);
    let renamed = [
        id,
        realm,
        strategy,
        issuer,
        uid,
        subject,
        email,
        email_verified,
        access_token,
        refresh_token,
        access_token_expires_at,
        scope,
        refreshing_until,
        created_at,
        last_used_at,
    ];
    let columns: Vec<_> = COLUMNS.into_iter().zip(renamed).collect();
    let columns = names::columns(ident, &columns, errors);
    let resource = paths::USER_IDENTITY_RESOURCE;
    quote! {
        #resource! { #ident; table #table; #columns }
    }
}

/// The table of a block that names none, with every column under its own name.
pub(crate) fn own_table(ident: &Ident, table: &str) -> TokenStream {
    let (texts, names) = (COLUMNS, COLUMNS.map(|column| Ident::new(column, ident.span())));
    let resource = paths::USER_IDENTITY_RESOURCE;
    quote! {
        #resource! { #ident; table #table; #(#names #texts;)* }
    }
}

/// `identity` in `user_identity`, as English has it.
fn plural(name: String) -> String {
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => name + "s",
    }
}
