//! From what was decided to what runs.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

#[cfg(feature = "password")]
use super::HashPoolChoice;
use super::{Builder, resolve};
#[cfg(feature = "password")]
use crate::hasher::HashPool;
use crate::{
    authentication::{Authentication, Declared, Inner, Scope, Starting, encryption, expunger},
    error::{ConfigError, Error},
    limits::WaitingRoom,
    secret::SecretSource,
    sender::{
        SendContext,
        outbox::{self, Outbox},
    },
    session::Noting,
    tenant::Tenant,
    token::{KeyError, KeySet, Purpose, TokenConfig, Tokens},
    user::Authenticated,
};

impl<U: Authenticated> Builder<U> {
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
