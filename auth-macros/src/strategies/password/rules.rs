//! The rules of `password`, each reported at the word that breaks it.

use proc_macro2::Ident;
use quote::ToTokens;

use super::ast;
use crate::{
    errors::Errors,
    identity::{DefaultColumn, column_or_default},
    model::{Cx, or},
    resources::user::model::Column,
    setting::{ColumnName, List, Setting},
    strategies::registration,
    suggest,
};

/// The parameters that carry passwords.
pub(super) struct Fields {
    pub(super) password: Ident,
    pub(super) confirmation: Ident,
}

/// Columns that the strategy itself fills or reads.
pub(super) struct Taken<'a> {
    pub(super) identity: Option<&'a Column>,
    pub(super) hashed_password: Option<&'a Column>,
    pub(super) confirmed: Option<&'a Column>,
    /// The columns that the confirmations of the block write.
    pub(super) confirmations: Vec<Ident>,
}

impl Taken<'_> {
    fn is(column: &Column, other: Option<&Column>) -> bool {
        other.is_some_and(|other| other.index == column.index)
    }
}

/// C7, C8, P14, P15, P16: what hands out tokens needs them to be on.
pub(super) fn check_needs_tokens(written: &ast::Password, cx: &Cx, errors: &mut Errors) {
    let sign_in_tokens = or(written.sign_in_tokens_enabled.as_ref(), true);
    if let Some(setting) = written
        .sign_in_enabled
        .as_ref()
        .filter(|setting| !setting.value && sign_in_tokens)
    {
        errors.at(
            &setting.key,
            "sign-in tokens need `sign_in_enabled`\n\
             = note: without a sign-in there is nothing that hands out a token\n\
             = help: set `sign_in_tokens_enabled: false`",
        );
    }
    if cx.tokens {
        return;
    }
    let name = written.name.as_ref().unwrap_or(&written.word);
    let mut ways_out = Vec::new();
    if sign_in_tokens {
        ways_out.push("set `sign_in_tokens_enabled: false`");
    }
    if written.resettable.is_some() {
        ways_out.push("remove `resettable`");
    }
    if or(written.change_password_enabled.as_ref(), false) {
        ways_out.push("remove `change_password_enabled`");
    }
    if !ways_out.is_empty() {
        let instead = format!(", or {}", ways_out.join(" and "));
        cx.need_tokens(&written.word, name, "", &instead, errors);
    }
}

/// P3: the column of the hash.
pub(super) fn hashed_password(
    written: &ast::Password,
    identity: Option<&Column>,
    cx: &Cx,
    errors: &mut Errors,
) -> Option<Column> {
    let default = DefaultColumn {
        setting: "hashed_password_field",
        column: "hashed_password",
        likely: "password_hash",
    };
    let (column, place) = column_or_default(
        &written.word,
        &written.seen,
        written.hashed_password_field.as_ref(),
        &default,
        cx,
        errors,
    )?;
    let field = &column.field;
    if Taken::is(column, identity) {
        errors.at(
            place,
            format!("`{field}` is the identity already\n= help: keep the hash in a column of its own"),
        );
        return None;
    }
    if !column.is_text() {
        errors.at(
            &place,
            format!(
                "`{field}` cannot hold a hash: its type is `{}`\n\
                 = help: use a column of type `String` or `Option<String>`",
                column.type_text()
            ),
        );
    }
    if !column.sensitive {
        errors.at(
            place,
            format!(
                "`{field}` holds hashes and is not marked as sensitive\n\
                 = note: what is not marked is shown to its owner and may be logged\n\
                 = help: write `#[auth(sensitive)]` above `{field}`"
            ),
        );
    }
    Some(column.clone())
}

/// The column that tells who is confirmed.
pub(super) fn confirmed_column(
    setting: &Setting<ColumnName>,
    cx: &Cx,
    errors: &mut Errors,
) -> Option<Column> {
    let column = cx.user.require(&setting.value.0, errors)?;
    if column.optional().is_none() {
        errors.at(
            &setting.written,
            format!(
                "`{}` cannot tell who is confirmed: its type is `{}`\n\
                 = help: use a column of type `Option<…>`, which is `None` until the person is confirmed",
                column.field,
                column.type_text()
            ),
        );
        return None;
    }
    Some(column.clone())
}

