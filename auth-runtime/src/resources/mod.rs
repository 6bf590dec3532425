//! The library's own tables. Each is a derive on a unit struct of the application.

pub mod api_key;
pub mod audit_log;
#[cfg(feature = "oauth")]
pub mod oidc_connection;
pub mod token;
#[cfg(feature = "oauth")]
pub mod user_identity;
