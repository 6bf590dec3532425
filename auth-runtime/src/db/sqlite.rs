use std::{
    error::Error,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel::{
    OptionalExtension, QueryResult, QueryableByName,
    connection::{AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager as _},
    query_dsl::{LoadQuery, methods::ExecuteDsl},
    sql_query, sql_types as sql,
};
use diesel_async::{
    RunQueryDsl,
    pooled_connection::PoolableConnection,
    sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper},
};
use futures_util::{FutureExt, future::BoxFuture};

use super::{
    Connection, Dialect, FoundColumn, FoundTable, PoolOptions, Repo, StorageError,
    connection::{InsertRows, ReadOne, sealed::Sealed},
    pool::{Open, Pool, guard},
    schema::group_unique,
};

/// The connection to SQLite on which queries run: [`Executor`] decides on which thread.
pub type SqliteConnection = SyncConnectionWrapper<diesel::SqliteConnection, Executor>;

/// How long a connection that may wait for a lock does so.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a reader does, which holds up a worker thread meanwhile. With a write-ahead log readers and the writer do
/// not wait for each other; what is left is the recovery after a crash.
const READER_LOCK_TIMEOUT: Duration = Duration::from_millis(20);

/// SQLite: one file, one writer, several readers.
///
/// Readers run their queries in place, on the thread that asks: a look-up by key in a cached database takes less time
/// than handing it to another thread. They cannot write. The writer runs on the blocking threads, where it may wait.
#[derive(Debug, Clone)]
pub struct Sqlite {
    readers: Pool<OpenSqlite>,
    writer: Pool<OpenSqlite>,
}

guard!(SqliteGuard, OpenSqlite, SqliteConnection, "SQLite");

impl Sqlite {
    /// Opens the database file at `url`, a path with or without `sqlite://` before it, and creates it if need be.
    ///
    /// # Errors
    /// [`StorageError::Configuration`] for `:memory:` (each connection would see a database of its own; use a
    /// temporary file), [`StorageError::Unavailable`] when the file cannot be opened.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::connect_with(url, PoolOptions::default()).await
    }

    /// Opens it with other limits than the default ones.
    ///
    /// # Errors
    /// As [`connect`](Sqlite::connect).
    pub async fn connect_with(url: &str, options: PoolOptions) -> Result<Self, StorageError> {
        let path = path_of(url)?;
        let options = PoolOptions {
            idle_timeout: None,
            max_lifetime: None,
            ..options
        };
        // The writer comes first: it creates the file and its write-ahead log, which readers then find.
        let writer = OpenSqlite {
            path: path.clone(),
            place: Place::BlockingThread,
        };
        let writer = Pool::build(writer, &options.clone().max_size(1)).await?;
        let readers = Pool::build(
            OpenSqlite {
                path,
                place: Place::InPlace,
            },
            &options,
        )
        .await?;
        Ok(Self { readers, writer })
    }
}

fn path_of(url: &str) -> Result<PathBuf, StorageError> {
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .unwrap_or(url);
    if path.is_empty() || path.contains(":memory:") || path.contains("mode=memory") {
        return Err(StorageError::Configuration(
            "SQLite needs a file: in memory each connection would have a database of its own".to_owned(),
        ));
    }
    Ok(PathBuf::from(path))
}

impl Repo for Sqlite {
    type Connection = SqliteConnection;
    type Guard<'a> = SqliteGuard<'a>;

    async fn get(&self) -> Result<SqliteGuard<'_>, StorageError> {
        self.readers.get().await.map(SqliteGuard)
    }

    async fn get_writer(&self) -> Result<SqliteGuard<'_>, StorageError> {
        self.writer.get().await.map(SqliteGuard)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    InPlace,
    BlockingThread,
}

/// Runs the work of a SQLite connection, in place or on a blocking thread.
#[derive(Debug)]
pub struct Executor {
    place: Place,
    /// Raised while work is away on another thread. It stays up when the one who waits is dropped meanwhile: the
    /// connection is then still in use and must not be handed to anybody else.
    away: Arc<AtomicBool>,
}

impl SpawnBlocking for Executor {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        match self.place {
            Place::InPlace => async move { Ok(task()) }.boxed(),
            Place::BlockingThread => {
                let away = self.away.clone();
                async move {
                    away.store(true, Ordering::Release);
                    let result = tokio::task::spawn_blocking(task).await;
                    away.store(false, Ordering::Release);
                    result.map_err(Into::into)
                }
                .boxed()
            }
        }
    }

    fn get_runtime() -> Self {
        Self {
            place: Place::BlockingThread,
            away: Arc::default(),
        }
    }
}

#[derive(Debug, Clone)]
struct OpenSqlite {
    path: PathBuf,
    place: Place,
}

