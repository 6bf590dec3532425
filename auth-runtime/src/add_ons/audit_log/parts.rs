use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use diesel::QueryResult;
use futures_util::{FutureExt, future::BoxFuture};
use time::OffsetDateTime;
use uuid::{ContextV7, Timestamp, Uuid};

use super::{
    Config, Facts, IpPrivacyMode, Mode, Place, Recorder, buffer::Buffer, entry, expunger, privacy::Privacy,
};
use crate::{
    authentication::{Authentication, DeclaredPart, Part, Starting, resolve},
    db::{self, AsStorage, Id, Problem, Table, classify},
    error::{ConfigError, Error},
    resources::audit_log::{AuditLogStore, FailureKey, LogEntry},
    secret::SecretSource,
    user::{Authenticated, Conn},
};

/// One audit log as the block declares it. The macro implements it for a type of its own per log, so that a table that is
/// none is told once.
pub trait Declared: 'static {
    /// The resource.
    type User: Authenticated;
    /// The table.
    type Log: AuditLogStore<Conn<Self::User>>;
}

/// The table that an audit log needs.
#[must_use]
pub fn table<D: Declared>() -> Table {
    <D::Log as AuditLogStore<Conn<D::User>>>::table()
}

/// The run-time parts of an audit log, as declared.
pub struct Parts<D> {
    config: Config,
    ip_hash_key: Option<SecretSource>,
    declared: PhantomData<fn() -> D>,
}

impl<D> Parts<D> {
    /// An audit log with these settings.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            ip_hash_key: None,
            declared: PhantomData,
        }
    }

    /// The key of hashed addresses.
    #[must_use]
    pub fn ip_hash_key(mut self, key: SecretSource) -> Self {
        self.ip_hash_key = Some(key);
        self
    }
}

impl<D> fmt::Debug for Parts<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &self.config.name)
            .finish_non_exhaustive()
    }
}

impl<D: Declared> DeclaredPart<D::User> for Parts<D> {
    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<D::User>>, Error>> {
        async move {
            let ready = Ready::<D::User, D::Log> {
                privacy: privacy(self.config.ip_privacy, self.ip_hash_key.as_ref()).await?,
                buffer: match self.config.mode {
                    Mode::Durable => None,
                    Mode::Batched(batching) => Some(Buffer::new(batching)),
                },
                ids: Mutex::new(ContextV7::new()),
                config: self.config,
                types: PhantomData,
            };
            Ok(Arc::new(ready) as Arc<dyn Part<D::User>>)
        }
        .boxed()
    }
}

async fn privacy(mode: IpPrivacyMode, source: Option<&SecretSource>) -> Result<Privacy, Error> {
    let key = match source {
        Some(source) => Some(resolve(source).await?),
        None => None,
    };
    Privacy::new(mode, key.as_ref()).map_err(|unfit| {
        let path = source.map_or_else(|| "ip_hash_key".to_owned(), SecretSource::path);
        let error = ConfigError::new(path, unfit.to_string());
        match source {
            Some(source) => error.at(source.location()).into(),
            None => error.into(),
        }
    })
}

/// The parts after the start.
struct Ready<U, L> {
    config: Config,
    privacy: Privacy,
    buffer: Option<Buffer>,
    /// Makes keys that grow, so that events of the same moment keep their order.
    ids: Mutex<ContextV7>,
    types: PhantomData<fn() -> (U, L)>,
}

impl<U: Authenticated, L: AuditLogStore<Conn<U>>> Part<U> for Ready<U, L> {
    fn launch(&self, authentication: &Authentication<U>, background_work: bool) {
        if background_work {
            expunger::spawn::<U, L>(authentication);
        }
        if let Some(buffer) = &self.buffer {
            let (repo, deadline) = (authentication.repo().clone(), authentication.deadline());
            tokio::spawn(buffer.clone().run(move |batch| {
                let repo = repo.clone();
                async move {
                    let written = db::write(&repo, deadline, move |connection: &mut Conn<U>| {
                        let batch = Arc::clone(&batch);
                        async move { L::insert(connection, &batch).await.map_err(Error::from) }.boxed()
                    });
                    written.await.map(drop).or_else(already_there)
                }
            }));
        }
    }

    fn recorder(&self) -> Option<&dyn Recorder<U>> {
        Some(self)
    }
}

/// A batch whose commit went through although nobody heard of it is written.
fn already_there(error: Error) -> Result<(), Error> {
    match error.as_storage().map(classify) {
        Some(Problem::UniqueViolation { .. }) => Ok(()),
        _ => Err(error),
    }
}

impl<U, L> Ready<U, L> {
    fn next_id(&self, now: OffsetDateTime) -> Id {
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = Timestamp::from_unix(&*ids, seconds, now.nanosecond());
        Id::from_uuid(Uuid::new_v7(moment))
    }
}

impl<U: Authenticated, L: AuditLogStore<Conn<U>>> Recorder<U> for Ready<U, L> {
    fn name(&self) -> &'static str {
        self.config.name
    }

    fn records(&self, strategy: &str, action: &str) -> bool {
        self.config.selection.includes(strategy, action)
    }

    fn open(&self, now: OffsetDateTime) -> BoxFuture<'_, Result<Place, Error>> {
        async move {
            Ok(Place {
                slot: match &self.buffer {
                    Some(buffer) => Some(buffer.reserve().await?),
                    None => None,
                },
                id: self.next_id(now),
            })
        }
        .boxed()
    }

    fn entry(&self, facts: &Facts<'_>) -> LogEntry {
        entry::entry::<U>(&self.config, &self.privacy, facts)
    }

    fn write<'a>(
        &'a self,
        connection: &'a mut Conn<U>,
        entry: &'a LogEntry,
        again: bool,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            if !(again && L::is_there(connection, entry.id).await?) {
                L::insert(connection, std::slice::from_ref(entry)).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn pace(&self) -> BoxFuture<'_, ()> {
        async move {
            if let Some(buffer) = &self.buffer {
                buffer.pace().await;
            }
        }
        .boxed()
    }

    fn count_failures<'a>(
        &'a self,
        connection: &'a mut Conn<U>,
        key: FailureKey<'a>,
    ) -> BoxFuture<'a, QueryResult<i64>> {
        async move {
            // As it is stored.
            let identity = key.identity.map(entry::identity);
            let key = FailureKey {
                identity: identity.as_deref(),
                ..key
            };
            L::count_failures(connection, &key).await
        }
        .boxed()
    }

    fn expunge<'a>(&'a self, authentication: &'a Authentication<U>) -> BoxFuture<'a, Result<usize, Error>> {
        expunger::run::<U, L>(authentication).boxed()
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        async move {
            if let Some(buffer) = &self.buffer {
                buffer.flush().await;
            }
        }
        .boxed()
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        async move {
            if let Some(buffer) = &self.buffer {
                buffer.drain().await;
            }
        }
        .boxed()
    }

    fn end(&self) -> usize {
        self.buffer.as_ref().map_or(0, Buffer::end)
    }
}

/// An authentication that is gone without a shutdown leaves its events to the task that writes them, which ends with
/// the last one.
impl<U, L> Drop for Ready<U, L> {
    fn drop(&mut self) {
        if let Some(buffer) = &self.buffer {
            buffer.close();
        }
    }
}
