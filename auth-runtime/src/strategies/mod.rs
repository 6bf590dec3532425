//! The strategies: one folder each, with the same files.

#[cfg(feature = "api-key")]
pub mod api_key;
pub mod custom;
pub mod magic_link;
#[cfg(feature = "password")]
pub mod password;
pub mod remember_me;
