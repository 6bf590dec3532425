use std::{
    str::FromStr,
    sync::{Arc, atomic::AtomicBool},
};

use diesel::{OptionalExtension, QueryResult, QueryableByName, sql_query, sql_types as sql};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager,
    methods::{ExecuteDsl, LoadQuery},
    pooled_connection::PoolableConnection,
};
use futures_util::{FutureExt, future::BoxFuture};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::config::{Config, Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    Connection, Dialect, FoundColumn, FoundTable, PoolOptions, Repo, StorageError,
    connection::{InsertRows, ReadOne, sealed::Sealed},
    pool::{Open, Pool, guard},
    schema::group_unique,
};

/// The connection to PostgreSQL on which queries run.
pub type PgConnection = AsyncPgConnection;

/// PostgreSQL.
#[derive(Debug, Clone)]
pub struct Postgres {
    pool: Pool<OpenPostgres>,
}

guard!(PgGuard, OpenPostgres, PgConnection, "PostgreSQL");

impl Postgres {
    /// Connects to `url`, such as `postgres://user:password@host/database`.
    ///
    /// TLS follows `sslmode` in the URL. `require`, `verify-ca` and `verify-full` all check the server's certificate
    /// and name against the certificate authorities this machine trusts. `disable` uses no TLS. Without it (and with
    /// `prefer`, which protects against nobody) a server on this machine is reached without TLS and any other one with.
    ///
    /// # Errors
    /// [`StorageError::Configuration`] for a URL that cannot be used, [`StorageError::Unavailable`] when no connection
    /// can be opened.
    ///
    /// # Security
    /// `sslmode=disable` to another machine sends credentials and personal data readable for the network.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::connect_with(url, PoolOptions::default()).await
    }

    /// Connects with other limits than the default ones.
    ///
    /// # Errors
    /// As [`connect`](Postgres::connect).
    pub async fn connect_with(url: &str, options: PoolOptions) -> Result<Self, StorageError> {
        let pool = Pool::build(OpenPostgres::new(url)?, &options).await?;
        Ok(Self { pool })
    }
}

impl Repo for Postgres {
    type Connection = PgConnection;
    type Guard<'a> = PgGuard<'a>;

    async fn get(&self) -> Result<PgGuard<'_>, StorageError> {
        self.pool.get().await.map(PgGuard)
    }
}

#[derive(Clone)]
struct OpenPostgres {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for OpenPostgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenPostgres")
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

impl OpenPostgres {
    fn new(url: &str) -> Result<Self, StorageError> {
        // The driver knows `require` only; with our verifier it means what these two promise.
        let url = match url.rsplit_once('?') {
            Some((server, query)) => {
                let query = query
                    .replace("sslmode=verify-full", "sslmode=require")
                    .replace("sslmode=verify-ca", "sslmode=require");
                format!("{server}?{query}")
            }
            None => url.to_owned(),
        };
        let mut config = Config::from_str(&url).map_err(|error| {
            // The driver names the wrong parameter, never its value.
            StorageError::Configuration(format!("the PostgreSQL URL is not understood: {error}"))
        })?;
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => false,
            SslMode::Require => true,
            _ => !config.get_hosts().iter().all(is_this_machine),
        };
        if tls {
            config.ssl_mode(SslMode::Require);
            Ok(Self {
                config,
                tls: Some(verified_tls()?),
            })
        } else {
            config.ssl_mode(SslMode::Disable);
            Ok(Self { config, tls: None })
        }
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => super::pool::is_loopback(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn verified_tls() -> Result<MakeRustlsConnect, StorageError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let unusable = |error: rustls::Error| StorageError::Configuration(format!("TLS: {error}"));
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_platform_verifier()
        .map_err(unusable)?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

impl Open for OpenPostgres {
    type Connection = PgConnection;

    // A closed PostgreSQL connection is noticed by the task that reads from it, so `unfit` is not needed.
    async fn open(&self, _unfit: Arc<AtomicBool>) -> Result<PgConnection, StorageError> {
        let unavailable = |error: tokio_postgres::Error| StorageError::Unavailable(Box::new(error));
        let connection = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(unavailable)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            None => {
                let tls = tokio_postgres::NoTls;
                let (client, connection) = self.config.connect(tls).await.map_err(unavailable)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        };
        connection.map_err(|error| StorageError::Unavailable(Box::new(error)))
    }
}

impl Sealed for PgConnection {}

impl<Q, T> ReadOne<Q, T> for PgConnection
where
    Q: LoadQuery<'static, Self, T> + Send + 'static,
    T: Send + 'static,
{
    fn read_one(&mut self, query: Q) -> BoxFuture<'_, QueryResult<Option<T>>> {
        query.get_result(self).map(OptionalExtension::optional).boxed()
    }
}

impl<Q> InsertRows<Q> for PgConnection
where
    Q: ExecuteDsl<Self> + Send + 'static,
{
    fn insert_rows(&mut self, query: Q) -> BoxFuture<'_, QueryResult<usize>> {
        ExecuteDsl::execute(query, self).boxed()
    }
}

impl Connection for PgConnection {
    const DIALECT: Dialect = Dialect::Postgres;

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
                unique: group_unique(unique.into_iter().map(|row| (row.key, row.name))),
            }))
        }
        .boxed()
    }
}

const COLUMNS: &str = "SELECT a.attname::text AS name, t.typname::text AS type_name, NOT a.attnotnull AS nullable, \
    (a.atthasdef OR a.attidentity <> '') AS has_default \
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
    WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

const UNIQUE: &str = "SELECT i.indexrelid::regclass::text AS key, a.attname::text AS name \
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
    AND a.attnum = ANY((i.indkey::int2[])[0:i.indnkeyatts - 1]) \
    WHERE i.indrelid = to_regclass(quote_ident($1)) AND i.indisunique AND i.indisvalid \
    AND i.indpred IS NULL AND i.indexprs IS NULL";

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = sql::Text)]
    name: String,
    #[diesel(sql_type = sql::Text)]
    type_name: String,
    #[diesel(sql_type = sql::Bool)]
    nullable: bool,
    #[diesel(sql_type = sql::Bool)]
    has_default: bool,
}

impl From<ColumnRow> for FoundColumn {
    fn from(row: ColumnRow) -> Self {
        Self {
            name: row.name,
            type_name: row.type_name.to_ascii_lowercase(),
            nullable: row.nullable,
            has_default: row.has_default,
        }
    }
}

#[derive(QueryableByName)]
struct UniqueRow {
    #[diesel(sql_type = sql::Text)]
    key: String,
    #[diesel(sql_type = sql::Text)]
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_with_tls_unless_it_is_disabled() {
        for (url, tls) in [
            ("postgres://db.example/x", true),
            ("postgres://db.example/x?sslmode=prefer", true),
            ("postgres://127.0.0.1,db.example/x", true),
            ("postgres://db.example/x?sslmode=disable", false),
            ("postgres://localhost/x", false),
            ("postgres://[::1]/x", false),
            ("postgres://localhost/x?sslmode=verify-full", true),
            ("postgres://localhost/x?sslmode=require", true),
        ] {
            assert_eq!(OpenPostgres::new(url).unwrap().tls.is_some(), tls, "{url}");
        }
    }
}
