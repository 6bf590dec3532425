//! API keys: making, listing, rotating and revoking them, and what opens with one, on each database.
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

#[path = "."]
mod sqlite {
    use auth_tests::owners::sqlite as owners;
    use auth_tests::sqlite as db;

    mod actions;
    mod keys;
    mod noted;
    mod parity;
    mod requests;
    mod site;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::owners::postgres as owners;
    use auth_tests::postgres as db;

    mod actions;
    mod keys;
    mod noted;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::mysql as db;
    use auth_tests::owners::mysql as owners;

    mod actions;
    mod keys;
    mod noted;
}
