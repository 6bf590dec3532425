//! `audit_log` as written.

use proc_macro2::Ident;
use syn::{Token, TypePath, ext::IdentExt, parse::ParseStream};

#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{self, Block, block},
    errors::Errors,
    model::Cx,
    part::{Part, Written},
    setting::{Choice, ColumnName, Duration, List, Name, Secret, Unfit, Value},
};

block! {
    /// Records every action, whatever comes of it, in a table of its own.
    "audit_log" gives_up ["AU-02"]
    struct AuditLog {
        /// The `#[derive(AuditLogResource)]` struct.
        audit_log_resource: TypePath = "required",
        /// The strategies and add-ons whose actions are recorded; `session` stands for what belongs to none, such as signing out.
        include_strategies: Selected = "`[*]`",
        /// The actions that are recorded.
        include_actions: Selected = "`[*]`",
        /// Strategies and add-ons whose actions are not recorded.
        exclude_strategies: List<Name> = "`[]`",
        /// Actions that are not recorded.
        exclude_actions: List<Name> = "`[]`",
        /// Accepted columns that are recorded although they are `#[auth(private)]`, which gives up AU-02. Public ones are recorded anyway, sensitive ones never.
        include_fields: List<ColumnName> = "`[]`",
        /// What is stored in place of addresses.
        ip_privacy_mode: IpPrivacyMode = "`none`",
        /// The bits of an IPv4 address that `truncate` keeps, 0 to 32.
        ipv4_truncation_mask: u32 = "`24`",
        /// The bits of an IPv6 address that `truncate` keeps, 0 to 128.
        ipv6_truncation_mask: u32 = "`48`",
        /// The key of `hash`: at least 32 random bytes. With another key, equal addresses get other hashes.
        ip_hash_key: Secret = "required for `hash`",
        /// `durable` commits an event with its action. `batched` writes events together, soon after.
        mode: Mode = "`durable`",
        /// As many events are written at once, as soon as they are there, 1 to 1000. For `batched`.
        batch_size: u32 = "`100`",
        /// The longest that an event waits to be written, at most `60 seconds`. For `batched`.
        batch_interval: Duration = "`1 second`",
        /// How many events can wait, `batch_size` to 100000. When they are as many, actions wait and are then refused. For `batched`.
        buffer_size: u32 = "`2000`",
    }
}

impl Block for AuditLog {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for AuditLog {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn column_names(&self) -> Vec<Ident> {
        let listed = self.include_fields.iter().flat_map(|setting| &setting.value.0);
        listed.map(|name| name.0.clone()).collect()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let audit_log = super::model::AuditLog::resolve(self, cx, errors)?;
        Some(Box::new(audit_log))
    }
}

/// The tables of this add-on, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![&AuditLog::TABLE]
}

/// `[*]`, or a list of names.
#[derive(Debug, Clone)]
pub(crate) enum Selected {
    All,
    Only(Vec<Ident>),
}

impl Value for Selected {
    const KIND: &'static str = "`[*]` or a list of names such as `[password]`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let content = block::brackets(input)?;
        let selected = Self::read_items(&content);
        // What is left unread in the brackets would be reported once more by the parser.
        block::skip_all(&content);
        selected
    }
}

impl Selected {
    fn read_items(content: ParseStream) -> Result<Self, Unfit> {
        let mut names = Vec::new();
        let mut star = None;
        while !content.is_empty() {
            if content.peek(Token![*]) {
                star = Some(content.parse::<Token![*]>()?);
            } else {
                names.push(content.call(Ident::parse_any)?);
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        match star {
            Some(star) if !names.is_empty() => Err(Unfit::Because(syn::Error::new_spanned(
                star,
                "`*` stands alone\n= help: write `[*]` for everything, or the names without `*`",
            ))),
            Some(_) => Ok(Self::All),
            None => Ok(Self::Only(names)),
        }
    }
}

/// What is stored in place of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IpPrivacyMode {
    None,
    Truncate,
    Hash,
    Exclude,
}

impl Choice for IpPrivacyMode {
    const KIND: &'static str = "`none`, `truncate`, `hash` or `exclude`";
    const NOUN: &'static str = "privacy mode";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("truncate", Self::Truncate),
        ("hash", Self::Hash),
        ("exclude", Self::Exclude),
    ];
}

/// When events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Durable,
    Batched,
}

impl Choice for Mode {
    const KIND: &'static str = "`durable` or `batched`";
    const NOUN: &'static str = "mode";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("durable", Self::Durable), ("batched", Self::Batched)];
}
