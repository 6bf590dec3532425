//! Declarative authentication for Rust applications that keep their people in Diesel tables.

extern crate self as auth_runtime;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod add_ons;
pub mod api_key;
pub mod authentication;
pub mod clock;
pub mod context;
pub mod db;
mod digest;
pub mod error;
#[cfg(feature = "password")]
pub mod hasher;
pub mod http;
pub mod identity;
pub mod limits;
#[cfg(feature = "oauth")]
pub mod oauth;
pub mod prelude;
pub mod random;
pub mod resources;
pub mod seal;
pub mod secret;
pub mod sender;
pub mod session;
pub mod strategies;
pub mod strategy;
pub mod tenant;
pub mod token;
pub mod user;

/// The databases, by the name that a declaration uses.
pub mod repo {
    #[cfg(feature = "mysql")]
    pub use crate::db::Mysql;
    #[cfg(feature = "postgres")]
    pub use crate::db::Postgres;
    pub use crate::db::Repo;
    #[cfg(feature = "sqlite")]
    pub use crate::db::Sqlite;
}

#[cfg(feature = "macros")]
pub use auth_macros::{ApiKeyResource, AuditLogResource, Authenticated, TokenResource, authentication};
#[cfg(all(feature = "macros", feature = "oauth"))]
pub use auth_macros::{OidcConnectionResource, UserIdentity};
pub use error::{Error, Failure};
