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
    use auth_tests::{roamers::sqlite as roamers, sqlite as db, visitors::sqlite as visitors};

    mod before;
    mod idle;
    mod list;
    mod refresh;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::{postgres as db, roamers::postgres as roamers, visitors::postgres as visitors};

    mod before;
    mod idle;
    mod list;
    mod refresh;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::{mysql as db, roamers::mysql as roamers, visitors::mysql as visitors};

    mod before;
    mod idle;
    mod list;
    mod refresh;
}
