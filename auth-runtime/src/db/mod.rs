//! Storage: connections, transactions, portable column types, and the schema as data.
//!
//! The application names its database once (`type Repo = auth_runtime::db::Sqlite`); generated queries are concrete
//! over that connection and the library's own logic is generic over [`Repo`]. What differs between the three
//! databases lives in this module and nowhere else.
//!
//! - [`Repo`] hands out connections, [`write`](write()) runs one action in one transaction that a caller cannot abandon.
//! - [`Id`] and [`UtcTimestamp`] are the same Rust type on every database; [`SqlId`] and [`SqlTimestamp`] are their
//!   names inside `diesel::table!`.
//! - [`Schema`] describes the tables an application needs, creates them, and compares them with the real ones.

mod backends;
mod connection;
mod dialect;
mod error;
mod id;
mod key;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    expect(
        dead_code,
        reason = "without a database there is nothing to pool, but the options are public"
    )
)]
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod repo;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod timestamp;

pub use connection::Connection;
pub use dialect::{Dialect, Problem, classify};
pub use error::{AsStorage, StorageError};
pub use id::{Id, SqlId};
pub use key::Key;
#[cfg(feature = "mysql")]
pub use mysql::{Mysql, MysqlConnection, MysqlGuard};
pub use pool::PoolOptions;
#[cfg(feature = "postgres")]
pub use postgres::{PgConnection, PgGuard, Postgres};
pub use repo::{DEADLINE, Repo, write};
pub use schema::{Column, ColumnType, CustomType, Difference, Schema, SchemaType, Table};
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, SqliteConnection, SqliteGuard};
pub use timestamp::{SqlTimestamp, UtcTimestamp};

#[doc(hidden)]
pub use connection::{FoundColumn, FoundTable, InsertRows, ReadOne};
#[cfg(feature = "sqlite")]
#[doc(hidden)]
pub use sqlite::Executor;

#[cfg(test)]
mod tests;
