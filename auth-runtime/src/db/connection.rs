use diesel::QueryResult;
use diesel_async::{AsyncConnection, TransactionManager};
use futures_util::{FutureExt, future::BoxFuture};

use super::Dialect;
use crate::{limits::LimitStore, sender::outbox::OutboxStore};

pub(super) mod sealed {
    /// Keeps the set of databases closed: what differs between them is decided here, not by strategies.
    pub trait Sealed {}
}

/// A connection to one of the three databases.
///
/// Sealed. Queries go through Diesel ([`diesel_async::RunQueryDsl`]); this trait adds the transactions, which the
/// databases begin differently.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a database connection of auth_runtime",
    note = "use the connection of `auth_runtime::db::Sqlite`, `Postgres` or `Mysql`"
)]
pub trait Connection: sealed::Sealed + AsyncConnection + LimitStore + OutboxStore + Send + 'static {
    /// The database behind this connection.
    const DIALECT: Dialect;

    /// Begins a transaction that is going to write, or a savepoint inside an open one.
    #[doc(hidden)]
    fn begin_write(&mut self) -> BoxFuture<'_, QueryResult<()>>;

    /// Whether the connection must not be used again. Asks nobody.
    #[doc(hidden)]
    fn is_unusable(&mut self) -> bool;

    /// What the database knows about a table, `None` if there is no such table.
    #[doc(hidden)]
    fn describe<'a>(&'a mut self, table: &'a str) -> BoxFuture<'a, QueryResult<Option<FoundTable>>>;

    /// Runs `work` in a transaction that may write: committed if it returns `Ok`, rolled back otherwise.
    ///
    /// On SQLite the transaction takes the write lock at once, so that it cannot fail half-way for want of it.
    /// Inside an open transaction this is a [`savepoint`](Connection::savepoint). Actions use
    /// [`write`](super::write()), which also survives a caller that goes away.
    ///
    /// # Errors
    /// What `work` returned, or the error of beginning or committing.
    fn write_tx<'a, T, E, F>(&'a mut self, work: F) -> BoxFuture<'a, Result<T, E>>
    where
        F: for<'c> FnOnce(&'c mut Self) -> BoxFuture<'c, Result<T, E>> + Send + 'a,
        T: Send + 'a,
        E: From<diesel::result::Error> + Send + 'a,
    {
        async move {
            self.begin_write().await?;
            let outcome = work(self).await;
            finish(self, outcome).await
        }
        .boxed()
    }

    /// Runs `work` so that its failure undoes only its own statements, not those before it.
    ///
    /// # Errors
    /// What `work` returned, or the error of setting or releasing the savepoint.
    fn savepoint<'a, T, E, F>(&'a mut self, work: F) -> BoxFuture<'a, Result<T, E>>
    where
        F: for<'c> FnOnce(&'c mut Self) -> BoxFuture<'c, Result<T, E>> + Send + 'a,
        T: Send + 'a,
        E: From<diesel::result::Error> + Send + 'a,
    {
        async move {
            Self::TransactionManager::begin_transaction(self).await?;
            let outcome = work(self).await;
            finish(self, outcome).await
        }
        .boxed()
    }

    /// Runs `work` and undoes it: whether the database would take a row is found out without writing it.
    ///
    /// # Errors
    /// The database's.
    fn rehearse<'a, F>(&'a mut self, work: F) -> BoxFuture<'a, QueryResult<()>>
    where
        F: for<'c> FnOnce(&'c mut Self) -> BoxFuture<'c, QueryResult<usize>> + Send + 'a,
    {
        async move {
            let undone: Result<(), Undone> = self
                .savepoint(move |connection| {
                    let running = work(connection);
                    async move {
                        running.await?;
                        Err(Undone::OnPurpose)
                    }
                    .boxed()
                })
                .await;
            match undone {
                Ok(()) | Err(Undone::OnPurpose) => Ok(()),
                Err(Undone::Because(error)) => Err(error),
            }
        }
        .boxed()
    }
}

/// Why a savepoint was undone.
enum Undone {
    OnPurpose,
    Because(diesel::result::Error),
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::Because(error)
    }
}

/// Reads the one row that a unique key names. What generated code calls, so that each database can do it its own way.
///
/// The query has no `LIMIT`: it would be a bound value, and SQLite plans a statement anew whenever the value of a
/// bound limit is set, which takes as long as the rest of the look-up.
#[doc(hidden)]
pub trait ReadOne<Q, T>: Connection {
    /// The row, if there is one.
    fn read_one(&mut self, query: Q) -> BoxFuture<'_, QueryResult<Option<T>>>;
}

/// Writes many rows with one statement. SQLite's way to do that does not pass through diesel-async.
#[doc(hidden)]
pub trait InsertRows<Q>: Connection {
    /// Runs an insert of a list of rows.
    fn insert_rows(&mut self, query: Q) -> BoxFuture<'_, QueryResult<usize>>;
}

/// Ends the innermost transaction or savepoint as `outcome` demands.
pub(super) async fn finish<C, T, E>(connection: &mut C, outcome: Result<T, E>) -> Result<T, E>
where
    C: Connection,
    T: Send,
    E: From<diesel::result::Error> + Send,
{
    match outcome {
        Ok(value) => {
            C::TransactionManager::commit_transaction(connection).await?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the cause. A roll-back that fails as well (the server has rolled back on its own, or
            // the connection is gone) leaves the connection marked as broken, and the pool closes it.
            if let Err(rollback) = C::TransactionManager::rollback_transaction(connection).await {
                tracing::debug!(error = %rollback, "roll-back failed, the connection will be closed");
            }
            Err(error)
        }
    }
}

/// A table as the database describes it.
#[doc(hidden)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundTable {
    /// The columns in their order.
    pub columns: Vec<FoundColumn>,
    /// Each set of columns that is unique: primary key, constraints, full unique indexes. Sorted by name.
    pub unique: Vec<Vec<String>>,
}

/// A column as the database describes it.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// The database's name of its type, in lower case.
    pub type_name: String,
    /// Whether NULL may be stored.
    pub nullable: bool,
    /// Whether an insert may leave it out.
    pub has_default: bool,
}
