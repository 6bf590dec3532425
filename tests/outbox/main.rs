//! The outbox and the mail sender, against databases and a mail server that fail.
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

mod smtp;

#[path = "."]
mod sqlite {
    use auth_tests::sqlite as db;

    mod crash;
    mod retry;
    mod rows;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::postgres as db;

    mod crash;
    mod retry;
    mod rows;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::mysql as db;

    mod crash;
    mod retry;
    mod rows;
}
