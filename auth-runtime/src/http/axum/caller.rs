//! Extractors for handlers that may be called with an API key, or only with one.

use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::{Rejection, extract::load};
use crate::{
    api_key::{CurrentKey, Scope},
    authentication::Authentication,
    error::{Code, Failure},
    http::credentials::Loaded,
    session::CurrentSession,
    user::Authenticated,
};

/// The owner of the API key that the request came with. A handler that asks for one is only reached with a key that
/// was made for the scope `S`; a session does not open it.
///
/// The scope has no default, so that no handler forgets it. [`AnyScope`](crate::api_key::AnyScope) takes every key.
pub struct ApiKeyUser<U, S> {
    key: Arc<CurrentKey<U>>,
    scope: PhantomData<fn() -> S>,
}

impl<U, S> ApiKeyUser<U, S> {
    /// The key: its name, scopes and end.
    #[must_use]
    pub fn key(&self) -> &CurrentKey<U> {
        &self.key
    }
}

/// Whoever calls: with a session, or with an API key that was made for the scope `S`.
///
/// A session is not limited by scopes. A request that carries both counts as one with the key, which is the narrower.
///
/// # Example
/// ```no_run
/// # use auth_runtime::{api_key::Scope, http::Caller, user::Authenticated};
/// # fn example<User: Authenticated, Read: Scope<User>>() {
/// // The block wrote the type `api_key::Read` for `scopes: [read]`.
/// async fn orders<User: Authenticated, Read: Scope<User>>(caller: Caller<User, Read>) -> String {
///     format!("orders of {}", caller.subject())
/// }
/// # }
/// ```
pub struct Caller<U, S> {
    by: By<U>,
    scope: PhantomData<fn() -> S>,
}

enum By<U> {
    Session(Arc<CurrentSession<U>>),
    Key(Arc<CurrentKey<U>>),
}

impl<U, S> Caller<U, S> {
    /// Who it is.
    #[must_use]
    pub fn user(&self) -> &Arc<U> {
        match &self.by {
            By::Session(session) => session.user(),
            By::Key(key) => key.user(),
        }
    }

    /// The subject, such as `user?id=42`.
    #[must_use]
    pub fn subject(&self) -> &str {
        match &self.by {
            By::Session(session) => session.subject(),
            By::Key(key) => key.subject(),
        }
    }

    /// The session; `None` for a call with a key.
    #[must_use]
    pub fn session(&self) -> Option<&CurrentSession<U>> {
        match &self.by {
            By::Session(session) => Some(session),
            By::Key(_) => None,
        }
    }

    /// The key; `None` for a call with a session.
    #[must_use]
    pub fn key(&self) -> Option<&CurrentKey<U>> {
        match &self.by {
            By::Session(_) => None,
            By::Key(key) => Some(key),
        }
    }

    /// Whether the call may do what `T` stands for too: a session may, a key that was made for it may.
    #[must_use]
    pub fn may<T: Scope<U>>(&self) -> bool {
        self.key().is_none_or(CurrentKey::has::<T>)
    }
}

impl<U: Authenticated, S: Scope<U>> ApiKeyUser<U, S> {
    fn of(loaded: Loaded<U>) -> Result<Option<Self>, Failure> {
        let key = loaded.api_key.map(|key| within::<U, S>(&key).map(|()| key));
        let key = key.transpose()?;
        Ok(key.map(|key| Self {
            key,
            scope: PhantomData,
        }))
    }
}

impl<U: Authenticated, S: Scope<U>> Caller<U, S> {
    fn of(loaded: Loaded<U>) -> Result<Option<Self>, Failure> {
        let by = match loaded {
            Loaded {
                api_key: Some(key), ..
            } => {
                within::<U, S>(&key)?;
                Some(By::Key(key))
            }
            Loaded { session, .. } => session.map(By::Session),
        };
        Ok(by.map(|by| Self {
            by,
            scope: PhantomData,
        }))
    }
}

fn within<U, S: Scope<U>>(key: &CurrentKey<U>) -> Result<(), Failure> {
    if key.has::<S>() {
        Ok(())
    } else {
        Err(Failure::new(Code::InsufficientScope))
    }
}

async fn extract<U: Authenticated, T>(
    head: &mut Parts,
    of: fn(Loaded<U>) -> Result<Option<T>, Failure>,
) -> Result<(Authentication<U>, Option<T>), Rejection> {
    let (authentication, loaded) = load::<U>(head).await?;
    match of(loaded) {
        Ok(found) => Ok((authentication, found)),
        Err(failure) => Err(Rejection::new(&authentication, head, failure)),
    }
}

macro_rules! extractor {
    ($Extractor:ident) => {
        impl<U: Authenticated, S: Scope<U>, R: Send + Sync> FromRequestParts<R> for $Extractor<U, S> {
            type Rejection = Rejection;

            async fn from_request_parts(head: &mut Parts, _: &R) -> Result<Self, Rejection> {
                let (authentication, found) = extract(head, Self::of).await?;
                let nobody = || Rejection::new(&authentication, head, Failure::new(Code::Unauthenticated));
                found.ok_or_else(nobody)
            }
        }

        /// `None` for nobody; a key without the scope is an error all the same.
        impl<U: Authenticated, S: Scope<U>, R: Send + Sync> OptionalFromRequestParts<R> for $Extractor<U, S> {
            type Rejection = Rejection;

            async fn from_request_parts(head: &mut Parts, _: &R) -> Result<Option<Self>, Rejection> {
                extract(head, Self::of).await.map(|(_, found)| found)
            }
        }
    };
}
extractor!(ApiKeyUser);
extractor!(Caller);

impl<U, S> Deref for ApiKeyUser<U, S> {
    type Target = U;

    fn deref(&self) -> &U {
        self.key.user()
    }
}

impl<U, S> Deref for Caller<U, S> {
    type Target = U;

    fn deref(&self) -> &U {
        self.user()
    }
}

impl<U, S> Clone for ApiKeyUser<U, S> {
    fn clone(&self) -> Self {
        Self {
            key: Arc::clone(&self.key),
            scope: PhantomData,
        }
    }
}

impl<U, S> Clone for Caller<U, S> {
    fn clone(&self) -> Self {
        Self {
            by: match &self.by {
                By::Session(session) => By::Session(Arc::clone(session)),
                By::Key(key) => By::Key(Arc::clone(key)),
            },
            scope: PhantomData,
        }
    }
}

impl<U, S> fmt::Debug for ApiKeyUser<U, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyUser")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl<U, S> fmt::Debug for Caller<U, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("subject", &self.subject())
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}
