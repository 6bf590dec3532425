//! The running authentication of one resource: its database, keys, hashing pool and background work.

mod builder;
mod declared;
mod encryption;
mod expunger;
mod part;
mod starting;

pub use builder::Builder;
pub(crate) use builder::resolve;
pub use declared::{Declared, DeclaredPart};
pub use encryption::Resealed;
pub use part::Part;
pub use starting::Starting;

use std::{
    any::Any,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use diesel::QueryResult;
use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

#[cfg(feature = "password")]
use crate::hasher::HashPool;
use crate::{
    api_key::ApiKeys,
    clock::SharedClock,
    context::{Context, RequestMetadata},
    db::{self, AsStorage, Problem, Repo, StorageError, classify},
    error::{Cause, Error},
    http::Http,
    limits::{SharedGuard, WaitingRoom},
    seal::Sealer,
    sender::outbox::Outbox,
    session::{Noting, TokenReused, TokensRevoked},
    strategy::{ActionOutcome, Event, Input},
    tenant::Tenant,
    token::Tokens,
    user::{Authenticated, Conn},
};

/// The authentication of one resource, started. Cheap to clone; all clones are one.
pub struct Authentication<U: Authenticated> {
    inner: Arc<Inner<U>>,
    scope: Arc<Scope<U>>,
}

/// The tenant that a handle is for.
struct Scope<U: Authenticated> {
    /// Nothing yet, where there are tenants and none was said.
    tenant: Option<U::Tenant>,
    tokens: Option<Tokens>,
}

impl<U: Authenticated> Scope<U> {
    fn new(tenant: Option<U::Tenant>, tokens: Option<&Tokens>) -> Arc<Self> {
        // Where nobody said which tenant, there are no tokens either: nothing is minted and nothing verifies.
        let tokens = tenant.as_ref().zip(tokens);
        let tokens = tokens.map(|(tenant, tokens)| match tenant.to_text() {
            Some(text) => tokens.in_tenant(text),
            None => tokens.clone(),
        });
        Arc::new(Self { tenant, tokens })
    }
}

struct Inner<U: Authenticated> {
    repo: U::Repo,
    public_url: Option<Url>,
    clock: SharedClock,
    deadline: Duration,
    /// Of no tenant in particular.
    tokens: Option<Tokens>,
    sealer: Option<Sealer>,
    #[cfg(feature = "password")]
    hash_pool: HashPool,
    /// Strategies, then add-ons.
    parts: Vec<Arc<dyn Part<U>>>,
    guards: Vec<(&'static str, SharedGuard)>,
    waiting_room: WaitingRoom,
    outbox: Outbox<U>,
    http: Http<U>,
    tasks: TaskTracker,
    stop: CancellationToken,
    debug_failures: bool,
    on_revoked: Option<OnRevoked>,
    on_reuse: Option<OnReuse>,
    noting: Noting,
}

type OnRevoked = Box<dyn Fn(&TokensRevoked) + Send + Sync>;
type OnReuse = Box<dyn Fn(&TokenReused) + Send + Sync>;

impl<U: Authenticated> Drop for Inner<U> {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What a background task holds between its runs.
pub(crate) struct WeakAuthentication<U: Authenticated>(Weak<Inner<U>>);

impl<U: Authenticated> WeakAuthentication<U> {
    /// The authentication, of no tenant in particular, unless it is gone.
    pub(crate) fn upgrade(&self) -> Option<Authentication<U>> {
        let inner = self.0.upgrade()?;
        let scope = Scope::new(U::Tenant::ONLY, inner.tokens.as_ref());
        Some(Authentication { inner, scope })
    }
}

/// What [`Authentication::shutdown`] could not finish in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Transactions, deliveries and background tasks that were still running at the deadline.
    pub unfinished: usize,
    /// Audit events that were not written (promise FA-10). A log that is not batched has none.
    pub unwritten_events: usize,
}

impl<U: Authenticated> Authentication<U> {
    /// A context for calling actions from inside the application.
    #[must_use]
    pub fn context(&self) -> Context<U> {
        Context::new(self.clone(), RequestMetadata::default())
    }

    /// The application's database.
    #[must_use]
    pub fn repo(&self) -> &U::Repo {
        &self.inner.repo
    }

    /// Where people reach the application, if it was said.
    #[must_use]
    pub fn public_url(&self) -> Option<&Url> {
        self.inner.public_url.as_ref()
    }

    /// The present moment by the configured clock.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.inner.clock.now()
    }

    /// The tokens of the resource; `None` when they are switched off, and where there are tenants and none was said.
    #[must_use]
    pub fn tokens(&self) -> Option<&Tokens> {
        self.scope.tokens.as_ref()
    }

    /// What encrypts under the block's `encryption_key`; `None` without one. An application that writes the secrets of
    /// connections seals them with it.
    #[must_use]
    pub fn sealer(&self) -> Option<&Sealer> {
        self.inner.sealer.as_ref()
    }

    /// The same authentication for one tenant (promise TN-01). Contexts, sessions and tokens that come from it are of
    /// that tenant and no other.
    #[must_use]
    pub fn in_tenant(&self, tenant: U::Tenant) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            scope: Scope::new(Some(tenant), self.inner.tokens.as_ref()),
        }
    }

    /// The same authentication for the tenant that the application reads out of a request.
    pub(crate) fn for_request(&self, head: &http::request::Parts) -> Self {
        match (U::Tenant::ONLY, self.http().tenant_of(head)) {
            (None, Some(tenant)) => self.in_tenant(tenant),
            _ => self.clone(),
        }
    }

    /// The tenant that this is for.
    ///
    /// # Errors
    /// [`Error::TenantRequired`] where there are tenants and none was said.
    pub fn tenant(&self) -> Result<&U::Tenant, Error> {
        self.scope.tenant.as_ref().ok_or(Error::TenantRequired)
    }

    /// The tenant as text, where there are tenants and one was said.
    #[must_use]
    pub fn tenant_text(&self) -> Option<String> {
        self.scope.tenant.as_ref().and_then(Tenant::to_text)
    }

    /// The hashing pool, for its counters.
    #[cfg(feature = "password")]
    #[must_use]
    pub fn hash_pool(&self) -> &HashPool {
        &self.inner.hash_pool
    }

    pub(crate) fn http(&self) -> &Http<U> {
        &self.inner.http
    }

    /// Every strategy and add-on, in order of declaration.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &dyn Part<U>> {
        self.inner.parts.iter().map(|part| &**part)
    }

    /// Everything that takes keys from requests.
    pub(crate) fn api_keys(&self) -> impl Iterator<Item = &dyn ApiKeys<U>> {
        self.parts().filter_map(Part::api_keys)
    }

    /// The started strategy or add-on at `index`, which counts strategies first.
    pub(crate) fn part<T: Any>(&self, index: usize) -> Result<&T, Error> {
        self.inner
            .parts
            .get(index)
            .and_then(|part| (&**part as &dyn Any).downcast_ref())
            .ok_or_else(|| Error::internal("a strategy was started with the parts of another one"))
    }

    pub(crate) fn waiting_room(&self) -> &WaitingRoom {
        &self.inner.waiting_room
    }

    /// The application's own guard of the strategy of that name.
    pub(crate) fn guard(&self, strategy: &str) -> Option<&SharedGuard> {
        let found = self.inner.guards.iter().find(|(name, _)| *name == strategy);
        found.map(|(_, guard)| guard)
    }

    /// Calls an action by its name on the struct, with untyped arguments.
    ///
    /// # Errors
    /// [`Error::NoSuchAction`] for an unknown or disabled action, and the action's own errors.
    pub async fn call(
        &self,
        context: &Context<U>,
        action: &str,
        input: Input,
    ) -> Result<ActionOutcome<U>, Error> {
        let declared = U::STRATEGIES.iter().chain(U::ADD_ONS);
        let found = declared.enumerate().find_map(|(index, strategy)| {
            strategy
                .actions
                .iter()
                .find(|known| known.name == action)
                .map(|known| (index, known.kind))
        });
        let Some((index, kind)) = found else {
            return Err(Error::NoSuchAction);
        };
        context
            .record(U::dispatch(context, index, kind, input).await)
            .await
    }

    /// Runs `work` in one transaction that a client who goes away cannot abandon.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, Result<T, Error>> + Send + Sync + 'static,
    {
        self.transact(work).await
    }

    /// [`write`](Self::write) for work with an error of its own.
    pub(crate) async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + AsStorage + Send + 'static,
        F: for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, Result<T, E>> + Send + Sync + 'static,
    {
        let work = db::write(self.repo(), self.inner.deadline, work);
        self.inner.tasks.track_future(work).await
    }

    /// Runs `work` beside everything else; a shutdown waits for it.
    pub(crate) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.inner.tasks.spawn(work);
    }

    /// Which uses of sessions are being noted.
    pub(crate) fn noting(&self) -> &Noting {
        &self.inner.noting
    }

    /// Refuses a new action once the authentication was shut down (promise FA-10).
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.inner.stop.is_cancelled() {
            return Err(StorageError::Unavailable("authentication was shut down".into()).into());
        }
        Ok(())
    }

    /// Runs a short read, once more if the connection it got turned out to be dead (promise FA-05).
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, QueryResult<T>> + Send + Sync,
    {
        let attempts = async {
            match self.read_once(&work).await {
                Err(error)
                    if error
                        .as_storage()
                        .is_some_and(|e| classify(e) == Problem::ConnectionLost) =>
                {
                    self.read_once(&work).await
                }
                outcome => outcome,
            }
        };
        match tokio::time::timeout(self.inner.deadline, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StorageError::Timeout.into()),
        }
    }

    async fn read_once<T, F>(&self, work: &F) -> Result<T, Error>
    where
        F: for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, QueryResult<T>> + Send + Sync,
    {
        let mut connection = self.repo().get().await?;
        Ok(work(&mut connection).await?)
    }

    /// The tokens of all tenants, for what was minted in one of them before.
    pub(crate) fn tokens_of_all(&self) -> Option<&Tokens> {
        self.inner.tokens.as_ref()
    }

    pub(crate) fn outbox(&self) -> &Outbox<U> {
        &self.inner.outbox
    }

    /// Everything that [`shutdown`](Self::shutdown) waits for.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }

    /// Cancelled once the authentication is shut down or gone.
    pub(crate) fn stopped(&self) -> CancellationToken {
        self.inner.stop.clone()
    }

    /// A handle for background work, which does not keep the authentication alive.
    pub(crate) fn downgrade(&self) -> WeakAuthentication<U> {
        WeakAuthentication(Arc::downgrade(&self.inner))
    }

    /// How long an action may wait for the database.
    pub(crate) fn deadline(&self) -> Duration {
        self.inner.deadline
    }

    /// Tells the application, after the commit, what has ended.
    pub(crate) fn tell_revoked(&self, revoked: &TokensRevoked) {
        if let Some(listener) = &self.inner.on_revoked {
            listener(revoked);
        }
    }

    /// Tells the application, after the commit, that a used token was presented again.
    pub(crate) fn tell_of_reuse(&self, reused: &TokenReused) {
        if let Some(listener) = &self.inner.on_reuse {
            listener(reused);
        }
    }

    /// Writes an event where the application looks for events. Causes that tell of a person stay out of the log
    /// unless `debug_authentication_failures` is on (promise EN-01).
    pub(crate) fn record(&self, event: &Event, request: &RequestMetadata) {
        let request_id = request.request_id.as_deref();
        let cause = event.cause.map(Cause::as_str);
        tracing::info!(
            target: "auth_runtime::event",
            resource = U::SETTINGS.subject_name,
            strategy = event.strategy,
            action = event.action,
            outcome = if cause.is_none() { "success" } else { "failure" },
            fault = event.cause.filter(|cause| cause.is_fault()).map(Cause::as_str),
            subject = event.subject.as_deref(),
            request_id,
        );
        if self.inner.debug_failures
            && let Some(cause) = cause
        {
            tracing::warn!(
                strategy = event.strategy,
                action = event.action,
                request_id,
                "Authentication failed: {cause}"
            );
        }
    }

    /// Deletes the rows of expired tokens and ended counters now, in batches, and says how many (promises TK-12,
    /// FA-11).
    ///
    /// The background task does this by itself; the call is for applications that run their own schedule.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn expunge_expired(&self) -> Result<usize, Error> {
        expunger::run(self).await
    }

    /// Refuses new actions, lets running transactions and deliveries finish and audit events be written until
    /// `deadline` has passed, and says what is left (promise FA-10). Messages that were not delivered stay in the
    /// outbox, for another process or the next start.
    pub async fn shutdown(&self, deadline: Duration) -> ShutdownReport {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        let everything = async { tokio::join!(self.inner.tasks.wait(), self.drain_audit_log()) };
        // What did not come to its end is counted below.
        let _ = tokio::time::timeout(deadline, everything).await;
        ShutdownReport {
            unfinished: self.inner.tasks.len(),
            unwritten_events: self.end_audit_log(),
        }
    }
}

impl<U: Authenticated> Clone for Authentication<U> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            scope: Arc::clone(&self.scope),
        }
    }
}

impl<U: Authenticated> fmt::Debug for Authentication<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("resource", &U::TYPE_NAME)
            .finish_non_exhaustive()
    }
}
