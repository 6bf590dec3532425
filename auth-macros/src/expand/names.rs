use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::{
    part::Parts,
    paths,
    resources::user::model::{Column, User},
};

/// How generated code calls what the user named.
pub(crate) struct Names<'a> {
    pub(crate) user: &'a User,
    /// The struct, as the block names it.
    pub(crate) path: TokenStream,
    /// Whether the names that the struct uses mean the same in the block.
    pub(super) same_scope: bool,
    /// Everything that the block declares.
    pub(crate) parts: &'a Parts,
    /// The module of the actions' arguments.
    pub(crate) inputs: Ident,
    pub(super) subject_name: &'a str,
    pub(super) tenant: Option<&'a Column>,
}

impl Names<'_> {
    /// The type of a tenant and, where there are tenants, the constant of its column: for queries.
    pub(crate) fn tenant(&self) -> TokenStream {
        let tenant = paths::TENANT;
        match self.tenant {
            None => quote!(#tenant::NoTenant),
            Some(named) => {
                let (ty, constant) = (self.column_type(named), column(named.index));
                quote!(#ty, #constant)
            }
        }
    }

    /// The place of the column that says which tenant a person belongs to.
    pub(crate) fn tenant_index(&self) -> Option<usize> {
        self.tenant.map(|column| column.index)
    }

    /// The type of a column.
    pub(crate) fn column_type(&self, column: &Column) -> TokenStream {
        if self.same_scope {
            return column.ty.to_token_stream();
        }
        let (traits, path, index) = (paths::USER, &self.path, column.index);
        quote!(<#path as #traits::ColumnAt<#index>>::Type)
    }
}

/// The constant that stands for the column at `index` in queries.
pub(crate) fn column(index: usize) -> Ident {
    format_ident!("__COLUMN_{index}")
}

/// The type of that constant.
pub(crate) fn column_marker(index: usize) -> Ident {
    format_ident!("__Column{index}")
}
