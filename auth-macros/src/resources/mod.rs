//! The derives: the person's struct and the tables beside it.

pub(crate) mod api_key;
pub(crate) mod audit_log;
mod names;
pub(crate) mod oidc_connection;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod user_identity;
