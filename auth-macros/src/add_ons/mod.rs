//! The add-ons: one line for each.

pub(crate) mod audit_log;
pub(crate) mod confirmation;
pub(crate) mod custom;
pub(crate) mod log_out_everywhere;

use std::rc::Rc;

use proc_macro2::Ident;
use syn::parse::ParseStream;

use crate::{
    block::Block,
    errors::Errors,
    part::{Kind, Section, Written, kind},
    strategies,
};

/// Every kind of add-on.
pub(crate) const KINDS: &[&[Kind]] = &[&[
    kind!(confirmation: Confirmation),
    kind!(audit_log: AuditLog),
    kind!(log_out_everywhere: LogOutEverywhere),
    kind!(custom: Custom),
]];

const SECTION: Section = Section {
    noun: "add-on",
    with_article: "an add-on",
    kinds: KINDS,
    other: ("strategies", "a strategy", strategies::KINDS),
    not_yet: &[],
};

/// `add_ons { … }` as written.
#[derive(Debug, Clone)]
pub(crate) struct AddOns {
    pub(crate) list: Vec<Rc<dyn Written>>,
}

impl Block for AddOns {
    fn read(_: Ident, _: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self {
            list: SECTION.read(content, errors),
        }
    }
}
