//! The add-ons: one folder each, with the same files as a strategy.

pub mod confirmation;
