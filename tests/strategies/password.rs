//! What the password strategy does, on each database.
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

#[path = "password"]
mod sqlite {
    use auth_tests::sqlite as db;

    mod by_name;
    mod change;
    mod exchange;
    mod hashes;
    mod messages;
    mod register;
    mod reset;
    mod sign_in;
    mod variants;
}

#[cfg(feature = "postgres")]
#[path = "password"]
mod postgres {
    use auth_tests::postgres as db;

    mod by_name;
    mod change;
    mod exchange;
    mod hashes;
    mod messages;
    mod register;
    mod reset;
    mod sign_in;
    mod variants;
}

#[cfg(feature = "mysql")]
#[path = "password"]
mod mysql {
    use auth_tests::mysql as db;

    mod by_name;
    mod change;
    mod exchange;
    mod hashes;
    mod messages;
    mod register;
    mod reset;
    mod sign_in;
    mod variants;
}
