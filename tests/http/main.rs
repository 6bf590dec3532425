//! The library over HTTP: a real socket, and a client that is not ours. What the actions do on each database is tested
//! elsewhere, so these run on SQLite.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what goes wrong is a failure of the test"
)]

mod alike;
mod application;
mod bodies;
mod claims;
mod credentials;
mod forgery;
mod led_back;
mod own_sessions;
mod pages;
mod refresh;
mod remember_me;
mod routes;
mod sessions;
mod site;
