//! The names of a table of the library's own and of its columns.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::LitStr;

use crate::{errors::Errors, setting::is_snake_case};

/// The name of the table: as written, or what `default` makes of the struct's in snake case.
pub(super) fn table(
    ident: &Ident,
    written: Option<&LitStr>,
    default: fn(String) -> String,
    errors: &mut Errors,
) -> LitStr {
    let table = written.cloned().unwrap_or_else(|| {
        let name = heck::ToSnakeCase::to_snake_case(ident.to_string().as_str());
        LitStr::new(&default(name), ident.span())
    });
    check_name(&table, errors);
    table
}

/// `word "name";` for each column: the name as written, or the word.
pub(super) fn columns(
    ident: &Ident,
    columns: &[(&str, &Option<LitStr>)],
    errors: &mut Errors,
) -> TokenStream {
    let mut names: Vec<LitStr> = Vec::new();
    let mut words: Vec<Ident> = Vec::new();
    for (word, renamed) in columns {
        let name = (*renamed)
            .clone()
            .unwrap_or_else(|| LitStr::new(word, ident.span()));
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
    quote!(#(#words #names;)*)
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
