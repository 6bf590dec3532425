//! Sign-in with an identity from elsewhere, on each database, against a provider that answers what a test tells it to.
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

#[allow(dead_code, reason = "the tests of the protocol use the rest")]
#[path = "../../auth-runtime/tests/oauth/server.rs"]
mod server;
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
#[path = "../../auth-runtime/tests/oauth/signer.rs"]
mod signer;

mod presets;
mod provider;

#[path = "."]
mod sqlite {
    use auth_tests::arrivals::sqlite as people;

    mod access_tokens;
    mod attempts;
    mod confirming;
    mod connections;
    mod http;
    mod linking;
    mod logout;
    mod nomads;
    mod resolution;
    mod rotation;
    mod tenants;
    mod visit;
}

#[cfg(feature = "postgres")]
#[path = "."]
mod postgres {
    use auth_tests::arrivals::postgres as people;

    mod access_tokens;
    mod attempts;
    mod confirming;
    mod connections;
    mod linking;
    mod logout;
    mod nomads;
    mod resolution;
    mod rotation;
    mod tenants;
    mod visit;
}

#[cfg(feature = "mysql")]
#[path = "."]
mod mysql {
    use auth_tests::arrivals::mysql as people;

    mod access_tokens;
    mod attempts;
    mod confirming;
    mod connections;
    mod linking;
    mod logout;
    mod nomads;
    mod resolution;
    mod rotation;
    mod tenants;
    mod visit;
}
