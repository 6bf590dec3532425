//! `audit_log`, complete and valid.

use proc_macro2::Ident;
use syn::TypePath;

use super::{
    ast::{self, IpPrivacyMode, Selected},
    rules,
};
use crate::{
    block::Allow,
    errors::Errors,
    model::{Cx, or},
    part::check_name,
    resources::user::model::Column,
    setting::{List, Name, Secret, Setting},
    warning::Warning,
};

/// The strategy that stands for actions of none.
pub(super) const SESSION: &str = "session";

/// The actions that belong to no strategy.
pub(super) const SESSION_ACTIONS: &[&str] = &["sign_out", "end_session", "end_other_sessions", "refresh"];

/// The add-on.
#[derive(Debug)]
pub(crate) struct AuditLog {
    pub(super) name: Ident,
    pub(super) resource: TypePath,
    pub(super) selection: Selection,
    /// Private columns that are recorded.
    pub(super) include_fields: Vec<Column>,
    /// The names that `include_fields` has in the block.
    pub(super) named_fields: Vec<Ident>,
    pub(super) privacy: Privacy,
    pub(super) batching: Option<Batching>,
    /// The actions that the block might bring if it were right.
    pub(super) likely_actions: Vec<String>,
    pub(super) allows: Vec<Allow>,
    pub(super) warnings: Vec<Warning>,
}

/// Which actions are recorded, by their names.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(super) include_strategies: Selected,
    pub(super) include_actions: Selected,
    pub(super) exclude_strategies: Vec<Ident>,
    pub(super) exclude_actions: Vec<Ident>,
}

/// What is stored in place of addresses.
#[derive(Debug)]
pub(crate) enum Privacy {
    None,
    Truncate { ipv4_mask: u32, ipv6_mask: u32 },
    Hash(Secret),
    Exclude,
}

/// How events are gathered.
#[derive(Debug)]
pub(crate) struct Batching {
    pub(super) batch_size: u32,
    pub(super) batch_interval: u64,
    pub(super) buffer_size: u32,
}

impl AuditLog {
    pub(crate) fn resolve(written: &ast::AuditLog, cx: &Cx<'_>, errors: &mut Errors) -> Option<Self> {
        let ast::AuditLog {
            word,
            name,
            allows,
            seen,
            audit_log_resource,
            include_strategies,
            include_actions,
            exclude_strategies,
            exclude_actions,
            include_fields,
            ip_privacy_mode,
            ipv4_truncation_mask,
            ipv6_truncation_mask,
            ip_hash_key,
            mode: _,
            batch_size: _,
            batch_interval: _,
            buffer_size: _,
        } = written;
        let name = name.clone().unwrap_or_else(|| word.clone());
        check_name(&name, errors);
        if seen.lacks("audit_log_resource") {
            errors.at(
                word,
                format!("`{word}` needs an `audit_log_resource`\n= help: add `audit_log_resource: AuditLog`"),
            );
        }
        let selection = Selection {
            include_strategies: or(include_strategies.as_ref(), Selected::All),
            include_actions: or(include_actions.as_ref(), Selected::All),
            exclude_strategies: names(exclude_strategies.as_ref()),
            exclude_actions: names(exclude_actions.as_ref()),
        };
        rules::check_strategies(&selection, cx, errors);
        rules::check_contradictions(&selection, errors);
        let mut warnings = Vec::new();
        let (named_fields, include_fields) =
            rules::fields(include_fields.as_ref(), allows, cx, &mut warnings, errors);
        let mode = or(ip_privacy_mode.as_ref(), IpPrivacyMode::None);
        let ipv4_mask = rules::mask(ipv4_truncation_mask.as_ref(), mode, 24, 32, errors);
        let ipv6_mask = rules::mask(ipv6_truncation_mask.as_ref(), mode, 48, 128, errors);
        let key = rules::key(ip_hash_key.as_ref(), ip_privacy_mode.as_ref(), written, errors);
        warnings.extend(key.as_ref().and_then(Secret::warning));
        let batching = rules::batching(written, errors);
        Some(Self {
            resource: audit_log_resource.as_ref()?.value.clone(),
            privacy: match mode {
                IpPrivacyMode::None => Privacy::None,
                IpPrivacyMode::Exclude => Privacy::Exclude,
                IpPrivacyMode::Truncate => Privacy::Truncate { ipv4_mask, ipv6_mask },
                IpPrivacyMode::Hash => Privacy::Hash(key?),
            },
            likely_actions: cx.likely_actions(),
            name,
            selection,
            include_fields,
            named_fields,
            batching,
            allows: allows.clone(),
            warnings,
        })
    }
}

fn names(setting: Option<&Setting<List<Name>>>) -> Vec<Ident> {
    let names = setting.into_iter().flat_map(|setting| &setting.value.0);
    names.map(|name| name.0.clone()).collect()
}

impl Selected {
    /// The names, when not everything is selected.
    pub(super) fn names(&self) -> &[Ident] {
        match self {
            Self::All => &[],
            Self::Only(names) => names,
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|other| other == name),
        }
    }
}

impl Selection {
    /// Whether an action is recorded.
    pub(super) fn includes(&self, strategy: &str, action: &str) -> bool {
        self.include_strategies.has(strategy)
            && self.include_actions.has(action)
            && !self.exclude_strategies.iter().any(|name| name == strategy)
            && !self.exclude_actions.iter().any(|name| name == action)
    }

    /// Whether an action is recorded that no list names.
    pub(super) fn others(&self) -> bool {
        matches!(
            (&self.include_strategies, &self.include_actions),
            (Selected::All, Selected::All)
        )
    }
}
