//! The block, complete and valid: the only input of expansion.

mod cx;
mod tokens;

pub(crate) use cx::Cx;
pub(crate) use tokens::Tokens;

use std::cell::Cell;

use proc_macro2::Ident;
use quote::format_ident;
use syn::{Expr, LitStr, TypePath};

use crate::{
    ast::{self, ClientIp, SessionIdentifier},
    block::Allow,
    check,
    encryption::Encryption,
    errors::Errors,
    part::Parts,
    resources::user::model::{Column, User, check_subject_name},
    setting::{ColumnName, Duration, List, Secret, Setting},
    warning::Warning,
};

/// A struct and its block.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) user: User,
    /// The struct as the block named it; without it the struct stands above the block.
    pub(crate) resource: Option<TypePath>,
    pub(crate) repo: TypePath,
    pub(crate) subject_name: String,
    pub(crate) session_identifier: SessionIdentifier,
    pub(crate) get_by_subject: Ident,
    pub(crate) select_for_senders: Vec<Column>,
    /// What counts as the client's address, if the block says so.
    pub(crate) client_ip: Option<ClientIp>,
    pub(crate) tenant: Option<Column>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) parts: Parts,
    pub(crate) allows: Vec<Allow>,
    pub(crate) warnings: Vec<Warning>,
    /// The names of columns, as they stand in the block.
    pub(crate) column_names: Vec<Ident>,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration of the defaults.
pub(crate) const fn minutes(minutes: u64) -> Duration {
    Duration {
        seconds: minutes * MINUTE,
    }
}

/// A duration of the defaults.
pub(crate) const fn hours(hours: u64) -> Duration {
    Duration {
        seconds: hours * HOUR,
    }
}

/// A duration of the defaults.
pub(crate) const fn days(days: u64) -> Duration {
    Duration { seconds: days * DAY }
}

/// The value of a setting, or its default.
pub(crate) fn or<T: Clone>(setting: Option<&Setting<T>>, default: T) -> T {
    setting.map_or(default, |setting| setting.value.clone())
}

impl Model {
    /// Judges the whole block.
    pub(crate) fn resolve(user: User, written: &ast::Root, errors: &mut Errors) -> Option<Self> {
        let ast::Root {
            word,
            name: _,
            allows,
            seen,
            resource,
            repo,
            subject_name,
            session_identifier,
            get_by_subject_action_name,
            select_for_senders,
            client_ip,
            tenant_field,
            encryption_key,
            previous_encryption_keys,
            tokens,
            strategies,
            add_ons,
        } = written;
        if seen.lacks("repo") {
            errors.at(
                word,
                "`authentication!` needs a `repo`\n= help: add `repo: path::to::Repo`",
            );
        }
        let subject_name = resolve_subject_name(&user, subject_name.as_ref(), errors);
        let mut warnings = Vec::new();
        let tokens_on = tokens
            .as_ref()
            .is_some_and(|tokens| or(tokens.enabled.as_ref(), true));
        let strategies = strategies.as_ref().map_or(&[][..], |section| &section.list);
        let add_ons = add_ons.as_ref().map_or(&[][..], |section| &section.list);
        let tenant = tenant_field
            .as_ref()
            .and_then(|setting| resolve_tenant(&user, setting, errors));
        let cx = Cx {
            user: &user,
            tenant: tenant.clone(),
            tokens: tokens_on,
            tokens_are_missed: Cell::new(false),
            subject_name: &subject_name,
            idle: tokens
                .as_ref()
                .is_some_and(|tokens| tokens.session_idle_timeout.is_some()),
            presence: tokens.as_ref().is_some_and(|tokens| {
                or(tokens.require_token_presence_for_authentication.as_ref(), true)
                    && or(tokens.store_all_tokens.as_ref(), true)
            }),
            store_all: tokens
                .as_ref()
                .is_some_and(|tokens| or(tokens.store_all_tokens.as_ref(), true)),
            encryption: !seen.lacks("encryption_key"),
            written: strategies.iter().chain(add_ons).cloned().collect(),
        };
        let senders = resolve_select_for_senders(&cx, select_for_senders.as_ref(), errors);
        let resolved_tokens = tokens.as_ref().filter(|_| tokens_on).map(|tokens| {
            // In the wrong place it is one mistake, and not missing as well.
            let is_missing = seen.lacks("session_identifier") && tokens.seen.lacks("session_identifier");
            tokens::check_session_identifier(tokens, is_missing, errors);
            Tokens::resolve(tokens, &mut warnings, errors)
        });
        let encryption = Encryption::resolve(
            encryption_key.as_ref(),
            previous_encryption_keys.as_ref(),
            seen.lacks("encryption_key"),
            &mut warnings,
            errors,
        );
        let session_identifier =
            resolve_session_identifier(allows, session_identifier.as_ref(), &mut warnings);
        let mut parts = Parts::default();
        let mut all_allows = allows.clone();
        all_allows.extend(tokens.iter().flat_map(|tokens| tokens.allows.clone()));
        let refresh = tokens.iter().filter_map(|tokens| tokens.refresh.as_ref());
        all_allows.extend(refresh.flat_map(|refresh| refresh.allows.clone()));
        for strategy in strategies {
            parts.strategies.extend(strategy.resolve(&cx, errors));
        }
        for add_on in add_ons {
            parts.add_ons.extend(add_on.resolve(&cx, errors));
        }
        let get_by_subject = get_by_subject_action_name
            .as_ref()
            .map_or_else(|| format_ident!("get_by_subject"), |name| name.value.0.clone());
        check::check(&parts, &get_by_subject, errors);
        if !errors.is_empty() {
            return None;
        }
        for part in parts.iter() {
            warnings.extend(part.warnings().iter().cloned());
            all_allows.extend(part.allows().iter().cloned());
        }
        Some(Self {
            resource: resource.as_ref().map(|resource| resource.value.clone()),
            repo: repo.as_ref()?.value.clone(),
            subject_name,
            session_identifier,
            get_by_subject,
            select_for_senders: senders,
            client_ip: client_ip.as_ref().map(|setting| setting.value),
            tenant,
            tokens: resolved_tokens.flatten(),
            encryption,
            parts,
            allows: all_allows,
            warnings,
            column_names: written.column_names(),
            user,
        })
    }
}

