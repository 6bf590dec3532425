//! The promises of the library, each by its id, on each database.
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

mod jwt;
mod log;

#[path = "."]
mod sqlite {
    use auth_tests::sqlite as db;

    mod faults;
    mod leaks;
    mod once;
    mod overload;
    mod purge;
    mod purposes;
    mod races;
    mod revocation;
    mod start;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::postgres as db;

    mod faults;
    mod leaks;
    mod once;
    mod overload;
    mod purge;
    mod purposes;
    mod races;
    mod revocation;
    mod start;
    mod wire;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::mysql as db;

    mod faults;
    mod leaks;
    mod once;
    mod overload;
    mod purge;
    mod purposes;
    mod races;
    mod revocation;
    mod start;
    mod wire;
}
