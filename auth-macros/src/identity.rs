//! The column by which people are found: what strategies that ask for an identity have in common.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use crate::{
    block::Seen,
    errors::Errors,
    expand::{Names, column, column_marker},
    model::{Cx, or},
    paths,
    resources::user::model::Column,
    setting::{Choice, ColumnName, Setting},
};

/// How an identity is brought into its one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityFormat {
    Email,
    Name,
}

impl Choice for IdentityFormat {
    const KIND: &'static str = "`email` or `name`";
    const NOUN: &'static str = "identity format";
    const CHOICES: &'static [(&'static str, Self)] = &[("email", Self::Email), ("name", Self::Name)];
}

/// The settings of a strategy that ask for an identity, as written.
pub(crate) struct WrittenIdentity<'a> {
    /// The word of the strategy.
    pub(crate) word: &'a Ident,
    pub(crate) seen: &'a Seen,
    pub(crate) identity_field: Option<&'a Setting<ColumnName>>,
    pub(crate) identity_format: Option<&'a Setting<IdentityFormat>>,
    /// The column that is meant when none is named.
    pub(crate) default: &'static str,
}

/// The identity of a strategy, complete and valid.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) column: Column,
    pub(crate) format: IdentityFormat,
}

impl WrittenIdentity<'_> {
    /// P1: the column that people type.
    pub(crate) fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Identity> {
        let default = DefaultColumn {
            setting: "identity_field",
            column: self.default,
            likely: if self.default == "email" {
                "username"
            } else {
                "email"
            },
        };
        let (column, place) =
            column_or_default(self.word, self.seen, self.identity_field, &default, cx, errors)?;
        let field = &column.field;
        if column.sensitive {
            errors.at(
                place,
                format!(
                    "`{field}` cannot be an identity: it is sensitive\n\
                     = note: a column that is marked `#[auth(sensitive)]` is never taken from outside"
                ),
            );
            return None;
        }
        if cx
            .tenant
            .as_ref()
            .is_some_and(|tenant| tenant.index == column.index)
        {
            errors.at(
                place,
                format!("`{field}` cannot be an identity: it says which tenant a person belongs to"),
            );
            return None;
        }
        if !column.is_text() {
            errors.at(
                place,
                format!(
                    "`{field}` cannot be an identity: its type is `{}`\n\
                     = help: use a column of type `String` or `Option<String>`",
                    column.type_text()
                ),
            );
            return None;
        }
        Some(Identity {
            format: or(self.identity_format, default_format(column)),
            column: column.clone(),
        })
    }
}

impl Identity {
    /// The runtime's trait that finds people by what they type, for the type that stands for the strategy.
    pub(crate) fn implementation(&self, marker: &Ident, names: &Names<'_>) -> TokenStream {
        let (identity, private, queries) = (paths::IDENTITY, paths::PRIVATE, paths::IDENTITY_QUERIES);
        let (user, field) = (&names.path, &self.column.field);
        let (name, sql) = (self.column.name(), column_marker(self.column.index));
        let constant = column(self.column.index);
        let tenant = names.tenant();
        let format = match self.format {
            IdentityFormat::Email => quote!(Email),
            IdentityFormat::Name => quote!(Name),
        };
        quote! {
            #[automatically_derived]
            impl #identity::ByIdentity for #marker {
                type User = #user;
                const IDENTITY: #identity::IdentityField = #identity::IdentityField {
                    field: #name,
                    column: <#sql as #private::diesel::Column>::NAME,
                    format: #identity::IdentityFormat::#format,
                };

                fn identity(user: &Self::User) -> &str {
                    #private::Identity::text(&user.#field)
                }

                #queries! {
                    user #user;
                    connection __Connection;
                    table __TABLE;
                    identity #constant;
                    tenant #tenant;
                }
            }
        }
    }
}

/// A setting that names a column, and the column it names when it is not there.
pub(crate) struct DefaultColumn {
    pub(crate) setting: &'static str,
    pub(crate) column: &'static str,
    /// A name that the column often has instead.
    pub(crate) likely: &'static str,
}

/// The column a setting names, or the default one; with it the tokens to underline.
pub(crate) fn column_or_default<'a>(
    word: &Ident,
    seen: &Seen,
    written: Option<&Setting<ColumnName>>,
    default: &DefaultColumn,
    cx: &Cx<'a>,
    errors: &mut Errors,
) -> Option<(&'a Column, TokenStream)> {
    let DefaultColumn {
        setting,
        column,
        likely,
    } = default;
    if let Some(written) = written {
        let column = cx.user.require(&written.value.0, errors)?;
        return Some((column, written.written.clone()));
    }
    if !seen.lacks(setting) {
        return None;
    }
    let found = cx.user.column(column);
    if found.is_none() {
        let example = if cx.user.column(likely).is_some() {
            likely
        } else {
            "…"
        };
        errors.at(
            word,
            format!(
                "`{word}` needs `{setting}`\n= note: `{}` has no column `{column}`, which is the default\n\
                 = help: add `{setting}: {example}`",
                cx.user.ident
            ),
        );
    }
    found.map(|column| (column, word.to_token_stream()))
}

fn default_format(identity: &Column) -> IdentityFormat {
    let field = identity.name();
    if field == "email" || field.ends_with("_email") {
        IdentityFormat::Email
    } else {
        IdentityFormat::Name
    }
}
