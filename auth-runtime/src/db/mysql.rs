use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use diesel::{
    OptionalExtension, QueryResult, QueryableByName,
    connection::{Instrumentation, InstrumentationEvent},
    sql_query, sql_types as sql,
};
use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, RunQueryDsl, TransactionManager,
    methods::{ExecuteDsl, LoadQuery},
    pooled_connection::PoolableConnection,
};
use futures_util::{FutureExt, future::BoxFuture};
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};

use super::{
    Connection, Dialect, FoundColumn, FoundTable, PoolOptions, Problem, Repo, StorageError, classify,
    connection::{InsertRows, ReadOne, sealed::Sealed},
    pool::{Open, Pool, guard, is_loopback},
    schema::group_unique,
};

/// The connection to MySQL or MariaDB on which queries run.
pub type MysqlConnection = AsyncMysqlConnection;

/// MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct Mysql {
    pool: Pool<OpenMysql>,
}

guard!(MysqlGuard, OpenMysql, MysqlConnection, "MySQL");

impl Mysql {
    /// Connects to `url`, such as `mysql://user:password@host/database`.
    ///
    /// TLS follows `require_ssl` in the URL. Without it a server on this machine is reached without TLS and any other
    /// one with; certificate and name are checked.
    ///
    /// # Errors
    /// [`StorageError::Configuration`] for a URL that cannot be used, [`StorageError::Unavailable`] when no connection
    /// can be opened.
    ///
    /// # Security
    /// `require_ssl=false` to another machine sends credentials and personal data readable for the network;
    /// `verify_ca=false` and `verify_identity=false` let another server take its place.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::connect_with(url, PoolOptions::default()).await
    }

    /// Connects with other limits than the default ones.
    ///
    /// # Errors
    /// As [`connect`](Mysql::connect).
    pub async fn connect_with(url: &str, options: PoolOptions) -> Result<Self, StorageError> {
        // The driver takes the process's provider. An application that chose one already keeps it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let pool = Pool::build(OpenMysql::new(url)?, &options).await?;
        Ok(Self { pool })
    }
}

impl Repo for Mysql {
    type Connection = MysqlConnection;
    type Guard<'a> = MysqlGuard<'a>;

    async fn get(&self) -> Result<MysqlGuard<'_>, StorageError> {
        self.pool.get().await.map(MysqlGuard)
    }
}

/// A transaction must see what another one committed since it began (who won a race), and a value that does not fit
/// must be refused, not cut off.
const SESSION: [&str; 2] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')",
];

#[derive(Clone)]
struct OpenMysql {
    options: Opts,
}

impl std::fmt::Debug for OpenMysql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenMysql")
            .field("tls", &self.options.ssl_opts().is_some())
            .finish_non_exhaustive()
    }
}

impl OpenMysql {
    fn new(url: &str) -> Result<Self, StorageError> {
        let given = Opts::from_url(url).map_err(|error| {
            StorageError::Configuration(format!("the MySQL URL is not understood: {error}"))
        })?;
        let local = given.socket().is_some() || is_loopback(given.ip_or_hostname());
        let undecided = given.ssl_opts().is_none() && !query_of(url).contains("require_ssl=");
        let mut options = OptsBuilder::from_opts(given)
            // A conditional write is decided by how many rows it matched, not by how many it altered.
            .client_found_rows(true)
            .init(SESSION.to_vec());
        if undecided && !local {
            options = options.ssl_opts(SslOpts::default());
        }
        Ok(Self {
            options: options.into(),
        })
    }
}

/// The parameters of a URL; a password before them may hold any text.
fn query_of(url: &str) -> &str {
    url.rsplit_once('?').map_or("", |(_, query)| query)
}

impl Open for OpenMysql {
    type Connection = MysqlConnection;

    async fn open(&self, unfit: Arc<AtomicBool>) -> Result<MysqlConnection, StorageError> {
        let connection = Conn::new(self.options.clone())
            .await
            .map_err(|error| StorageError::Unavailable(Box::new(error)))?;
        let mut connection = AsyncMysqlConnection::try_from(connection)
            .await
            .map_err(|error| StorageError::Unavailable(Box::new(error)))?;
        connection.set_instrumentation(Watch {
            unfit,
            lost: false,
            application: diesel::connection::get_default_instrumentation(),
        });
        Ok(connection)
    }
}

