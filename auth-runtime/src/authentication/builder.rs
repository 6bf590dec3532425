use std::{fmt, time::Duration};

use secrecy::SecretString;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

#[cfg(feature = "password")]
use crate::hasher::{HashPool, PoolOptions};
#[cfg(feature = "oauth")]
use crate::oauth::Egress;
use crate::{
    authentication::{Authentication, Declared, Inner, OnReuse, OnRevoked, Scope, Starting, encryption, expunger},
    clock::{Clock, SharedClock},
    db::DEADLINE,
    error::{ConfigError, Error},
    http::{HttpSettings, Respond},
    limits::WaitingRoom,
    secret::SecretSource,
    sender::{
        DeliveryOptions, Extensions, FailedDelivery, SendContext,
        outbox::{self, OnFailed, Outbox, TenantUrl},
    },
    session::{Noting, TokenReused, TokensRevoked},
    tenant::Tenant,
    token::{KeyError, KeySet, Purpose, TokenConfig, Tokens},
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
    /// Without it the application calls [`Authentication::expunge_expired`] and [`Authentication::deliver_due`] itself,
    /// or another process does the work. Messages of this process are still delivered at once.
    #[must_use]
    pub const fn background_work(mut self, on: bool) -> Self {
        self.background_work = on;
        self
    }

    /// Resolves every secret, checks the configuration and the database's schema, and starts background work.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting and its line: a missing or unfit secret, a public URL that is none, a
    /// schema that differs. [`Error::Storage`] when the database cannot be reached.
    pub async fn start(self) -> Result<Authentication<U>, Error> {
        let Declared {
            signing_secret,
            previous_signing_secrets,
            encryption_key,
            previous_encryption_keys,
            parts,
            guards,
            mut senders,
        } = U::declared();
        self.check_debug_switch()?;
        Self::tell_client_ip();
        if U::Tenant::ONLY.is_none() && !self.http.knows_tenants() {
            let problem =
                "is set, but nothing says which tenant a request is for; call `.tenant(|request| …)`";
            return Err(ConfigError::new("tenant_field", problem).into());
        }
        let public_url = self.parse_public_url()?;

        let mut lifetimes = vec![(
            Purpose::User,
            Duration::from_secs(U::SETTINGS.tokens.lifetime_seconds),
        )];
        if let Some(refresh) = U::SETTINGS.tokens.refresh {
            let lifetime = Duration::from_secs(refresh.refresh_token_lifetime_seconds);
            lifetimes.push((Purpose::Refresh, lifetime));
        }
        let starting = Starting {
            public_url: public_url.clone(),
            mounted_at: self.checked_mount()?,
            #[cfg(feature = "oauth")]
            egress: self
                .egress
                .clone()
                .map_or_else(std::sync::OnceLock::new, Into::into),
        };
        let mut started = Vec::with_capacity(parts.len());
        #[cfg(feature = "password")]
        let hash_memory_kib = parts
            .iter()
            .map(|part| part.hash_memory_kib())
            .max()
            .unwrap_or_default();
        for part in parts {
            for (purpose, lifetime) in part.lifetimes() {
                match lifetimes.iter_mut().find(|(known, _)| *known == purpose) {
                    Some((_, longest)) => *longest = lifetime.max(*longest),
                    None => lifetimes.push((purpose, lifetime)),
                }
            }
            senders.extend(part.senders());
            started.push(part.start(&starting).await?);
        }
        let tokens = if U::SETTINGS.tokens.enabled {
            Some(tokens::<U>(signing_secret, previous_signing_secrets, &lifetimes).await?)
        } else {
            None
        };
        let sealer = encryption::sealer(encryption_key, previous_encryption_keys).await?;
        if self.check_schema {
            self.compare_schema().await?;
        }

        let send_context = SendContext {
            public_url: public_url.clone(),
            tenant: None,
            extensions: self.extensions,
            fields: serde_json::Map::new(),
        };
        for (strategy, sender) in &senders {
            sender.start(&send_context).await.map_err(|error| {
                ConfigError::new(format!("sender of {strategy}"), error.reason()).because(error)
            })?;
        }

        let http = self.http.start(public_url.as_ref(), self.development);
        let scope = Scope::new(U::Tenant::ONLY, tokens.as_ref());
        let authentication = Authentication {
            scope,
            inner: std::sync::Arc::new(Inner {
                repo: self.repo,
                public_url,
                clock: self.clock,
                deadline: self.deadline,
                tokens,
                sealer,
                #[cfg(feature = "password")]
                hash_pool: match self.hash_pool {
                    HashPoolChoice::Own(options) => HashPool::new(options.holding(hash_memory_kib)),
                    HashPoolChoice::Shared(pool) => pool,
                },
                parts: started,
                guards,
                waiting_room: WaitingRoom::default(),
                outbox: Outbox::new(
                    senders,
                    send_context,
                    self.tenant_url,
                    self.delivery,
                    self.on_delivery_failed,
                ),
                http,
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
                debug_failures: self.debug_failures,
                on_revoked: self.on_revoked,
                on_reuse: self.on_reuse,
                noting: Noting::default(),
            }),
        };
        for part in authentication.parts() {
            part.launch(&authentication, self.background_work);
        }
        if self.background_work {
            expunger::spawn(&authentication);
            outbox::spawn(&authentication);
        }
        Ok(authentication)
    }

    /// Says at each start what limits go by, where the block does not.
    fn tell_client_ip() {
        if !U::SETTINGS.client_ip_declared {
            tracing::warn!(
                resource = U::SETTINGS.subject_name,
                "the block does not mention `client_ip`, so limits go by the address of the connection: behind a proxy \
                 that is everybody's. Set `client_ip: forwarded(n)` for `n` proxies, or `client_ip: peer` for none"
            );
        }
    }

    fn check_debug_switch(&self) -> Result<(), Error> {
        if !self.debug_failures {
            return Ok(());
        }
        if cfg!(not(debug_assertions)) {
            let problem = "is for development and refused in a release build";
            return Err(ConfigError::new("debug_authentication_failures", problem).into());
        }
        tracing::warn!(
            "the causes of failed authentications will be logged; `debug_authentication_failures(false)` stops it"
        );
        Ok(())
    }

    fn parse_public_url(&self) -> Result<Option<Url>, Error> {
        let refuse = |problem: &str| ConfigError::new("public_url", problem);
        let url = match &self.public_url {
            None => None,
            Some(text) => {
                let url = Url::parse(text).map_err(|error| refuse("is not a URL").because(error))?;
                if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
                    return Err(refuse("must be an http or https URL with a host").into());
                }
                Some(url)
            }
        };
        let loopback = url.as_ref().is_none_or(is_loopback);
        if self.development && !loopback {
            return Err(refuse("is not on this machine, so `development` must be off").into());
        }
        if !self.development && url.as_ref().is_some_and(|url| url.scheme() != "https") {
            return Err(refuse("must be https; `development(true)` allows http on this machine").into());
        }
        Ok(url)
    }

    fn checked_mount(&self) -> Result<String, Error> {
        let path = &self.mounted_at;
        if path.is_empty() || (path.starts_with('/') && !path.contains(['?', '#', '\\'])) {
            return Ok(path.clone());
        }
        Err(ConfigError::new("mounted_at", "must be a path such as `/auth`").into())
    }

    async fn compare_schema(&self) -> Result<(), Error> {
        let differences = U::schema().compare(&self.repo).await?;
        if differences.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = differences.iter().map(ToString::to_string).collect();
        Err(ConfigError::new(format!("schema of {}", U::TYPE_NAME), list.join("; ")).into())
    }
}

