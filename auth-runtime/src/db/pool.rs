use std::{
    fmt,
    future::Future,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bb8::ManageConnection;
use diesel_async::SimpleAsyncConnection;

use super::{Connection, StorageError};

/// How many connections are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// The most connections open at a time (default 10). SQLite: the readers; there is always one writer.
    pub max_size: u32,
    /// How long to wait for a connection before the database counts as unavailable (default 5 s).
    pub acquire_timeout: Duration,
    /// Close a connection that was not used for so long (default 10 minutes; not used by SQLite).
    pub idle_timeout: Option<Duration>,
    /// Close a connection of this age (default 30 minutes; not used by SQLite).
    pub max_lifetime: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_size: 10,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Some(Duration::from_secs(600)),
            max_lifetime: Some(Duration::from_secs(1800)),
        }
    }
}

impl PoolOptions {
    /// Sets [`max_size`](PoolOptions::max_size).
    #[must_use]
    pub fn max_size(mut self, max_size: u32) -> Self {
        self.max_size = max_size;
        self
    }

    /// Sets [`acquire_timeout`](PoolOptions::acquire_timeout).
    #[must_use]
    pub fn acquire_timeout(mut self, acquire_timeout: Duration) -> Self {
        self.acquire_timeout = acquire_timeout;
        self
    }
}

/// Opens connections of one database.
pub(super) trait Open: fmt::Debug + Send + Sync + 'static {
    type Connection: Connection;

    /// Opens one. `unfit` is raised by whoever notices that the connection cannot be used again.
    fn open(
        &self,
        unfit: Arc<AtomicBool>,
    ) -> impl Future<Output = Result<Self::Connection, StorageError>> + Send;
}

/// A connection and what the pool must know about it.
pub(super) struct Pooled<C> {
    connection: C,
    unfit: Arc<AtomicBool>,
    last_used: Instant,
}

impl<C: Connection> Pooled<C> {
    fn is_unusable(&mut self) -> bool {
        self.unfit.load(Ordering::Acquire) || self.connection.is_unusable()
    }
}

impl<C> Deref for Pooled<C> {
    type Target = C;
    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Pooled<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

/// Keeps connections honest without asking the server at each check-out: one that broke is closed, and those that lay
/// idle at that moment are asked once before they are handed out again.
pub(super) struct Manager<O> {
    open: O,
    last_broken: Mutex<Option<Instant>>,
}

impl<O: Open> Manager<O> {
    fn last_broken(&self) -> Option<Instant> {
        *self.last_broken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O: Open> ManageConnection for Manager<O> {
    type Connection = Pooled<O::Connection>;
    type Error = StorageError;

    async fn connect(&self) -> Result<Self::Connection, StorageError> {
        let unfit = Arc::new(AtomicBool::new(false));
        let connection = self.open.open(unfit.clone()).await?;
        Ok(Pooled {
            connection,
            unfit,
            last_used: Instant::now(),
        })
    }

    async fn is_valid(&self, pooled: &mut Self::Connection) -> Result<(), StorageError> {
        if pooled.is_unusable() {
            return Err(StorageError::Unavailable("the connection was closed".into()));
        }
        if self
            .last_broken()
            .is_some_and(|broken| pooled.last_used <= broken)
        {
            pooled.connection.batch_execute("SELECT 1").await?;
            pooled.last_used = Instant::now();
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Self::Connection) -> bool {
        let now = Instant::now();
        pooled.last_used = now;
        let broken = std::thread::panicking() || pooled.is_unusable();
        if broken {
            *self.last_broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        broken
    }
}

/// A pool of connections.
pub(super) struct Pool<O: Open>(bb8::Pool<Manager<O>>);

impl<O: Open> Pool<O> {
    /// Opens the first connection, so that a wrong address is noticed at start.
    pub(super) async fn build(open: O, options: &PoolOptions) -> Result<Self, StorageError> {
        if options.max_size == 0 {
            return Err(StorageError::Configuration(
                "`max_size` must be at least 1".to_owned(),
            ));
        }
        let manager = Manager {
            open,
            last_broken: Mutex::new(None),
        };
        bb8::Pool::builder()
            .max_size(options.max_size)
            .min_idle(1)
            // The connection that was used last has its caches warm, and those beyond the usual load can be closed.
            .queue_strategy(bb8::QueueStrategy::Lifo)
            .connection_timeout(options.acquire_timeout)
            .idle_timeout(options.idle_timeout)
            .max_lifetime(options.max_lifetime)
            .error_sink(Box::new(Log))
            .build(manager)
            .await
            .map(Self)
    }

    pub(super) async fn get(&self) -> Result<Guard<'_, O>, StorageError> {
        self.0.get().await.map(Guard).map_err(|error| match error {
            bb8::RunError::User(error) => error,
            bb8::RunError::TimedOut => StorageError::Unavailable("no connection became free in time".into()),
        })
    }
}

impl<O: Open> Clone for Pool<O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<O: Open> fmt::Debug for Pool<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("connections", &self.0.state().connections)
            .finish_non_exhaustive()
    }
}

/// A connection on loan from a pool.
pub(super) struct Guard<'a, O: Open>(bb8::PooledConnection<'a, Manager<O>>);

impl<O: Open> Deref for Guard<'_, O> {
    type Target = O::Connection;
    fn deref(&self) -> &O::Connection {
        &self.0.connection
    }
}

impl<O: Open> DerefMut for Guard<'_, O> {
    fn deref_mut(&mut self) -> &mut O::Connection {
        &mut self.0.connection
    }
}

/// Declares the public guard of one database, which hides the pool behind it.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
macro_rules! guard {
    ($name:ident, $open:ty, $connection:ty, $database:literal) => {
        #[doc = concat!("A connection to ", $database, " on loan; dropping it returns the connection.")]
        pub struct $name<'a>(super::pool::Guard<'a, $open>);

        impl ::std::ops::Deref for $name<'_> {
            type Target = $connection;
            fn deref(&self) -> &$connection {
                &self.0
            }
        }

        impl ::std::ops::DerefMut for $name<'_> {
            fn deref_mut(&mut self) -> &mut $connection {
                &mut self.0
            }
        }

        impl ::std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(super) use guard;

/// Connections are opened in the background: nobody else would see why it failed.
#[derive(Debug, Clone, Copy)]
struct Log;

impl bb8::ErrorSink<StorageError> for Log {
    fn sink(&self, error: StorageError) {
        let cause = std::error::Error::source(&error);
        tracing::warn!(%error, cause = cause.map(tracing::field::display), "database connection failed");
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<StorageError>> {
        Box::new(*self)
    }
}

/// Whether a host name stands for this machine.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
