//! The same promises on all three databases, each test in a database of its own.

mod dialects;
mod generic;
mod suite;
mod support;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
