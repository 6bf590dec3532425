//! The key that a request came with, and what it may do.
//!
//! A key is not a session: it stands in no [`Context`], so nothing that asks for a session (keys, passwords, factors,
//! the list of sessions) can be reached with one, and no session can be made from it (promise AK-03). Handlers say in
//! their types whether they take keys, and with which scope.

use std::{fmt, marker::PhantomData, sync::Arc};

use futures_util::future::BoxFuture;
use time::OffsetDateTime;

use crate::{
    context::Context,
    db::Id,
    error::Error,
    user::{Authenticated, Conn},
};

/// A scope, by the strategy that declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScopeName {
    /// The strategy's name.
    pub strategy: &'static str,
    /// One of its `scopes`.
    pub scope: &'static str,
}

/// A scope as a type, which handlers and actions name. The block writes one for each word in `scopes`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope of the API keys of `{U}`",
    label = "expected a scope",
    note = "each word in `scopes` of an `api_key` block becomes a type, such as `api_key::Read`; `AnyScope` stands for none in particular"
)]
pub trait Scope<U>: Send + Sync + 'static {
    /// Its name; `None` for [`AnyScope`].
    const NAME: Option<ScopeName>;
}

/// No scope in particular: a handler that asks for it takes every key that works, whatever it was made for.
#[derive(Debug, Clone, Copy)]
pub struct AnyScope;

impl<U> Scope<U> for AnyScope {
    const NAME: Option<ScopeName> = None;
}

/// The scopes of a key to be made.
///
/// # Example
/// ```
/// use auth_runtime::api_key::{AnyScope, Scope, ScopeName, Scopes};
/// struct User;
/// struct Read; // written by the block
/// impl Scope<User> for Read {
///     const NAME: Option<ScopeName> = Some(ScopeName { strategy: "api_key", scope: "read" });
/// }
/// let scopes = Scopes::<User>::none().with::<Read>();
/// assert_eq!(scopes.names().len(), 1);
/// ```
pub struct Scopes<U> {
    names: Vec<ScopeName>,
    resource: PhantomData<fn() -> U>,
}

impl<U> Scopes<U> {
    /// No scope: the key opens only what asks for [`AnyScope`].
    #[must_use]
    pub const fn none() -> Self {
        Self {
            names: Vec::new(),
            resource: PhantomData,
        }
    }

    /// This one too.
    #[must_use]
    pub fn with<S: Scope<U>>(mut self) -> Self {
        if let Some(name) = S::NAME {
            self.insert(name);
        }
        self
    }

    pub(crate) fn insert(&mut self, name: ScopeName) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    /// Their names, in the order in which they were added.
    #[must_use]
    pub fn names(&self) -> &[ScopeName] {
        &self.names
    }
}

impl<U> Clone for Scopes<U> {
    fn clone(&self) -> Self {
        Self {
            names: self.names.clone(),
            resource: PhantomData,
        }
    }
}

impl<U> Default for Scopes<U> {
    fn default() -> Self {
        Self::none()
    }
}

impl<U> fmt::Debug for Scopes<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.names).finish()
    }
}

/// The API key that a request came with, checked.
pub struct CurrentKey<U> {
    pub(crate) user: Arc<U>,
    pub(crate) subject: String,
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) strategy: &'static str,
    pub(crate) scopes: Vec<&'static str>,
    pub(crate) expires_at: OffsetDateTime,
}

impl<U> CurrentKey<U> {
    /// Whose key it is.
    #[must_use]
    pub const fn user(&self) -> &Arc<U> {
        &self.user
    }

    /// The owner's subject, such as `user?id=42`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Names the key. It is not a secret.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// What its owner calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The strategy that it belongs to.
    #[must_use]
    pub const fn strategy(&self) -> &'static str {
        self.strategy
    }

    /// Its scopes, as far as the block still declares them.
    #[must_use]
    pub fn scopes(&self) -> &[&'static str] {
        &self.scopes
    }

    /// When it ends.
    #[must_use]
    pub const fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// Whether it was made for this scope. A scope takes nothing away from what the handler checks of its owner: it
    /// only narrows (promise AK-02).
    #[must_use]
    pub fn has<S: Scope<U>>(&self) -> bool {
        S::NAME.is_none_or(|name| name.strategy == self.strategy && self.scopes.contains(&name.scope))
    }
}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U> fmt::Debug for CurrentKey<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentKey")
            .field("subject", &self.subject)
            .field("id", &self.id)
            .field("strategy", &self.strategy)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// What takes keys from requests: a started strategy that has some.
pub trait ApiKeys<U: Authenticated>: Send + Sync {
    /// The header that carries its keys, beside `Authorization: Bearer`.
    fn header(&self) -> &'static str;

    /// Whether this text is meant to be one of its keys. It asks nobody.
    fn claims(&self, text: &str) -> bool;

    /// The key with this text, if it counts. Every key that does not is alike (promise AK-02).
    fn find<'a>(
        &'a self,
        context: &'a Context<U>,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Option<CurrentKey<U>>, Error>>;

    /// Ends every key of a subject, from the next request on.
    fn revoke_all<'a>(
        &'a self,
        connection: &'a mut Conn<U>,
        subject: &'a str,
        now: OffsetDateTime,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

impl<U: Authenticated> Context<U> {
    /// The key with this text, if it counts; why not is not told. For requests that do not come over HTTP.
    ///
    /// # Errors
    /// [`Error::Storage`] when the check cannot be made. The caller denies (promise FA-06).
    pub async fn find_api_key(&self, text: &str) -> Result<Option<CurrentKey<U>>, Error> {
        let found = self.auth.api_keys().find(|keys| keys.claims(text));
        match found {
            Some(keys) => keys.find(self, text).await,
            None => Ok(None),
        }
    }
}
