//! What magic links do, on each database.
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

#[path = "magic_link"]
mod sqlite {
    use auth_tests::addressed::sqlite as db;

    mod links;
    mod once;
    mod remembered;
    mod wire;
}

#[cfg(feature = "postgres")]
#[path = "magic_link"]
mod postgres {
    use auth_tests::addressed::postgres as db;

    mod links;
    mod once;
    mod remembered;
    mod wire;
}

#[cfg(feature = "mysql")]
#[path = "magic_link"]
mod mysql {
    use auth_tests::addressed::mysql as db;

    mod links;
    mod once;
    mod remembered;
    mod wire;
}
