//! The audit log, on each database.
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

mod site;

#[path = "."]
mod sqlite {
    use auth_tests::audited::sqlite as db;

    mod batched;
    mod delivery;
    mod durable;
    mod events;
    mod pages;
    mod privacy;
    mod retention;
    mod script;
    mod support;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::audited::postgres as db;

    mod batched;
    mod delivery;
    mod durable;
    mod events;
    mod outage;
    mod pages;
    mod privacy;
    mod retention;
    mod script;
    mod support;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::audited::mysql as db;

    mod batched;
    mod delivery;
    mod durable;
    mod events;
    mod outage;
    mod pages;
    mod privacy;
    mod retention;
    mod script;
    mod support;
}
