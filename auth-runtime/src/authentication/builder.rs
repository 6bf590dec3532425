mod start;

use std::{fmt, time::Duration};

use secrecy::SecretString;

#[cfg(feature = "password")]
use crate::hasher::{HashPool, PoolOptions};
#[cfg(feature = "oauth")]
use crate::oauth::Egress;
use crate::{
    authentication::{OnReuse, OnRevoked},
    clock::{Clock, SharedClock},
    db::DEADLINE,
    error::{ConfigError, Error},
    http::{HttpSettings, Respond},
    secret::SecretSource,
    sender::{
        DeliveryOptions, Extensions, FailedDelivery,
        outbox::{OnFailed, TenantUrl},
    },
    session::{TokenReused, TokensRevoked},
    user::Authenticated,
};

/// Collects what a deployment decides, then starts. `User::authentication(repo)` makes one.
pub struct Builder<U: Authenticated> {
    repo: U::Repo,
    clock: SharedClock,
    deadline: Duration,
    public_url: Option<String>,
    tenant_url: Option<TenantUrl>,
    mounted_at: String,
    #[cfg(feature = "oauth")]
    egress: Option<Egress>,
    development: bool,
    debug_failures: bool,
    check_schema: bool,
    #[cfg(feature = "password")]
    hash_pool: HashPoolChoice,
    extensions: Extensions,
    http: HttpSettings<U>,
    on_revoked: Option<OnRevoked>,
    on_reuse: Option<OnReuse>,
    delivery: DeliveryOptions,
    on_delivery_failed: Option<OnFailed>,
    background_work: bool,
}

#[cfg(feature = "password")]
enum HashPoolChoice {
    Own(PoolOptions),
    Shared(HashPool),
}

impl<U: Authenticated> Builder<U> {
    /// The authentication of `U` on this database, with everything else at its default.
    #[must_use]
    pub fn new(repo: U::Repo) -> Self {
        Self {
            repo,
            clock: SharedClock::default(),
            deadline: DEADLINE,
            public_url: None,
            tenant_url: None,
            mounted_at: "/auth".to_owned(),
            #[cfg(feature = "oauth")]
            egress: None,
            development: false,
            debug_failures: false,
            check_schema: true,
            #[cfg(feature = "password")]
            hash_pool: HashPoolChoice::Own(PoolOptions::default()),
            extensions: Extensions::default(),
            http: HttpSettings::default(),
            on_revoked: None,
            on_reuse: None,
            delivery: DeliveryOptions::default(),
            on_delivery_failed: None,
            background_work: true,
        }
    }

