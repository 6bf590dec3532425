use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};

use super::Password;
use crate::{
    authentication::{DeclaredPart, Part, Starting, resolve},
    context::Context,
    error::{Cause, ConfigError, Error, FieldError},
    hasher::{
        Argon2Params, Argon2id, HashProvider, PasswordHashing, PasswordPolicy, Pepper, Peppers,
        PolicyViolation, breached::BreachCheck,
    },
    secret::SecretSource,
    sender::SharedSender,
    strategy::request::RequestTurn,
    token::Purpose,
    user::{Conn, Resource},
};

/// The run-time parts of a password strategy, as declared.
pub struct Parts<S: Password> {
    sender: Option<SharedSender<S::User>>,
    hashing: Hashing,
    pepper: Option<SecretSource>,
    previous_pepper: Option<SecretSource>,
    breached: Option<BreachCheck>,
}

enum Hashing {
    Argon2id(Argon2Params),
    Own(PasswordHashing),
}

impl<S: Password> Parts<S> {
    /// Parts with Argon2id at its default parameters and nothing else.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sender: None,
            hashing: Hashing::Argon2id(Argon2Params::DEFAULT),
            pepper: None,
            previous_pepper: None,
            breached: None,
        }
    }

    /// Delivers reset links, and notices of changed passwords.
    #[must_use]
    pub fn sender(mut self, sender: SharedSender<S::User>) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Argon2id with other parameters.
    #[must_use]
    pub fn argon2id(mut self, params: Argon2Params) -> Self {
        self.hashing = Hashing::Argon2id(params);
        self
    }

    /// The application's own hash provider.
    #[must_use]
    pub fn hash_provider(mut self, provider: impl HashProvider) -> Self {
        self.hashing = Hashing::Own(PasswordHashing::new(provider));
        self
    }

    /// A secret that is mixed into every new hash (promise PW-10).
    #[must_use]
    pub fn pepper(mut self, pepper: SecretSource) -> Self {
        self.pepper = Some(pepper);
        self
    }

    /// The pepper before the present one; hashes made with it still verify.
    #[must_use]
    pub fn previous_pepper(mut self, pepper: SecretSource) -> Self {
        self.previous_pepper = Some(pepper);
        self
    }

    /// Asks a set of breached passwords about every new one (promise PW-07).
    #[must_use]
    pub fn breached_passwords(mut self, check: BreachCheck) -> Self {
        self.breached = Some(check);
        self
    }
}

impl<S: Password> Default for Parts<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Password> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &S::CONFIG.name)
            .finish_non_exhaustive()
    }
}

impl<S: Password> DeclaredPart<S::User> for Parts<S> {
    fn lifetimes(&self) -> Vec<(Purpose, Duration)> {
        let mut lifetimes = Vec::new();
        if S::CONFIG.sign_in_tokens_enabled {
            lifetimes.push((Purpose::SignIn, S::CONFIG.sign_in_token_lifetime()));
        }
        if let Some(resettable) = S::CONFIG.resettable {
            lifetimes.push((
                Purpose::PasswordReset,
                Duration::from_secs(resettable.token_lifetime_seconds),
            ));
        }
        lifetimes
    }

    fn senders(&self) -> Vec<(&'static str, SharedSender<S::User>)> {
        let sender = self.sender.iter().cloned();
        sender.map(|sender| (S::CONFIG.name, sender)).collect()
    }

    fn hash_memory_kib(&self) -> u32 {
        match &self.hashing {
            Hashing::Argon2id(params) => params.memory_kib(),
            Hashing::Own(_) => 0,
        }
    }

    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<S::User>>, Error>> {
        async move {
            self.ready()
                .await
                .map(|ready| Arc::new(ready) as Arc<dyn Part<S::User>>)
        }
        .boxed()
    }
}

impl<S: Password> Parts<S> {
    async fn ready(self) -> Result<Ready<S>, Error> {
        let policy = PasswordPolicy::new(S::CONFIG.minimum_length, S::CONFIG.maximum_bytes)
            .map_err(|error| ConfigError::new(S::CONFIG.name, error.to_string()))?;
        let hashing = match self.hashing {
            Hashing::Own(hashing) => hashing,
            Hashing::Argon2id(params) => {
                let provider = Argon2id::new(params);
                PasswordHashing::new(match self.pepper {
                    None => provider,
                    Some(newest) => {
                        let newest = pepper(&newest).await?;
                        let earlier = match self.previous_pepper {
                            Some(previous) => Some(pepper(&previous).await?),
                            None => None,
                        };
                        provider.with_peppers(Peppers::new(newest, earlier))
                    }
                })
            }
        };
        Ok(Ready {
            hashing,
            policy,
            breached: self.breached,
            requests: RequestTurn::default(),
            strategy: PhantomData,
        })
    }
}

async fn pepper(source: &SecretSource) -> Result<Pepper, Error> {
    let bytes = resolve(source).await?.expose_secret().as_bytes().to_vec();
    Pepper::new(bytes).map_err(|error| {
        ConfigError::new(source.path(), error.to_string())
            .at(source.location())
            .because(error)
            .into()
    })
}

/// The parts after the start.
pub(super) struct Ready<S: Password> {
    pub(super) hashing: PasswordHashing,
    policy: PasswordPolicy,
    breached: Option<BreachCheck>,
    pub(super) requests: RequestTurn,
    strategy: PhantomData<fn() -> S>,
}

impl<S: Password> Part<S::User> for Ready<S> {
    fn admits(&self, user: &S::User) -> Result<(), Cause> {
        if S::is_confirmed(user) {
            Ok(())
        } else {
            Err(Cause::Unconfirmed)
        }
    }

    fn answers_alike(&self, field: &str) -> bool {
        S::CONFIG.confirmed_fields.contains(&field)
    }

    fn ways_in<'a>(
        &'a self,
        _context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<usize, Error>> {
        async move {
            let hash = S::hash_of(connection, user.key()).await?;
            let has_password = hash.is_some_and(|hash| !hash.is_empty());
            Ok(usize::from(S::CONFIG.sign_in_enabled && has_password))
        }
        .boxed()
    }

    fn void_credentials<'a>(
        &'a self,
        _context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            // The empty text is no hash and matches nothing (promise PW-09).
            S::set_hash(connection, user.key(), "").await?;
            Ok(())
        }
        .boxed()
    }
}

impl<S: Password> Ready<S> {
    /// Refuses a presented password that is over the bound, before anything is hashed (promise PW-04).
    pub(super) fn check_presented(&self, password: &SecretString) -> Result<(), FieldError> {
        self.policy.check_presented(password).map_err(field_error)
    }

    /// Refuses a new password that is too short, too long, common or breached.
    pub(super) async fn check_new(
        &self,
        password: &SecretString,
        context: &[&str],
    ) -> Result<(), FieldError> {
        self.policy.check(password, context).map_err(field_error)?;
        match &self.breached {
            Some(breached) => breached.check(password).await.map_err(field_error),
            None => Ok(()),
        }
    }
}

fn field_error(violation: PolicyViolation) -> FieldError {
    match violation {
        PolicyViolation::TooShort { minimum } => FieldError::TooShort(minimum),
        PolicyViolation::TooLong { .. } => FieldError::TooLong,
        PolicyViolation::Common => FieldError::Common,
        PolicyViolation::ContainsIdentity => FieldError::ContainsIdentity,
        PolicyViolation::Breached => FieldError::Breached,
        PolicyViolation::BreachCheckUnavailable => FieldError::BreachCheckUnavailable,
    }
}
