//! The strategies: one folder each, with the same files.

#[cfg(feature = "api-key")]
pub mod api_key;
pub mod custom;
#[cfg(feature = "oauth")]
pub mod dynamic_oidc;
pub mod magic_link;
#[cfg(feature = "oauth")]
pub mod oauth2;
#[cfg(feature = "password")]
pub mod password;
pub mod remember_me;
