//! The struct, complete and valid.

use darling::ast::Style;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Expr, GenericArgument, Path, PathArguments, Token, Type, ext::IdentExt, punctuated::Punctuated};

use super::ast;
use crate::{errors::Errors, setting::is_snake_case, suggest};

/// The person's struct.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) ident: Ident,
    pub(crate) table: Path,
    /// The table's name in the database.
    pub(crate) sql_table: String,
    pub(crate) columns: Vec<Column>,
    /// The index of the key's column.
    pub(crate) key: usize,
    /// What the struct itself says, not the default.
    pub(crate) subject_name: Option<syn::LitStr>,
}

/// One column of the struct.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its place in the struct.
    pub(crate) index: usize,
    /// The field.
    pub(crate) field: Ident,
    /// The column of the table.
    pub(crate) column: Ident,
    pub(crate) ty: Type,
    pub(crate) sensitive: bool,
    pub(crate) private: bool,
    pub(crate) default: Option<Expr>,
}

impl Column {
    /// The field's name, as parameters and JSON have it.
    pub(crate) fn name(&self) -> String {
        self.field.unraw().to_string()
    }

    /// What is inside the `Option`, if it is one.
    pub(crate) fn optional(&self) -> Option<&Type> {
        last_segment(&self.ty)
            .filter(|segment| segment.ident == "Option")
            .and_then(|segment| match &segment.arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.first(),
                _ => None,
            })
            .and_then(|argument| match argument {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            })
    }

    /// Its type as written.
    pub(crate) fn type_text(&self) -> String {
        self.ty.to_token_stream().to_string().replace(' ', "")
    }

    /// `String` or `Option<String>`.
    pub(crate) fn is_text(&self) -> bool {
        last_segment(self.optional().unwrap_or(&self.ty)).is_some_and(|segment| segment.ident == "String")
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

impl User {
    /// The column whose field is `name`.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.field == name)
    }

    /// The column that `name` means, or the mistake at the name.
    pub(crate) fn require(&self, name: &Ident, errors: &mut Errors) -> Option<&Column> {
        let found = self.column(&name.to_string());
        if found.is_none() {
            errors.at(name, self.no_such_column(&name.to_string()));
        }
        found
    }

    /// The text of that mistake.
    pub(crate) fn no_such_column(&self, name: &str) -> String {
        let fields: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.field.to_string())
            .collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        format!(
            "no column `{name}` on `{}`{}",
            self.ident,
            suggest::help(name, "a column", &fields)
        )
    }

    pub(crate) fn resolve(written: &ast::User, errors: &mut Errors) -> Option<Self> {
        let ident = &written.ident;
        if !written.generics.params.is_empty() {
            errors.at(
                &written.generics,
                format!(
                    "`{ident}` has parameters\n= note: a row of one table is one type, without parameters"
                ),
            );
        }
        if let Some(name) = &written.subject_name {
            check_subject_name(name, errors);
        }
        let words = ast::diesel_words(&written.attrs);
        let table = resolve_table(written, &words, errors);
        let columns = resolve_columns(written, errors);
        let key = resolve_key(ident, &words, &columns, errors);
        let table = table?;
        let module = table.segments.last().map(|segment| segment.ident.to_string());
        Some(Self {
            sql_table: written
                .sql_table_name
                .as_ref()
                .map(syn::LitStr::value)
                .or(module)
                .unwrap_or_default(),
            ident: ident.clone(),
            table,
            columns,
            key: key?,
            subject_name: written.subject_name.clone(),
        })
    }
}

/// A subject name becomes a part of paths, keys and subjects.
pub(crate) fn check_subject_name(name: &syn::LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_snake_case(&text) {
        errors.at(
            name,
            format!(
                "expected a subject name of lower case letters, digits and `_`, found `{text}`\n\
                 = note: it becomes a part of subjects, routes and parameters"
            ),
        );
    }
}

fn resolve_table(written: &ast::User, words: &[ast::DieselWord], errors: &mut Errors) -> Option<Path> {
    if let Some(path) = &written.table_name {
        return Some(path.clone());
    }
    let Some(word) = words.iter().find(|word| word.word == "table_name") else {
        errors.at(
            &written.ident,
            format!(
                "`{}` names no table\n= help: add `#[diesel(table_name = …)]`",
                written.ident
            ),
        );
        return None;
    };
    // A table name that is no path is Diesel's to report, where its derives are there.
    match word.parse() {
        Ok(path) => Some(path),
        Err(_) => {
            errors.at(
                &word.word,
                "expected the path of a table\n= help: write `table_name = users`",
            );
            None
        }
    }
}

fn resolve_columns(written: &ast::User, errors: &mut Errors) -> Vec<Column> {
    let Some(fields) = written
        .data
        .as_ref()
        .take_struct()
        .filter(|fields| fields.style == Style::Struct)
    else {
        return Vec::new();
    };
    let mut columns = Vec::new();
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        let mut column = ident.clone();
        for word in ast::diesel_words(&field.attrs) {
            match word.word.to_string().as_str() {
                "column_name" => match word.parse() {
                    Ok(name) => column = name,
                    Err(_) => errors.at(
                        &word.word,
                        "expected the name of a column\n= help: write `column_name = email`",
                    ),
                },
                "embed" => errors.at(
                    &word.word,
                    "embedded structs are not supported yet\n= help: write the columns into this struct",
                ),
                "skip_insertion" | "skip_update" => errors.at(
                    &word.word,
                    format!(
                        "`{}` is not supported yet\n= note: actions write every column of the struct",
                        word.word
                    ),
                ),
                _ => {}
            }
        }
        columns.push(Column {
            index: columns.len(),
            field: ident.clone(),
            column,
            ty: field.ty.clone(),
            sensitive: field.sensitive.is_present(),
            private: field.private.is_present(),
            default: field.default.clone(),
        });
    }
    columns
}

/// The index of the key's column; Diesel's `primary_key` names the column, not the field.
fn resolve_key(
    ident: &Ident,
    words: &[ast::DieselWord],
    columns: &[Column],
    errors: &mut Errors,
) -> Option<usize> {
    let word = words.iter().find(|word| word.word == "primary_key");
    let (name, place): (String, TokenStream) = match word {
        None => ("id".to_owned(), ident.to_token_stream()),
        Some(word) => {
            let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
            let names = syn::parse::Parser::parse2(parser, word.value.clone()).unwrap_or_default();
            match (names.first(), names.len()) {
                (Some(name), 1) => (name.to_string(), name.to_token_stream()),
                (None, _) => {
                    errors.at(
                        &word.word,
                        "expected the name of a column\n= help: write `primary_key(id)`",
                    );
                    return None;
                }
                _ => {
                    errors.at(&word.value, "composite keys are not supported yet");
                    return None;
                }
            }
        }
    };
    let found = columns
        .iter()
        .find(|column| column.column == name || column.field == name);
    if found.is_none() {
        let help = if word.is_none() {
            "\n= help: name the key: `#[diesel(primary_key(…))]`"
        } else {
            ""
        };
        errors.at(place, format!("no column `{name}` on `{ident}`{help}"));
    }
    found.map(|column| column.index)
}