/// The driver does not tell whether its connection can be used again, so its queries are watched.
///
/// A connection is unfit while a query is under way. Whoever drops that query, as does a client that goes away,
/// leaves its answer unread, and the driver would take it for the answer to the next query: one person's session
/// would be looked up and another one's found.
struct Watch {
    unfit: Arc<AtomicBool>,
    lost: bool,
    application: Option<Box<dyn Instrumentation>>,
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match &event {
            InstrumentationEvent::StartQuery { .. } => self.unfit.store(true, Ordering::Release),
            InstrumentationEvent::FinishQuery { error, .. } => {
                self.lost |= error.is_some_and(|error| classify(error) == Problem::ConnectionLost);
                self.unfit.store(self.lost, Ordering::Release);
            }
            _ => {}
        }
        if let Some(application) = &mut self.application {
            application.on_connection_event(event);
        }
    }
}

impl Sealed for MysqlConnection {}

impl<Q, T> ReadOne<Q, T> for MysqlConnection
where
    Q: LoadQuery<'static, Self, T> + Send + 'static,
    T: Send + 'static,
{
    fn read_one(&mut self, query: Q) -> BoxFuture<'_, QueryResult<Option<T>>> {
        query.get_result(self).map(OptionalExtension::optional).boxed()
    }
}

impl<Q> InsertRows<Q> for MysqlConnection
where
    Q: ExecuteDsl<Self> + Send + 'static,
{
    fn insert_rows(&mut self, query: Q) -> BoxFuture<'_, QueryResult<usize>> {
        ExecuteDsl::execute(query, self).boxed()
    }
}

impl Connection for MysqlConnection {
    const DIALECT: Dialect = Dialect::Mysql;

    fn begin_write(&mut self) -> BoxFuture<'_, QueryResult<()>> {
        <Self as AsyncConnection>::TransactionManager::begin_transaction(self).boxed()
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
            Ok(Some(FoundTable {
                columns: columns.into_iter().map(FoundColumn::from).collect(),
                unique: group_unique(unique.into_iter().map(|row| (row.index_key, row.name))),
            }))
        }
        .boxed()
    }
}

const COLUMNS: &str = "SELECT CAST(column_name AS CHAR) AS name, CAST(data_type AS CHAR) AS type_name, \
    CAST(is_nullable = 'YES' AS SIGNED) AS nullable, \
    CAST(column_default IS NOT NULL OR extra LIKE '%auto_increment%' OR extra LIKE '%GENERATED%' AS SIGNED) AS has_default \
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position";

/// A key over the beginning of a column (`sub_part`) refuses values that differ further on, so it does not count.
const UNIQUE: &str = "SELECT CAST(index_name AS CHAR) AS index_key, CAST(column_name AS CHAR) AS name \
    FROM information_schema.statistics s WHERE table_schema = DATABASE() AND table_name = ? AND non_unique = 0 \
    AND NOT EXISTS (SELECT 1 FROM information_schema.statistics p WHERE p.table_schema = s.table_schema \
    AND p.table_name = s.table_name AND p.index_name = s.index_name AND (p.sub_part IS NOT NULL OR p.column_name IS NULL))";

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = sql::Text)]
    name: String,
    #[diesel(sql_type = sql::Text)]
    type_name: String,
    #[diesel(sql_type = sql::BigInt)]
    nullable: i64,
    #[diesel(sql_type = sql::BigInt)]
    has_default: i64,
}

impl From<ColumnRow> for FoundColumn {
    fn from(row: ColumnRow) -> Self {
        Self {
            name: row.name,
            type_name: row.type_name.to_ascii_lowercase(),
            nullable: row.nullable != 0,
            has_default: row.has_default != 0,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_with_tls_unless_it_is_disabled() {
        for (url, tls) in [
            ("mysql://db.example/x", true),
            ("mysql://db.example/x?require_ssl=false", false),
            ("mysql://127.0.0.1/x", false),
            ("mysql://127.0.0.1/x?require_ssl=true", true),
        ] {
            assert_eq!(
                OpenMysql::new(url).unwrap().options.ssl_opts().is_some(),
                tls,
                "{url}"
            );
        }
    }
}
