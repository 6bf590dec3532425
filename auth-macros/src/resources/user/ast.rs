//! The struct as written.

use darling::{FromDeriveInput, FromField, ast::Data, util::Flag, util::Ignored};
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{Attribute, Expr, Generics, LitStr, Path, Type};

/// `#[derive(Authenticated)] struct … { … }`
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(auth), forward_attrs(diesel), supports(struct_named))]
pub(crate) struct User {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) data: Data<Ignored, Field>,
    /// The name of this kind of person in subjects.
    #[darling(default)]
    pub(crate) subject_name: Option<LitStr>,
    /// The Diesel table, where no Diesel derive names it.
    #[darling(default)]
    pub(crate) table_name: Option<Path>,
    /// The table's name in the database, where it differs from the module's.
    #[darling(default)]
    pub(crate) sql_table_name: Option<LitStr>,
}

/// One column.
#[derive(Debug, FromField)]
#[darling(attributes(auth), forward_attrs(diesel))]
pub(crate) struct Field {
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
    /// A secret: never shown, logged or taken from outside.
    pub(crate) sensitive: Flag,
    /// Not shown.
    pub(crate) private: Flag,
    /// What the register action writes when nobody supplies the column.
    #[darling(default, with = preserve_str_literal)]
    pub(crate) default: Option<Expr>,
}

fn preserve_str_literal(meta: &syn::Meta) -> darling::Result<Option<Expr>> {
    darling::util::parse_expr::preserve_str_literal(meta).map(Some)
}

/// A word of `#[diesel(…)]` and what follows it.
#[derive(Debug)]
pub(crate) struct DieselWord {
    pub(crate) word: Ident,
    /// The tokens after `=`, or inside the parentheses.
    pub(crate) value: TokenStream,
}

/// The words of all `#[diesel(…)]` attributes.
///
/// Most of them are none of our business and some hold types, which attribute readers take for expressions, so
/// they are only taken apart at their commas; Diesel's own derives judge them.
pub(crate) fn diesel_words(attributes: &[Attribute]) -> Vec<DieselWord> {
    let mut words = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("diesel"))
    {
        let Ok(list) = attribute.meta.require_list() else {
            continue;
        };
        let mut tokens = list.tokens.clone().into_iter().peekable();
        while let Some(token) = tokens.next() {
            let TokenTree::Ident(word) = token else { continue };
            let mut value = TokenStream::new();
            while let Some(token) = tokens.next_if(|token| !is(token, ',')) {
                match token {
                    TokenTree::Group(group) if value.is_empty() => value.extend(group.stream()),
                    token if value.is_empty() && is(&token, '=') => {}
                    token => value.extend([token]),
                }
            }
            tokens.next();
            words.push(DieselWord { word, value });
        }
    }
    words
}

fn is(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// The struct again, with the attributes that matter: what the derive hands to `authentication!`.
pub(crate) fn essence(input: &syn::DeriveInput) -> syn::DeriveInput {
    let matters =
        |attribute: &Attribute| attribute.path().is_ident("auth") || attribute.path().is_ident("diesel");
    let mut essence = input.clone();
    essence.attrs.retain(matters);
    if let syn::Data::Struct(data) = &mut essence.data {
        for field in &mut data.fields {
            field.attrs.retain(matters);
        }
    }
    essence
}

impl DieselWord {
    pub(crate) fn parse<T: syn::parse::Parse>(&self) -> syn::Result<T> {
        syn::parse2(self.value.clone())
    }
}
