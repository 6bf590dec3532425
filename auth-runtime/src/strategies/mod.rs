//! Placeholder.
pub mod password;
