//! Limits on attempts and messages, on each database.
#![recursion_limit = "256"]
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

mod wire;

#[path = "."]
mod sqlite {
    use auth_tests::{limited::sqlite as people, sqlite as db};

    mod clock;
    mod crowd;
    mod failures;
    mod guard;
    mod messages;
    mod networks;
    mod recorded;
    mod store;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::{limited::postgres as people, postgres as db};

    mod clock;
    mod crowd;
    mod failures;
    mod guard;
    mod messages;
    mod networks;
    mod recorded;
    mod store;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::{limited::mysql as people, mysql as db};

    mod clock;
    mod crowd;
    mod failures;
    mod guard;
    mod messages;
    mod networks;
    mod recorded;
    mod store;
}
