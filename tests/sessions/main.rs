//! Sessions: the list of one's own, their limits, and their end, on each database.
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
    use auth_tests::{sqlite as db, visitors::sqlite as visitors};

    mod before;
    mod idle;
    mod list;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::{postgres as db, visitors::postgres as visitors};

    mod before;
    mod idle;
    mod list;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::{mysql as db, visitors::mysql as visitors};

    mod before;
    mod idle;
    mod list;
}
