//! The tables of identities from elsewhere and of connections to providers, on each database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what goes wrong is a failure of the test"
)]
#![allow(
    clippy::duplicate_mod,
    reason = "each file is compiled once for each database"
)]

use auth_runtime::{OidcConnectionResource, UserIdentity};

/// Who is whose account elsewhere.
#[derive(Debug, UserIdentity)]
#[auth(table_name = "user_identities")]
struct Identity;

/// The same under other names.
#[derive(Debug, UserIdentity)]
#[auth(
    uid = "account",
    subject = "owner",
    access_token = "opens",
    refreshing_until = "busy_until"
)]
struct StaffIdentity;

/// The providers of customers.
#[derive(Debug, OidcConnectionResource)]
struct Connection;

#[path = "."]
mod sqlite {
    use auth_tests::sqlite as db;

    mod accounts;
    mod connections;
    mod refresh;
    mod store;
    mod tables;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::postgres as db;

    mod accounts;
    mod connections;
    mod refresh;
    mod store;
    mod tables;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::mysql as db;

    mod accounts;
    mod connections;
    mod refresh;
    mod store;
    mod tables;
}
