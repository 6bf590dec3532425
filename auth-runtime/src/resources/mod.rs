//! Placeholder.
pub mod token;
