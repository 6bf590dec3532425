//! Add-ons: what a block declares beside its strategies. One folder each.

pub mod audit_log;
