//! Remembered browsers, on each database.
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

#[path = "remember_me"]
mod sqlite {
    use auth_tests::{guests::sqlite as guests, sqlite as db};

    mod rotation;
    mod sign_in;
}

#[cfg(feature = "postgres")]
#[path = "remember_me"]
mod postgres {
    use auth_tests::{guests::postgres as guests, postgres as db};

    mod rotation;
    mod sign_in;
}

#[cfg(feature = "mysql")]
#[path = "remember_me"]
mod mysql {
    use auth_tests::{guests::mysql as guests, mysql as db};

    mod rotation;
    mod sign_in;
}
