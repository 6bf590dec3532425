//! `confirmation`, complete and valid.

use proc_macro2::Ident;
use quote::{ToTokens, format_ident, quote};
use syn::{Expr, ext::IdentExt};

use super::ast;
use crate::{
    action::ActionName,
    block::Allow,
    errors::Errors,
    identity::{DefaultColumn, Identity, WrittenIdentity, column_or_default},
    model::{Cx, hours, minutes, or},
    part::{Parts, Written, check_name},
    resources::user::model::Column,
    setting::{ColumnName, Duration, Name, Setting, check_duration},
    suggest,
    warning::Warning,
};

/// The add-on.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub(crate) name: Ident,
    /// The address, by which people are found.
    pub(crate) address: Identity,
    pub(crate) confirmed_at: Column,
    pub(crate) sender: Expr,
    pub(crate) token_lifetime: Duration,
    pub(crate) prevent_hijacking: bool,
    pub(crate) auto_confirm_actions: Vec<Ident>,
    /// The functions of everything declared, right or wrong.
    likely_actions: Vec<String>,
    pub(crate) reauthentication_window: Duration,
    pub(crate) confirm: ActionName,
    /// There when new people get a link.
    pub(crate) resend: Option<ActionName>,
    /// There when people can change the address.
    pub(crate) change: Option<ActionName>,
    pub(crate) allows: Vec<Allow>,
    pub(crate) warnings: Vec<Warning>,
}

impl Confirmation {
    pub(crate) fn resolve(written: &ast::Confirmation, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let ast::Confirmation {
            word,
            name,
            allows,
            seen,
            monitor_fields: _,
            identity_format: _,
            sender,
            token_lifetime,
            confirm_on_create,
            confirm_on_update,
            inhibit_updates,
            prevent_hijacking,
            require_interaction,
            confirmed_at_field: _,
            auto_confirm_actions,
            reauthentication_window,
            confirm_action_name,
            resend_action_name,
            change_action_name,
        } = written;
        let name = name.clone().unwrap_or_else(|| word.clone());
        check_name(&name, errors);
        cx.need_tokens(word, &name, "", "", errors);
        if seen.lacks("sender") {
            errors.at(
                word,
                "`confirmation` needs a `sender`\n= help: add `sender: path::to::YourSender`",
            );
        }
        cannot_be_off(
            require_interaction.as_ref(),
            "programs that look at mail fetch every link in it, and would confirm what nobody has read (promise SU-06)",
            errors,
        );
        cannot_be_off(
            inhibit_updates.as_ref(),
            "an address that nobody has proven would count at once, and a slip of the pen would lock its owner out",
            errors,
        );
        let (creates, updates) = (
            or(confirm_on_create.as_ref(), true),
            or(confirm_on_update.as_ref(), true),
        );
        if !creates && !updates {
            errors.at(
                word,
                "a `confirmation` with both `confirm_on_create` and `confirm_on_update` off does nothing\n\
                 = help: remove one of them, or the block",
            );
        }
        let address = resolve_address(written, cx, errors);
        let confirmed_at = resolve_confirmed_at(written, address.as_ref(), cx, errors);
        check_others(written, cx, errors);
        let mut warnings = Vec::new();
        if let Some(setting) = prevent_hijacking.as_ref().filter(|setting| !setting.value) {
            let what = "whoever registered an address first keeps the account that its owner confirms";
            warnings.extend(Warning::unless_allowed(allows, "CF-01", &setting.written, what));
        }
        let ceiling = (hours(72), "a link that confirms is valid for three days at most");
        let lifetime = check_duration(token_lifetime.as_ref(), hours(24), Some(ceiling), errors);
        if let Some(setting) = token_lifetime
            .as_ref()
            .filter(|setting| setting.value.seconds > hours(24).seconds)
        {
            let what = "a link that confirms is valid for more than 24 hours";
            warnings.extend(Warning::unless_allowed(allows, "SU-04", &setting.written, what));
        }
        let ceiling = (
            hours(24),
            "a session older than a day proves too little to change an address",
        );
        let window = check_duration(
            reauthentication_window.as_ref(),
            minutes(15),
            Some(ceiling),
            errors,
        );
        let action = |written: Option<&Setting<Name>>, default: String| {
            ActionName::new(written, format_ident!("{default}", span = name.span()))
        };
        let address = address?;
        let field = address.column.field.unraw();
        let (resend, change) = (
            action(resend_action_name.as_ref(), format!("resend_{name}")),
            action(change_action_name.as_ref(), format!("change_{field}")),
        );
        Some(Self {
            confirmed_at: confirmed_at?,
            sender: sender.as_ref()?.value.0.clone(),
            token_lifetime: lifetime,
            prevent_hijacking: or(prevent_hijacking.as_ref(), true),
            auto_confirm_actions: auto_confirm_actions.as_ref().map_or_else(Vec::new, |list| {
                list.value.0.iter().map(|name| name.0.clone()).collect()
            }),
            likely_actions: cx.likely_actions(),
            reauthentication_window: window,
            confirm: action(confirm_action_name.as_ref(), name.to_string()),
            resend: creates.then_some(resend),
            change: updates.then_some(change),
            allows: allows.clone(),
            warnings,
            address,
            name,
        })
    }

