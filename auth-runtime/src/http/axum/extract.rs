use std::{fmt, ops::Deref, sync::Arc};

use ::axum::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;

use super::layer::CookieNotes;
use crate::{
    authentication::Authentication,
    context::Context,
    error::{Code, Failure},
    http::{
        Answer, AuthRequest, answer::seal, credentials::Loaded, metadata::metadata, respond::default_failure,
    },
    session::CurrentSession,
    user::Authenticated,
};

/// The person who is signed in. A handler that asks for one is only reached by people who are, with a session: an API
/// key is none, see [`ApiKeyUser`](super::ApiKeyUser) and [`Caller`](super::Caller).
///
/// `Option<CurrentUser<U>>` is `None` for everybody else; a session that could not be checked is an error all the
/// same (promise FA-06). The session is looked up once per request, however many extractors ask.
pub struct CurrentUser<U> {
    session: Arc<CurrentSession<U>>,
}

impl<U> CurrentUser<U> {
    /// The session: its subject, claims and age.
    #[must_use]
    pub fn session(&self) -> &CurrentSession<U> {
        &self.session
    }
}

impl<U> Deref for CurrentUser<U> {
    type Target = U;

    fn deref(&self) -> &U {
        self.session.user()
    }
}

impl<U> Clone for CurrentUser<U> {
    fn clone(&self) -> Self {
        Self {
            session: Arc::clone(&self.session),
        }
    }
}

impl<U> fmt::Debug for CurrentUser<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentUser")
            .field("subject", &self.session.subject())
            .finish_non_exhaustive()
    }
}

/// Why an extractor did not let a request through, with the answer that the application gives to it.
#[derive(Debug)]
pub struct Rejection {
    failure: Failure,
    answer: Answer,
}

impl Rejection {
    pub(super) fn new<U: Authenticated>(
        authentication: &Authentication<U>,
        head: &Parts,
        failure: Failure,
    ) -> Self {
        let answer = authentication
            .http()
            .refuse(&AuthRequest::new(head, None), &failure);
        Self { failure, answer }
    }

    /// What the client is told.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        &self.failure
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.answer.map(Body::from)
    }
}

impl<U: Authenticated, S: Send + Sync> FromRequestParts<S> for CurrentUser<U> {
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let (authentication, loaded) = load::<U>(head).await?;
        match loaded.session {
            Some(session) => Ok(Self { session }),
            None => Err(Rejection::new(
                &authentication,
                head,
                Failure::new(Code::Unauthenticated),
            )),
        }
    }
}

impl<U: Authenticated, S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser<U> {
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        let (_, loaded) = load::<U>(head).await?;
        Ok(loaded.session.map(|session| Self { session }))
    }
}

/// For handlers that call actions themselves: the context with the request's metadata and, if somebody is signed in,
/// their session.
impl<U: Authenticated, S: Send + Sync> FromRequestParts<S> for Context<U> {
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let (authentication, loaded) = load::<U>(head).await?;
        let context = Self::new(authentication, metadata(head, U::SETTINGS.client_ip));
        Ok(match loaded.session {
            Some(session) => context.with_session(session),
            None => context,
        })
    }
}

/// The credentials of the request, looked up the first time.
pub(super) async fn load<U: Authenticated>(
    head: &mut Parts,
) -> Result<(Authentication<U>, Loaded<U>), Rejection> {
    let Some(authentication) = head.extensions.get::<Authentication<U>>().cloned() else {
        tracing::error!(
            resource = U::TYPE_NAME,
            "a handler asks for the current user, but the router lacks `.layer(auth.layer())`"
        );
        let failure = Failure::new(Code::Internal);
        let answer = seal(default_failure(&AuthRequest::new(head, None), &failure));
        return Err(Rejection { failure, answer });
    };
    if let Some(loaded) = head.extensions.get::<Loaded<U>>() {
        return Ok((authentication, loaded.clone()));
    }
    match authentication.load_or_remember(head).await {
        Ok((loaded, cookies)) => {
            if let Some(notes) = head.extensions.get::<CookieNotes<U>>() {
                notes.take(cookies, loaded.dead_cookie);
            }
            head.extensions.insert(loaded.clone());
            Ok((authentication, loaded))
        }
        Err(failure) => Err(Rejection::new(&authentication, head, failure)),
    }
}
