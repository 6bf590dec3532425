//! What confirmations do, on each database.
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

#[path = "confirmation"]
mod sqlite {
    use auth_tests::addressed::sqlite as db;

    mod change;
    mod first;
    mod hijacking;
    mod wire;
}

#[cfg(feature = "postgres")]
#[path = "confirmation"]
mod postgres {
    use auth_tests::addressed::postgres as db;

    mod change;
    mod first;
    mod hijacking;
    mod wire;
}

#[cfg(feature = "mysql")]
#[path = "confirmation"]
mod mysql {
    use auth_tests::addressed::mysql as db;

    mod change;
    mod first;
    mod hijacking;
    mod wire;
}
