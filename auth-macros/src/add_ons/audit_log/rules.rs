//! The rules of `audit_log`.

use proc_macro2::Ident;

use super::{
    ast::{self, IpPrivacyMode, Mode},
    model::{AuditLog, Batching, DELIVER, SESSION, SESSION_ACTIONS, Selection},
};
use crate::{
    block::Allow,
    errors::Errors,
    model::{Cx, or},
    part::Parts,
    resources::user::model::Column,
    setting::{ColumnName, Duration, List, Secret, Setting, check_duration},
    suggest,
    warning::Warning,
};

/// Strategies and add-ons that the lists name exist.
pub(super) fn check_strategies(selection: &Selection, cx: &Cx<'_>, errors: &mut Errors) {
    let known = cx.written.iter().map(|part| part.name().to_string());
    let known: Vec<String> = known.chain([SESSION.to_owned()]).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let listed = selection.include_strategies.names();
    for name in listed.iter().chain(&selection.exclude_strategies) {
        let written = name.to_string();
        if !known.contains(&written.as_str()) {
            let help = suggest::help(&written, "a strategy", &known);
            errors.at(name, format!("no strategy or add-on is named `{written}`{help}"));
        }
    }
}

/// Actions that the lists name exist.
pub(super) fn check_actions(log: &AuditLog, parts: &Parts, errors: &mut Errors) {
    let actions = parts.iter().flat_map(|part| part.actions());
    let mut known: Vec<String> = actions.map(|action| action.name.to_string()).collect();
    let further = parts.iter().flat_map(|part| part.further_events());
    let others = SESSION_ACTIONS.iter().chain([&DELIVER]).chain(further);
    known.extend(others.map(|&action| action.to_owned()));
    let existing: Vec<&str> = known.iter().map(String::as_str).collect();
    let listed = log.selection.include_actions.names();
    for name in listed.iter().chain(&log.selection.exclude_actions) {
        let written = name.to_string();
        // An action of a strategy in which something is wrong may be missing for that reason.
        if !existing.contains(&written.as_str()) && !log.likely_actions.contains(&written) {
            let help = suggest::help(&written, "an action", &existing);
            errors.at(name, format!("no action is named `{written}`{help}"));
        }
    }
}

/// What is included by name is not excluded by name.
pub(super) fn check_contradictions(selection: &Selection, errors: &mut Errors) {
    for (included, excluded, noun) in [
        (
            selection.include_strategies.names(),
            &selection.exclude_strategies,
            "strategies",
        ),
        (
            selection.include_actions.names(),
            &selection.exclude_actions,
            "actions",
        ),
    ] {
        for name in excluded {
            if included.contains(name) {
                errors.at(
                    name,
                    format!(
                        "`{name}` is both in `include_{noun}` and in `exclude_{noun}`\n\
                         = help: remove it from one of the lists"
                    ),
                );
            }
        }
        for list in [included, &excluded[..]] {
            check_twice(list, errors);
        }
    }
}

fn check_twice(list: &[Ident], errors: &mut Errors) {
    for (index, name) in list.iter().enumerate() {
        if list.iter().take(index).any(|earlier| earlier == name) {
            errors.at(name, format!("`{name}` is listed twice"));
        }
    }
}

/// Columns that are recorded although they are private (promise AU-02).
pub(super) fn fields(
    setting: Option<&Setting<List<ColumnName>>>,
    allows: &[Allow],
    cx: &Cx<'_>,
    warnings: &mut Vec<Warning>,
    errors: &mut Errors,
) -> (Vec<Ident>, Vec<Column>) {
    let (mut named, mut columns): (Vec<Ident>, Vec<Column>) = (Vec::new(), Vec::new());
    for ColumnName(name) in setting.into_iter().flat_map(|setting| &setting.value.0) {
        let Some(column) = cx.user.require(name, errors) else {
            continue;
        };
        if column.sensitive {
            errors.at(
                name,
                format!(
                    "`{name}` cannot be recorded: it is marked `#[auth(sensitive)]`\n\
                     = note: secrets never enter an audit log (promise AU-02)"
                ),
            );
            continue;
        }
        if named.contains(name) {
            errors.at(name, format!("`{name}` is listed twice"));
            continue;
        }
        if column.private {
            let what = format!("the audit log shows `{name}`, which is private");
            warnings.extend(Warning::unless_allowed(allows, "AU-02", name, &what));
            columns.push(column.clone());
        }
        named.push(name.clone());
    }
    (named, columns)
}

