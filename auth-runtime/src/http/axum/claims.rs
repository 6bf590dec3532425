use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::{Rejection, extract::load};
use crate::{
    authentication::Authentication,
    error::{Code, Failure},
    http::credentials::Loaded,
    token::Claims,
    user::Authenticated,
};

/// The claims of the session that the request came with, for handlers that need to know who it is and nothing of the
/// person. It lets in whom [`CurrentUser`](super::CurrentUser) lets in.
///
/// Where the block says that a signature suffices (`require_token_presence_for_authentication: false` and
/// `session_identifier: unsafe`), a bearer token costs no query. Everywhere else the session is looked up as for
/// [`CurrentUser`](super::CurrentUser), together with it if a handler asks for both.
///
/// # Example
/// ```no_run
/// # use auth_runtime::{http::SessionClaims, user::Authenticated};
/// async fn whoami<User: Authenticated>(claims: SessionClaims<User>) -> String {
///     claims.sub.clone()
/// }
/// ```
///
/// # Security
/// Without a query nobody notices that the person was deleted, until the token expires (gives up SE-06, with TK-08,
/// in blocks that say `session_identifier: unsafe`).
pub struct SessionClaims<U> {
    claims: Arc<Claims>,
    resource: PhantomData<fn() -> U>,
}

impl<U> SessionClaims<U> {
    const fn new(claims: Arc<Claims>) -> Self {
        Self {
            claims,
            resource: PhantomData,
        }
    }
}

impl<U: Authenticated> SessionClaims<U> {
    async fn find(head: &mut Parts) -> Result<Option<Self>, Rejection> {
        let signed = match head.extensions.get::<Loaded<U>>() {
            Some(_) => None,
            None => head
                .extensions
                .get::<Authentication<U>>()
                .and_then(|authentication| authentication.signed_bearer(head)),
        };
        if let Some(claims) = signed {
            return Ok(Some(Self::new(Arc::new(claims))));
        }
        let (_, loaded) = load::<U>(head).await?;
        Ok(loaded.session.map(|session| Self::new(session.shared_claims())))
    }
}

impl<U: Authenticated, S: Send + Sync> FromRequestParts<S> for SessionClaims<U> {
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Rejection> {
        match Self::find(head).await? {
            Some(claims) => Ok(claims),
            None => {
                let (authentication, _) = load::<U>(head).await?;
                let failure = Failure::new(Code::Unauthenticated);
                Err(Rejection::new(&authentication, head, failure))
            }
        }
    }
}

impl<U: Authenticated, S: Send + Sync> OptionalFromRequestParts<S> for SessionClaims<U> {
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        Self::find(head).await
    }
}

impl<U> Deref for SessionClaims<U> {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

impl<U> Clone for SessionClaims<U> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.claims))
    }
}

impl<U> fmt::Debug for SessionClaims<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionClaims").field(&self.claims.sub).finish()
    }
}
