use std::{future::Future, ops::DerefMut, time::Duration};

use futures_util::future::BoxFuture;
use tracing::Instrument;

use super::{AsStorage, Connection, Problem, StorageError, classify, connection::finish};

/// How long an action may wait for its database work (promise FA-05).
pub const DEADLINE: Duration = Duration::from_secs(5);

/// How often a transaction that lost against another one is tried again (promise FA-04).
const RETRIES: u32 = 3;

/// The application's database: a cheap handle to its connections.
///
/// [`Sqlite`](super::Sqlite), [`Postgres`](super::Postgres) and [`Mysql`](super::Mysql) are ready to use. Implement it
/// yourself to wrap one of them, for instance to pick a database per tenant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a database that auth_runtime can use",
    label = "expected a type that implements `Repo`",
    note = "use `auth_runtime::db::Sqlite`, `Postgres` or `Mysql` (each behind its feature), or implement `auth_runtime::db::Repo`"
)]
pub trait Repo: Clone + Send + Sync + 'static {
    /// The connection on which generated queries run.
    type Connection: Connection;
    /// Holds a connection and returns it when dropped.
    type Guard<'a>: DerefMut<Target = Self::Connection> + Send
    where
        Self: 'a;

    /// A connection for reading.
    fn get(&self) -> impl Future<Output = Result<Self::Guard<'_>, StorageError>> + Send;

    /// A connection for writing. Databases with one kind of connection answer as [`get`](Repo::get).
    fn get_writer(&self) -> impl Future<Output = Result<Self::Guard<'_>, StorageError>> + Send {
        self.get()
    }
}

/// Runs one action's database work in one transaction, and answers within `deadline`.
///
/// The work runs in a task of its own, inside the current tracing span: a client that goes away drops this future but
/// not the transaction. A transaction that lost a race (deadlock, serialisation failure, lock) is run again, at most
/// three times, so `work` must do nothing but database work and must own what it uses. A connection found dead before
/// the transaction began is replaced.
///
/// # Errors
/// What `work` returned; [`StorageError::Timeout`] when the deadline passed (the transaction is then given up, and
/// trying again is safe); [`StorageError::Panicked`] when `work` panicked; [`StorageError::Unavailable`] without a
/// connection.
pub async fn write<R, T, E, F>(repo: &R, deadline: Duration, work: F) -> Result<T, E>
where
    R: Repo,
    T: Send + 'static,
    E: From<StorageError> + AsStorage + Send + 'static,
    F: for<'c> Fn(&'c mut R::Connection) -> BoxFuture<'c, Result<T, E>> + Send + Sync + 'static,
{
    let repo = repo.clone();
    let transaction = async move {
        tokio::time::timeout(deadline, attempts(&repo, &work))
            .await
            .unwrap_or_else(|_| Err(StorageError::Timeout.into()))
    };
    match tokio::spawn(transaction.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(join) if join.is_panic() => Err(StorageError::Panicked.into()),
        Err(join) => Err(StorageError::Unavailable(Box::new(join)).into()),
    }
}

async fn attempts<R, T, E, F>(repo: &R, work: &F) -> Result<T, E>
where
    R: Repo,
    T: Send,
    E: From<StorageError> + AsStorage + Send,
    F: for<'c> Fn(&'c mut R::Connection) -> BoxFuture<'c, Result<T, E>> + Send + Sync,
{
    let mut retries = 0;
    loop {
        let failure = match attempt(repo, work).await {
            Ok(value) => return Ok(value),
            Err(Attempt::Unbegun(error)) if retries < RETRIES => error,
            Err(Attempt::Undone(error)) if retries < RETRIES && is_retry(&error) => error,
            Err(Attempt::Unbegun(error) | Attempt::Undone(error)) => return Err(error),
        };
        drop(failure);
        retries += 1;
        tracing::debug!(retries, "transaction is tried again");
        tokio::time::sleep(back_off(retries)).await;
    }
}

/// Why one attempt failed.
enum Attempt<E> {
    /// The connection was dead or the lock taken before anything was done.
    Unbegun(E),
    /// The transaction failed, or its commit did.
    Undone(E),
}

async fn attempt<R, T, E, F>(repo: &R, work: &F) -> Result<T, Attempt<E>>
where
    R: Repo,
    T: Send,
    E: From<StorageError> + AsStorage + Send,
    F: for<'c> Fn(&'c mut R::Connection) -> BoxFuture<'c, Result<T, E>> + Send + Sync,
{
    let mut guard = repo
        .get_writer()
        .await
        .map_err(|error| Attempt::Undone(error.into()))?;
    let connection: &mut R::Connection = &mut guard;
    if let Err(error) = connection.begin_write().await {
        let again = matches!(classify(&error), Problem::Retry | Problem::ConnectionLost);
        let error = StorageError::from(error).into();
        return Err(if again {
            Attempt::Unbegun(error)
        } else {
            Attempt::Undone(error)
        });
    }
    let outcome = work(connection).await.map_err(Finishing);
    finish(connection, outcome)
        .await
        .map_err(|Finishing(error)| Attempt::Undone(error))
}

/// Lets [`finish`] report a failed commit as the caller's error type.
struct Finishing<E>(E);

impl<E: From<StorageError>> From<diesel::result::Error> for Finishing<E> {
    fn from(error: diesel::result::Error) -> Self {
        Self(StorageError::from(error).into())
    }
}

fn is_retry<E: AsStorage>(error: &E) -> bool {
    error
        .as_storage()
        .is_some_and(|error| classify(error) == Problem::Retry)
}

/// 5, 10, 20 ms and up to as much again, so that those who collided do not meet again.
fn back_off(retry: u32) -> Duration {
    let step = 5 << retry.min(8).saturating_sub(1);
    Duration::from_millis(step + rand::random_range(0..=step))
}
