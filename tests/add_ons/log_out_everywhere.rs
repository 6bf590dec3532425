//! The end of everything at once, on each database.
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

#[path = "log_out_everywhere"]
mod sqlite {
    use auth_tests::{guests::sqlite as guests, roamers::sqlite as roamers, sqlite as db};

    mod everywhere;
}

#[cfg(feature = "postgres")]
#[path = "log_out_everywhere"]
mod postgres {
    use auth_tests::{guests::postgres as guests, postgres as db, roamers::postgres as roamers};

    mod everywhere;
}

#[cfg(feature = "mysql")]
#[path = "log_out_everywhere"]
mod mysql {
    use auth_tests::{guests::mysql as guests, mysql as db, roamers::mysql as roamers};

    mod everywhere;
}
