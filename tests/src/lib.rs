//! What the behaviour tests share: databases that live as long as one test, a clock, a letter box, and people
//! declared once for each database.
//!
//! A test file is compiled once for each database. It takes the declared people from `super::db`, which is
//! [`sqlite`], [`postgres`] or [`mysql`]; the name of a test therefore starts with the database.
//!
//! Servers are found by `AUTH_TEST_POSTGRES` and `AUTH_TEST_MYSQL`. Where one is missing its tests say so and pass,
//! unless `AUTH_TEST_REQUIRE` (`postgres,mysql`) demands it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what goes wrong is a failure of the test"
)]

pub mod addressed;
pub mod arrivals;
pub mod audited;
pub mod breaches;
pub mod call;
pub mod clock;
pub mod database;
pub mod drivers;
pub mod guests;
pub mod held;
pub mod limited;
pub mod mail;
pub mod mailed;
pub mod owners;
mod people;
pub mod process;
pub mod proxy;
pub mod python;
pub mod roamers;
pub mod schema;
pub mod secrets;
pub mod signed;
pub mod visitors;
mod world;

pub use people::*;
pub use world::World;

/// A password that every policy takes.
pub const PASSWORD: &str = "correct mule battery staple";

/// Another one.
pub const OTHER_PASSWORD: &str = "seven green bicycles at dusk";

/// One that nobody has.
pub const WRONG_PASSWORD: &str = "wrong mule battery staple";
