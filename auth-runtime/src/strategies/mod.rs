//! The strategies: one folder each, with the same files.

pub mod magic_link;
#[cfg(feature = "password")]
pub mod password;
pub mod remember_me;
