//! Strategies and add-ons that are not the library's, on each database.
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
    use auth_tests::drivers::sqlite as drivers;
    use auth_tests::sqlite as db;

    mod actions;
    mod events;
    mod hooks;
    mod http;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::drivers::postgres as drivers;
    use auth_tests::postgres as db;

    mod actions;
    mod events;
    mod hooks;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::drivers::mysql as drivers;
    use auth_tests::mysql as db;

    mod actions;
    mod events;
    mod hooks;
}