    /// The actions that confirm by themselves exist, and prove the address.
    pub(super) fn check_auto_confirm(&self, parts: &Parts, errors: &mut Errors) {
        for name in &self.auto_confirm_actions {
            let found = parts.iter().find_map(|part| {
                let actions = part.actions();
                let action = actions.iter().find(|action| action.name == name)?;
                Some((part, action.kind))
            });
            match found {
                Some((part, "sign_in")) if part.kind() == "magic_link" => {
                    let field = &self.address.column.field;
                    let same = part
                        .unique_columns()
                        .iter()
                        .any(|column| column.index == self.address.column.index);
                    if !same {
                        errors.at(name, format!("`{name}` does not prove `{field}`, but another column"));
                    }
                }
                Some(_) => errors.at(
                    name,
                    format!(
                        "`{name}` does not prove that an address is the person's own\n\
                         = note: whoever registers somebody else's address with it would be confirmed (promise CF-01)\n\
                         = help: name the sign-in action of a `magic_link`"
                    ),
                ),
                // An action of a strategy in which something is wrong may be missing for that reason.
                None if self.likely_actions.contains(&name.to_string()) => {}
                None => {
                    let all: Vec<String> = parts
                        .iter()
                        .flat_map(|part| part.actions().into_iter().map(|action| action.name.to_string()).collect::<Vec<_>>())
                        .collect();
                    let all: Vec<&str> = all.iter().map(String::as_str).collect();
                    let help = suggest::help(&name.to_string(), "an action", &all);
                    errors.at(name, format!("no action `{name}`{help}"));
                }
            }
        }
    }
}

fn cannot_be_off(setting: Option<&Setting<bool>>, note: &str, errors: &mut Errors) {
    if let Some(setting) = setting.filter(|setting| !setting.value) {
        errors.at(
            &setting.written,
            format!(
                "`{0}` cannot be switched off\n= note: {note}\n= help: remove `{0}`",
                setting.key
            ),
        );
    }
}

/// The one column that is watched.
fn resolve_address(written: &ast::Confirmation, cx: &Cx<'_>, errors: &mut Errors) -> Option<Identity> {
    let Some(setting) = &written.monitor_fields else {
        if written.seen.lacks("monitor_fields") {
            errors.at(
                &written.word,
                "`confirmation` needs `monitor_fields`\n= help: add `monitor_fields: [email]`",
            );
        }
        return None;
    };
    let first = match &setting.value.0[..] {
        [] => {
            errors.at(
                &setting.written,
                "`monitor_fields` is empty\n= help: name the column of the address, such as `[email]`",
            );
            return None;
        }
        [first] => first,
        [_, second, ..] => {
            errors.at(
                &second.0,
                "one `confirmation` watches one column\n\
                 = note: a link proves the one address that it was sent to (promise CF-02)\n\
                 = help: add another block with a name and a `confirmed_at_field` of its own: `confirmation confirm_2 { … }`",
            );
            return None;
        }
    };
    let ColumnName(name) = first;
    // What is wrong with the column is told at its name in the list.
    let column = Setting {
        key: setting.key.clone(),
        value: first.clone(),
        written: quote!(#name),
    };
    WrittenIdentity {
        word: &written.word,
        seen: &written.seen,
        identity_field: Some(&column),
        identity_format: written.identity_format.as_ref(),
        default: "username",
    }
    .resolve(cx, errors)
}

/// A proof counts for the one address that it is about: no two blocks watch one column, or write one moment.
fn check_others(written: &ast::Confirmation, cx: &Cx<'_>, errors: &mut Errors) {
    let confirmed_at = written.confirmed_at();
    // The later block of two is the one to change.
    let earlier = cx
        .written::<ast::Confirmation>()
        .take_while(|other| !std::ptr::eq(*other, written));
    for other in earlier {
        let name = other.name();
        // One name for both is a mistake of its own.
        if name == written.name() {
            continue;
        }
        if let Some(address) = written
            .address()
            .filter(|address| other.address() == Some(*address))
        {
            errors.at(
                address,
                format!("`{address}` is watched by `{name}` already\n= help: remove one of the two blocks"),
            );
            return;
        }
        // A list that could not be read is the one mistake of its block.
        if written.address_is_unread() || other.address_is_unread() || other.confirmed_at() != confirmed_at {
            continue;
        }
        let place = written.confirmed_at_field.as_ref().map_or_else(
            || written.word.to_token_stream(),
            |setting| setting.written.clone(),
        );
        errors.at(
            place,
            format!(
                "`{confirmed_at}` tells already since when the address of `{name}` is confirmed\n\
                 = note: whoever proves the one address would count as the owner of the other (promise CF-01)\n\
                 = help: set `confirmed_at_field` to a column of its own"
            ),
        );
        return;
    }
}

/// The column that tells who is confirmed.
fn resolve_confirmed_at(
    written: &ast::Confirmation,
    address: Option<&Identity>,
    cx: &Cx<'_>,
    errors: &mut Errors,
) -> Option<Column> {
    let default = DefaultColumn {
        setting: "confirmed_at_field",
        column: "confirmed_at",
        likely: "confirmed_on",
    };
    let (column, place) = column_or_default(
        &written.word,
        &written.seen,
        written.confirmed_at_field.as_ref(),
        &default,
        cx,
        errors,
    )?;
    let (field, ty) = (&column.field, column.type_text());
    let is_moment = ty
        .strip_suffix("UtcTimestamp>")
        .is_some_and(|rest| column.optional().is_some() && (rest.ends_with('<') || rest.ends_with("::")));
    if !is_moment || address.is_some_and(|address| address.column.index == column.index) {
        errors.at(
            place,
            format!(
                "`{field}` cannot tell since when an address is confirmed: its type is `{ty}`\n\
                 = help: use a column of type `Option<UtcTimestamp>`"
            ),
        );
        return None;
    }
    Some(column.clone())
}
