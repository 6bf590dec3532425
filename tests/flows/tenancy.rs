//! Tenants by column, on each database.
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

#[path = "tenancy"]
mod sqlite {
    use auth_tests::sqlite as db;

    mod http;
    mod members;
    mod people;
    mod strangers;
}

#[cfg(feature = "postgres")]
#[path = "tenancy"]
mod postgres {
    use auth_tests::postgres as db;

    mod http;
    mod members;
    mod people;
    mod strangers;
}

#[cfg(feature = "mysql")]
#[path = "tenancy"]
mod mysql {
    use auth_tests::mysql as db;

    mod http;
    mod members;
    mod people;
    mod strangers;
}