/// A listed column gets into events by an action that accepts it.
pub(super) fn check_fields(log: &AuditLog, parts: &Parts, errors: &mut Errors) {
    if !errors.is_empty() {
        // The strategy that accepts it may be the one that is wrong.
        return;
    }
    for name in &log.named_fields {
        let accepted = parts
            .iter()
            .flat_map(|part| part.accepted_columns())
            .any(|column| column.field == *name);
        if !accepted {
            errors.at(
                name,
                format!(
                    "no action accepts `{name}`, so it cannot be recorded\n\
                     = help: remove it, or let an action accept it, such as with `register_action_accept`"
                ),
            );
        }
    }
}

/// How many bits of an address are kept.
pub(super) fn mask(
    setting: Option<&Setting<u32>>,
    mode: IpPrivacyMode,
    default: u32,
    most: u32,
    errors: &mut Errors,
) -> u32 {
    let Some(Setting { key, value, written }) = setting else {
        return default;
    };
    if mode != IpPrivacyMode::Truncate {
        errors.at(
            key,
            format!("`{key}` has no effect\n= help: it belongs to `ip_privacy_mode: truncate`"),
        );
    } else if *value > most {
        errors.at(written, format!("expected 0 to {most} bits, found {value}"));
    }
    *value
}

/// The key belongs to `hash`, and `hash` needs it (promise AU-03).
pub(super) fn key(
    setting: Option<&Setting<Secret>>,
    mode: Option<&Setting<IpPrivacyMode>>,
    block: &ast::AuditLog,
    errors: &mut Errors,
) -> Option<Secret> {
    let hashes = mode.filter(|mode| mode.value == IpPrivacyMode::Hash);
    match (setting, hashes) {
        (Some(setting), None) if mode.is_some() || block.seen.lacks("ip_privacy_mode") => errors.at(
            &setting.key,
            "`ip_hash_key` has no effect\n= help: it belongs to `ip_privacy_mode: hash`",
        ),
        (None, Some(mode)) if block.seen.lacks("ip_hash_key") => errors.at(
            &mode.written,
            "`ip_privacy_mode: hash` needs an `ip_hash_key`\n\
             = note: without a key, all addresses can be tried until the hash fits (promise AU-03)\n\
             = help: add `ip_hash_key: env(\"AUDIT_IP_HASH_KEY\")`",
        ),
        _ => {}
    }
    setting.map(|setting| setting.value.clone())
}

/// How events are gathered; nothing in the durable mode.
pub(super) fn batching(block: &ast::AuditLog, errors: &mut Errors) -> Option<Batching> {
    let (size, interval, buffer) = (&block.batch_size, &block.batch_interval, &block.buffer_size);
    if or(block.mode.as_ref(), Mode::Durable) == Mode::Durable {
        // A mode that could not be read may have been the other one.
        if block.mode.is_some() || block.seen.lacks("mode") {
            let keys = [
                size.as_ref().map(|setting| &setting.key),
                interval.as_ref().map(|setting| &setting.key),
                buffer.as_ref().map(|setting| &setting.key),
            ];
            for key in keys.into_iter().flatten() {
                errors.at(
                    key,
                    format!("`{key}` has no effect\n= help: it belongs to `mode: batched`"),
                );
            }
        }
        return None;
    }
    let batch_size = number(size.as_ref(), 100, 1, 1000, errors);
    Some(Batching {
        batch_size,
        batch_interval: check_duration(
            interval.as_ref(),
            Duration { seconds: 1 },
            Some((
                Duration { seconds: 60 },
                "what was not written yet is lost with the process",
            )),
            errors,
        )
        .seconds,
        buffer_size: number(buffer.as_ref(), 2000, batch_size, 100_000, errors),
    })
}

fn number(setting: Option<&Setting<u32>>, default: u32, least: u32, most: u32, errors: &mut Errors) -> u32 {
    let Some(Setting { value, written, .. }) = setting else {
        return default.max(least);
    };
    if !(least..=most).contains(value) {
        errors.at(written, format!("expected {least} to {most}, found {value}"));
    }
    *value
}
