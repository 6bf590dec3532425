//! `#[derive(OidcConnectionResource)]`: the table of connections to OpenID providers. All of its code is a macro of the runtime; here are its names.

use darling::FromDeriveInput;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, LitStr};

use super::names;
use crate::{errors::Errors, paths};

/// `#[derive(OidcConnectionResource)] struct …;` as written.
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(auth), supports(struct_unit))]
struct Written {
    ident: Ident,
    #[darling(default)]
    table_name: Option<LitStr>,
    #[darling(default)]
    id: Option<LitStr>,
    #[darling(default)]
    tenant: Option<LitStr>,
    #[darling(default)]
    slug: Option<LitStr>,
    #[darling(default)]
    base_url: Option<LitStr>,
    #[darling(default)]
    client_id: Option<LitStr>,
    #[darling(default)]
    client_secret: Option<LitStr>,
    #[darling(default)]
    display_name: Option<LitStr>,
    #[darling(default)]
    icon_url: Option<LitStr>,
    #[darling(default)]
    email_domains: Option<LitStr>,
    #[darling(default)]
    enabled: Option<LitStr>,
    #[darling(default)]
    created_at: Option<LitStr>,
    #[darling(default)]
    updated_at: Option<LitStr>,
}

/// The columns, in the order of the runtime's macro.
const COLUMNS: [&str; 12] = [
    "id",
    "tenant",
    "slug",
    "base_url",
    "client_id",
    "client_secret",
    "display_name",
    "icon_url",
    "email_domains",
    "enabled",
    "created_at",
    "updated_at",
];

/// Writes the table. Beside mistakes it is the one that nobody has renamed, so that what names it has none of its own.
pub(crate) fn derive(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    match Written::from_derive_input(input) {
        Ok(written) => expand(&written, errors),
        Err(error) => {
            errors.darling(error);
            let (ident, resource) = (&input.ident, paths::OIDC_CONNECTION_RESOURCE);
            let (texts, names) = (COLUMNS, COLUMNS.map(|column| Ident::new(column, ident.span())));
            quote! {
                #resource! { #ident; table "oidc_connections"; #(#names #texts;)* }
            }
        }
    }
}

fn expand(written: &Written, errors: &mut Errors) -> TokenStream {
    let Written {
        ident,
        table_name,
        id,
        tenant,
        slug,
        base_url,
        client_id,
        client_secret,
        display_name,
        icon_url,
        email_domains,
        enabled,
        created_at,
        updated_at,
    } = written;
    let table = names::table(
        ident,
        table_name.as_ref(),
        |_| "oidc_connections".to_owned(),
        errors,
    );
    let renamed = [
        id,
        tenant,
        slug,
        base_url,
        client_id,
        client_secret,
        display_name,
        icon_url,
        email_domains,
        enabled,
        created_at,
        updated_at,
    ];
    let columns: Vec<_> = COLUMNS.into_iter().zip(renamed).collect();
    let columns = names::columns(ident, &columns, errors);
    let resource = paths::OIDC_CONNECTION_RESOURCE;
    quote! {
        #resource! { #ident; table #table; #columns }
    }
}