/// The columns that the register action takes from outside (promise IN-04).
pub(super) fn accepted(
    written: Option<&Setting<List<ColumnName>>>,
    taken: &Taken,
    cx: &Cx,
    errors: &mut Errors,
) -> Vec<Column> {
    let mut accepted: Vec<Column> = Vec::new();
    for ColumnName(name) in written.iter().flat_map(|setting| &setting.value.0) {
        let Some(column) = cx.user.require(name, errors) else {
            continue;
        };
        let why_not = if column.index == cx.user.key {
            "it is the key"
        } else if Taken::is(column, taken.identity) {
            "it is the identity, which is always taken"
        } else if Taken::is(column, taken.hashed_password) {
            "it holds the hash of the password"
        } else if Taken::is(column, taken.confirmed) || taken.confirmations.contains(&column.field) {
            "it tells who is confirmed"
        } else if Taken::is(column, cx.tenant.as_ref()) {
            "it says which tenant a person belongs to"
        } else if column.sensitive {
            "it is marked `#[auth(sensitive)]`"
        } else if accepted.iter().any(|other| other.index == column.index) {
            errors.at(name, format!("`{name}` is listed twice"));
            continue;
        } else {
            accepted.push(column.clone());
            continue;
        };
        errors.at(
            name,
            format!("the register action cannot take `{name}`: {why_not}\n= help: remove it from the list"),
        );
    }
    accepted
}

/// Every column of a new row gets its value from somewhere.
pub(super) fn check_fillable(
    word: &Ident,
    written: Option<&Setting<List<ColumnName>>>,
    accepted: &[Column],
    taken: &Taken,
    cx: &Cx,
    errors: &mut Errors,
) {
    // A column that could not be found leaves its own mistake, and would be missed here once more.
    if taken.identity.is_none() || taken.hashed_password.is_none() {
        return;
    }
    let empty = registration::unfilled(cx, |column| {
        Taken::is(column, taken.identity)
            || Taken::is(column, taken.hashed_password)
            || accepted.iter().any(|accepted| accepted.index == column.index)
    });
    if empty.is_empty() {
        return;
    }
    let names: Vec<&str> = empty.iter().map(String::as_str).collect();
    let place = written.map_or_else(|| word.to_token_stream(), |setting| setting.key.to_token_stream());
    errors.at(
        place,
        format!(
            "the register action has no value for {}\n\
             = help: name it in `register_action_accept`, make it an `Option`, \
             give it a value with `#[auth(default = …)]`, or set `registration_enabled: false`",
            suggest::all_of(&names)
        ),
    );
}

/// Each parameter of an action has a name of its own.
pub(super) fn check_fields(
    fields: &Fields,
    identity: Option<&Column>,
    accepted: &[Column],
    written: &ast::Password,
    errors: &mut Errors,
) {
    let columns = identity.into_iter().chain(accepted);
    let mut seen: Vec<(String, &str)> = columns
        .map(|column| (column.name(), "a column that the action takes"))
        .collect();
    let settings = [
        (
            &fields.password,
            written.password_field.as_ref(),
            "password_field",
        ),
        (
            &fields.confirmation,
            written.password_confirmation_field.as_ref(),
            "password_confirmation_field",
        ),
    ];
    for (field, setting, key) in settings {
        let name = field.to_string();
        if let Some((_, what)) = seen.iter().find(|(other, _)| *other == name) {
            let place = setting.map_or_else(
                || written.word.to_token_stream(),
                |setting| setting.written.clone(),
            );
            errors.at(
                place,
                format!("two parameters are named `{name}`: {what} and `{key}`\n= help: set `{key}` to another name"),
            );
        }
        seen.push((name, "`password_field`"));
    }
}