impl Model {
    /// What delivers the notices of parts that bring nothing else to deliver, by the name of the part.
    pub(crate) fn notices(&self) -> Vec<(String, &Expr)> {
        let refresh = self.tokens.iter().filter_map(|tokens| tokens.refresh.as_ref());
        // The runtime's name for actions on sessions that belong to no strategy.
        let refresh = refresh.filter_map(|refresh| Some(("session".to_owned(), refresh.sender.as_ref()?)));
        let parts = self.parts.iter();
        let parts = parts.filter_map(|part| Some((part.name().to_string(), part.notices()?)));
        refresh.chain(parts).collect()
    }
}

fn resolve_subject_name(user: &User, written: Option<&Setting<LitStr>>, errors: &mut Errors) -> String {
    if let Some(setting) = written {
        check_subject_name(&setting.value, errors);
        if let Some(other) = user
            .subject_name
            .as_ref()
            .filter(|other| other.value() != setting.value.value())
        {
            errors.at(
                &setting.written,
                format!(
                    "the struct says that its subject name is `{}`\n= help: set `subject_name` in one place",
                    other.value()
                ),
            );
        }
        return setting.value.value();
    }
    match &user.subject_name {
        Some(name) => name.value(),
        None => heck::ToSnakeCase::to_snake_case(user.ident.to_string().as_str()),
    }
}

/// The column that says which tenant a person belongs to.
fn resolve_tenant(user: &User, setting: &Setting<ColumnName>, errors: &mut Errors) -> Option<Column> {
    let column = user.require(&setting.value.0, errors)?;
    let field = &column.field;
    let why_not = if column.index == user.key {
        "it is the key, which is another one for each person"
    } else if column.optional().is_some() {
        "it may be null\n= note: a person without a tenant would be a stranger to everybody"
    } else {
        return Some(column.clone());
    };
    errors.at(
        &setting.written,
        format!("`{field}` cannot say which tenant a person belongs to: {why_not}"),
    );
    None
}

/// The columns that senders rely on.
fn resolve_select_for_senders(
    cx: &Cx<'_>,
    written: Option<&Setting<List<ColumnName>>>,
    errors: &mut Errors,
) -> Vec<Column> {
    let Some(setting) = written else {
        return cx.user.column("email").cloned().into_iter().collect();
    };
    let mut columns: Vec<Column> = Vec::new();
    for ColumnName(name) in &setting.value.0 {
        let Some(column) = cx.user.require(name, errors) else {
            continue;
        };
        if column.sensitive {
            errors.at(
                name,
                format!(
                    "`{name}` is sensitive\n\
                     = note: a column that is marked `#[auth(sensitive)]` does not belong in a message"
                ),
            );
        } else if columns.iter().any(|other| other.index == column.index) {
            errors.at(name, format!("`{name}` is listed twice"));
        } else {
            columns.push(column.clone());
        }
    }
    columns
}

fn resolve_session_identifier(
    allows: &[Allow],
    written: Option<&Setting<SessionIdentifier>>,
    warnings: &mut Vec<Warning>,
) -> SessionIdentifier {
    let Some(setting) = written else {
        return SessionIdentifier::Jti;
    };
    if setting.value == SessionIdentifier::Unsafe {
        let what = "signing out does not end a copied session";
        warnings.extend(Warning::unless_allowed(allows, "TK-08", &setting.written, what));
    }
    setting.value
}

impl Secret {
    /// The warning about a secret in the source, if it is one.
    pub(crate) fn warning(&self) -> Option<Warning> {
        match self {
            Self::Literal(literal) => Some(Warning::new(
                literal,
                "secret_in_source",
                "a secret in the source is known to everyone who can read it\n\
                 = help: use `env(\"NAME\")`, a closure or a type that implements `Secret`"
                    .to_owned(),
            )),
            Self::Env(_) | Self::Closure(_) | Self::Provider(_) => None,
        }
    }
}
