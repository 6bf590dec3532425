//! `audit_log`: one event for each action, in a table of its own.

pub(crate) mod ast;
mod expand;
pub(crate) mod model;
mod rules;