impl OpenSqlite {
    fn open_here(&self) -> Result<diesel::SqliteConnection, StorageError> {
        let path = self.path.to_str().ok_or_else(|| {
            StorageError::Configuration("the path of the SQLite file is not valid UTF-8".to_owned())
        })?;
        let mut connection = diesel::SqliteConnection::establish(path)
            .map_err(|error| StorageError::Unavailable(Box::new(error)))?;
        // The order matters: without the time-out first, switching to the log can fail beside another process.
        connection.batch_execute(&format!(
            "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;",
            LOCK_TIMEOUT.as_millis()
        ))?;
        if self.place == Place::InPlace {
            connection.batch_execute(&format!(
                "PRAGMA busy_timeout = {}; PRAGMA query_only = ON;",
                READER_LOCK_TIMEOUT.as_millis()
            ))?;
        }
        Ok(connection)
    }
}

impl Open for OpenSqlite {
    type Connection = SqliteConnection;

    async fn open(&self, unfit: Arc<AtomicBool>) -> Result<SqliteConnection, StorageError> {
        let open = self.clone();
        let connection = tokio::task::spawn_blocking(move || open.open_here())
            .await
            .map_err(|error| StorageError::Unavailable(Box::new(error)))??;
        let executor = Executor {
            place: self.place,
            away: unfit,
        };
        Ok(SyncConnectionWrapper::with_runtime(connection, executor))
    }
}

impl Sealed for SqliteConnection {}

/// The query goes to Diesel in one piece: diesel-async would write its text anew each time, to find the statement that
/// is already prepared, and copy each value of the row twice.
impl<Q, T> ReadOne<Q, T> for SqliteConnection
where
    Q: LoadQuery<'static, diesel::SqliteConnection, T> + Send + 'static,
    T: Send + 'static,
{
    fn read_one(&mut self, query: Q) -> BoxFuture<'_, QueryResult<Option<T>>> {
        self.spawn_blocking(|connection| diesel::RunQueryDsl::get_result(query, connection).optional())
    }
}

impl<Q> InsertRows<Q> for SqliteConnection
where
    Q: ExecuteDsl<diesel::SqliteConnection> + Send + 'static,
{
    fn insert_rows(&mut self, query: Q) -> BoxFuture<'_, QueryResult<usize>> {
        self.spawn_blocking(|connection| ExecuteDsl::execute(query, connection))
    }
}

impl Connection for SqliteConnection {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn begin_write(&mut self) -> BoxFuture<'_, QueryResult<()>> {
        self.spawn_blocking(|connection| {
            let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
            match status.transaction_depth()? {
                None => AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE"),
                Some(_) => AnsiTransactionManager::begin_transaction(connection),
            }
        })
    }

    fn is_unusable(&mut self) -> bool {
        PoolableConnection::is_broken(self)
    }

    fn describe<'a>(&'a mut self, table: &'a str) -> BoxFuture<'a, QueryResult<Option<FoundTable>>> {
        async move {
            let columns: Vec<ColumnRow> = sql_query(COLUMNS).bind::<sql::Text, _>(table).load(self).await?;
            if columns.is_empty() {
                return Ok(None);
            }
            let unique: Vec<UniqueRow> = sql_query(UNIQUE).bind::<sql::Text, _>(table).load(self).await?;
            let key = columns
                .iter()
                .filter(|row| row.pk > 0)
                .map(|row| (String::new(), row.name.clone()));
            let unique = unique.into_iter().map(|row| (row.index_key, row.name));
            Ok(Some(FoundTable {
                unique: group_unique(key.chain(unique)),
                columns: columns.into_iter().map(FoundColumn::from).collect(),
            }))
        }
        .boxed()
    }
}

const COLUMNS: &str = "SELECT name, type AS type_name, \"notnull\" AS not_null, dflt_value IS NOT NULL AS has_default, \
    pk, (SELECT COUNT(*) FROM pragma_table_info(?1) WHERE pk > 0) AS pk_columns FROM pragma_table_info(?1)";

/// Partial indexes and those over expressions (no column name) do not make the columns unique.
const UNIQUE: &str = "SELECT l.name AS index_key, i.name AS name FROM pragma_index_list(?1) l, pragma_index_info(l.name) i \
    WHERE l.\"unique\" AND NOT l.partial \
    AND NOT EXISTS (SELECT 1 FROM pragma_index_info(l.name) e WHERE e.name IS NULL)";

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = sql::Text)]
    name: String,
    #[diesel(sql_type = sql::Text)]
    type_name: String,
    #[diesel(sql_type = sql::Bool)]
    not_null: bool,
    #[diesel(sql_type = sql::Bool)]
    has_default: bool,
    #[diesel(sql_type = sql::Integer)]
    pk: i32,
    #[diesel(sql_type = sql::Integer)]
    pk_columns: i32,
}

impl From<ColumnRow> for FoundColumn {
    fn from(row: ColumnRow) -> Self {
        let type_name = row.type_name.to_ascii_lowercase();
        // Such a column is another name of the row number, which SQLite fills in.
        let numbered = row.pk > 0 && row.pk_columns == 1 && type_name == "integer";
        Self {
            name: row.name,
            type_name,
            nullable: !row.not_null,
            has_default: row.has_default || numbered,
        }
    }
}

#[derive(QueryableByName)]
struct UniqueRow {
    #[diesel(sql_type = sql::Text)]
    index_key: String,
    #[diesel(sql_type = sql::Text)]
    name: String,
}
