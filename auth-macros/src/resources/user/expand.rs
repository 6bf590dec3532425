//! What the derive writes: the row as the runtime sees it, and a macro that hands the columns to the block.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, spanned::Spanned};

use super::{
    ast,
    model::{Column, User},
};
use crate::{errors::Errors, paths};

/// The macro that the block below the struct calls. Its name is what a user reads who has no such struct.
pub(crate) fn implicit_macro(span: Span) -> Ident {
    Ident::new(
        "one_struct_with_derive_Authenticated_above_or_a_resource_setting",
        span,
    )
}

/// The hidden function that makes the default of the column at `index`.
pub(crate) fn default_function(index: usize) -> Ident {
    format_ident!("__auth_default_{index}")
}

pub(crate) fn expand(input: &DeriveInput, user: &User) -> TokenStream {
    let resource = impl_resource(user);
    let columns = impl_columns(user);
    let defaults = defaults(user);
    let reads = reads(user);
    let publish = publish(input);
    quote! {
        const _: () = {
            #resource
            #columns
            #defaults
            #reads
        };
        #publish
    }
}

/// Reads every field, so that a column which only the library looks at is no dead code.
fn reads(user: &User) -> TokenStream {
    let ident = &user.ident;
    let fields = user.columns.iter().map(|column| &column.field);
    quote! {
        const _: fn(&#ident) = |user| {
            #( let _ = &user.#fields; )*
        };
    }
}

/// The macros that carry the struct to `authentication!`, also when something is wrong with it.
pub(crate) fn publish(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let essence = ast::essence(input);
    let columns = format_ident!("__auth_columns_{ident}");
    let carries = if input.generics.params.is_empty() {
        quote!(($stage_2:path, $block:tt) => { $stage_2! { { #essence } $block } };)
    } else {
        // Whatever a block says about a struct with parameters, the struct is the mistake.
        quote!(($($input:tt)*) => {};)
    };
    let implicit = implicit_macro(Span::call_site());
    quote! {
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! #columns {
            #carries
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use #columns as #ident;
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! #implicit {
            ($($input:tt)*) => { #columns! { $($input)* } };
        }
    }
}

fn impl_resource(user: &User) -> TokenStream {
    let (private, db, traits) = (paths::PRIVATE, paths::DB, paths::USER);
    let User {
        ident,
        table,
        sql_table,
        columns,
        ..
    } = user;
    let Some(key) = columns.get(user.key) else {
        return TokenStream::new();
    };
    let (key_field, key_type) = (&key.field, &key.ty);
    let key_name = name_of(user, user.key);
    let shown = fields(
        columns
            .iter()
            .filter(|column| !column.sensitive && !column.private),
    );
    let declared = columns.iter().map(|column| {
        let name = &column.column;
        quote_spanned! {name.span()=> .column(#db::Column::of::<#table::#name>()) }
    });
    quote! {
        #[automatically_derived]
        impl #traits::Resource for #ident {
            type Key = #key_type;
            const TYPE_NAME: &'static str = ::core::stringify!(#ident);
            const KEY_COLUMN: &'static str = #key_name;
            fn key(&self) -> &Self::Key {
                &self.#key_field
            }
            fn public_fields(
                &self,
            ) -> #private::Result<#private::Map<#private::String, #private::Value>, #private::serde_json::Error> {
                #shown
            }
            fn table() -> #db::Table {
                #db::Table::new(#sql_table) #(#declared)* .primary_key(#key_name)
            }
        }
    }
}

/// The values of these columns of `self`, by name, as JSON.
pub(crate) fn fields<'a>(columns: impl Iterator<Item = &'a Column>) -> TokenStream {
    let private = paths::PRIVATE;
    // `self` means the method's own only with the span of the method.
    let this = Ident::new("self", Span::call_site());
    let fields = columns.map(|column| {
        let field = &column.field;
        let name = column.name();
        quote_spanned! {field.span()=> (#name, #private::serde_json::to_value(&#this.#field)) }
    });
    quote!(#private::fields([#(#fields),*]))
}

/// The name of a column in the database.
fn name_of(user: &User, index: usize) -> TokenStream {
    let (private, table) = (paths::PRIVATE, &user.table);
    let column = user.columns.get(index).map(|column| &column.column);
    quote!(<#table::#column as #private::diesel::Column>::NAME)
}

fn impl_columns(user: &User) -> TokenStream {
    let (traits, ident, table) = (paths::USER, &user.ident, &user.table);
    user.columns
        .iter()
        .map(|column| {
            let (index, ty, name) = (column.index, &column.ty, &column.column);
            quote! {
                #[automatically_derived]
                impl #traits::ColumnAt<#index> for #ident {
                    type Type = #ty;
                    type Table = #table::table;
                    type Column = #table::#name;
                }
            }
        })
        .collect()
}

/// The values of `#[auth(default = …)]`, made where the names in them mean what the user meant.
fn defaults(user: &User) -> TokenStream {
    let ident = &user.ident;
    let functions: Vec<TokenStream> = user
        .columns
        .iter()
        .filter_map(|column| {
            let value = column.default.as_ref()?;
            let (ty, name) = (&column.ty, default_function(column.index));
            Some(quote_spanned! {value.span()=>
                #[doc(hidden)]
                #[allow(dead_code)]
                pub fn #name() -> #ty {
                    #value
                }
            })
        })
        .collect();
    if functions.is_empty() {
        TokenStream::new()
    } else {
        quote!(impl #ident { #(#functions)* })
    }
}

/// What the derive writes beside mistakes, so that they stay the only ones.
pub(crate) fn fallback(input: &DeriveInput, errors: Errors) -> TokenStream {
    if !input.generics.params.is_empty() {
        // What a stub would have to say about the parameters is more than is known.
        let (mistakes, publish) = (errors.into_tokens(), publish(input));
        return quote!(#mistakes #publish);
    }
    let mistake = format_ident!("__Mistake");
    let mistakes = errors.into_type(&mistake);
    let (private, db, traits, ident) = (paths::PRIVATE, paths::DB, paths::USER, &input.ident);
    let publish = publish(input);
    quote! {
        const _: () = {
            #mistakes
            #[automatically_derived]
            impl #traits::Resource for #ident {
                type Key = #mistake;
                const TYPE_NAME: &'static str = "";
                const KEY_COLUMN: &'static str = "";
                fn key(&self) -> &Self::Key {
                    loop {}
                }
                fn public_fields(
                    &self,
                ) -> #private::Result<#private::Map<#private::String, #private::Value>, #private::serde_json::Error>
                {
                    loop {}
                }
                fn table() -> #db::Table {
                    loop {}
                }
            }
        };
        #publish
    }
}