    /// Another source of time, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = SharedClock::new(clock);
        self
    }

    /// How long an action may wait for the database; five seconds by default (promise FA-05).
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Where people reach the application, such as `https://example.org`. Links are built on it and requests that
    /// change something must come from it; no request header takes part (promise SU-07).
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// The path below which the application mounts the routes: `/auth` unless it says otherwise. Providers are given
    /// callbacks on it where a strategy's `redirect_uri` has no path of its own.
    #[must_use]
    pub fn mounted_at(mut self, path: impl Into<String>) -> Self {
        self.mounted_at = path.into();
        self
    }

    /// The way out to identity providers: by default to public addresses over https only (promise OA-09). Several
    /// resources can share one, and with it what is remembered of providers.
    #[cfg(feature = "oauth")]
    #[must_use]
    pub fn egress(mut self, egress: Egress) -> Self {
        self.egress = Some(egress);
        self
    }

    /// Development on this machine: cookies without `Secure` and without the `__Host-` prefix, because there is no
    /// TLS on the loopback interface.
    ///
    /// # Security
    /// [`Builder::start`] refuses it unless the public URL's host is `localhost` or a loopback address, and cookies
    /// are set only on requests to such a host (promise SE-02).
    #[must_use]
    pub const fn development(mut self, on: bool) -> Self {
        self.development = on;
        self
    }

    /// Logs a warning with the cause code for each failed authentication.
    ///
    /// # Security
    /// Cause codes in a log tell its readers which accounts exist. [`Builder::start`] refuses it in a build without
    /// debug assertions.
    #[must_use]
    pub const fn debug_authentication_failures(mut self, on: bool) -> Self {
        self.debug_failures = on;
        self
    }

    /// Whether the start compares the database with [`Authenticated::schema`]; it does by default.
    #[must_use]
    pub const fn check_schema(mut self, on: bool) -> Self {
        self.check_schema = on;
        self
    }

    /// Slots and memory budget of the hashing threads (promise FA-01). Each thread has room for the costliest hash
    /// that the block declares.
    #[cfg(feature = "password")]
    #[must_use]
    pub fn hash_pool_options(mut self, options: PoolOptions) -> Self {
        self.hash_pool = HashPoolChoice::Own(options);
        self
    }

    /// Hashes on a pool that another resource of the application uses too.
    #[cfg(feature = "password")]
    #[must_use]
    pub fn hash_pool(mut self, pool: HashPool) -> Self {
        self.hash_pool = HashPoolChoice::Shared(pool);
        self
    }

    /// A value that senders can ask for by its type.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// The application's own answers to success and failure over HTTP.
    #[must_use]
    pub fn respond(mut self, respond: impl Respond<U>) -> Self {
        self.http.set_respond(respond);
        self
    }

    /// Reads which tenant a request is for: out of its host, its path, or a header that a trusted proxy sets.
    ///
    /// Required where the block names a `tenant_field`. `None` refuses the request. What the client says only picks a
    /// tenant; it proves nothing.
    #[must_use]
    pub fn tenant(
        mut self,
        of: impl Fn(&http::request::Parts) -> Option<U::Tenant> + Send + Sync + 'static,
    ) -> Self {
        self.http.set_tenant(of);
        self
    }

    /// Where people of a tenant reach the application, by the text that tokens name the tenant with, such as
    /// `https://north.example.org`: links in messages to them are built on it. `None` stands for the
    /// [`public_url`](Self::public_url). No request takes part (promise SU-07).
    #[must_use]
    pub fn tenant_url(mut self, of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.tenant_url = Some(Box::new(of));
        self
    }

    /// Calls `listener` after each commit that ended sessions, in this process. It must return soon.
    #[must_use]
    pub fn on_tokens_revoked(mut self, listener: impl Fn(&TokensRevoked) + Send + Sync + 'static) -> Self {
        self.on_revoked = Some(Box::new(listener));
        self
    }

    /// Calls `listener` after each commit that ended a session because a token that renews it was presented twice, in
    /// this process (promise SE-07). It must return soon.
    #[must_use]
    pub fn on_token_reuse(mut self, listener: impl Fn(&TokenReused) + Send + Sync + 'static) -> Self {
        self.on_reuse = Some(Box::new(listener));
        self
    }

    /// How messages are delivered: how many at once, how patiently, how often (promise FA-08).
    #[must_use]
    pub const fn delivery(mut self, options: DeliveryOptions) -> Self {
        self.delivery = options;
        self
    }

    /// Calls `listener` after each failed attempt to deliver a message, in this process. It must return soon.
    #[must_use]
    pub fn on_delivery_failed(
        mut self,
        listener: impl Fn(&FailedDelivery<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_delivery_failed = Some(Box::new(listener));
        self
    }

    /// Whether this process takes part in the background work: purging, and delivering what is due. It does by default.
    ///
    /// Without it the application calls [`expunge_expired`](super::Authentication::expunge_expired) and
    /// [`deliver_due`](super::Authentication::deliver_due) itself, or another process does the work. Messages of this process
    /// are still delivered at once.
    #[must_use]
    pub const fn background_work(mut self, on: bool) -> Self {
        self.background_work = on;
        self
    }
}

impl<U: Authenticated> fmt::Debug for Builder<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("resource", &U::TYPE_NAME)
            .finish_non_exhaustive()
    }
}

/// The value of a secret that must be there.
pub(crate) async fn resolve(source: &SecretSource) -> Result<SecretString, Error> {
    match source.resolve().await {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(ConfigError::new(source.path(), source.has_no_value())
            .at(source.location())
            .into()),
        Err(error) => Err(
            ConfigError::new(source.path(), "could not be read from its provider")
                .at(source.location())
                .because(error)
                .into(),
        ),
    }
}