impl<U: Authenticated> fmt::Debug for Builder<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("resource", &U::TYPE_NAME)
            .finish_non_exhaustive()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn tokens<U: Authenticated>(
    signing: Option<SecretSource>,
    previous: Vec<SecretSource>,
    lifetimes: &[(Purpose, Duration)],
) -> Result<Tokens, Error> {
    let signing = signing.ok_or_else(|| ConfigError::new("tokens.signing_secret", "is missing"))?;
    let newest = resolve(&signing).await?;
    let mut older = Vec::with_capacity(previous.len());
    for source in &previous {
        older.push(resolve(source).await?);
    }
    let settings = &U::SETTINGS.tokens;
    let keys = KeySet::new(settings.algorithm, &newest, &older).map_err(|error: KeyError| {
        ConfigError::new(signing.path(), error.to_string())
            .at(signing.location())
            .because(error)
    })?;
    let mut config = TokenConfig::new(settings.issuer, settings.audience, U::SETTINGS.subject_name)
        .and_then(|config| config.with_leeway(Duration::from_secs(settings.leeway_seconds)))
        .map_err(|error| ConfigError::new("tokens", error.to_string()))?;
    for (purpose, lifetime) in lifetimes {
        config = config
            .with_lifetime(*purpose, *lifetime)
            .map_err(|error| ConfigError::new("tokens", error.to_string()))?;
    }
    Ok(Tokens::new(keys, config))
}

/// The value of a secret that must be there.
pub(crate) async fn resolve(source: &SecretSource) -> Result<SecretString, Error> {
    match source.resolve().await {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(ConfigError::new(source.path(), "has no value")
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
