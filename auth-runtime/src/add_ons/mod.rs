//! The add-ons: one folder each, with the same files as a strategy.

pub mod audit_log;
pub mod confirmation;
pub mod log_out_everywhere;
