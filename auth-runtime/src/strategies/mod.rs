//! The strategies: one folder each, with the same files.

#[cfg(feature = "password")]
pub mod password;
pub mod remember_me;
