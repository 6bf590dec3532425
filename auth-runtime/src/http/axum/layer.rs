use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use ::axum::{body::Body, extract::Request, response::Response};
use futures_util::future::{BoxFuture, Either, FutureExt, ready};
use http::{HeaderValue, Method, header, request::Parts};
use tower::{Layer, Service};

use crate::{
    authentication::Authentication,
    http::{Answer, Application, AuthRequest, negotiation::prefers_html},
    user::Authenticated,
};

/// Makes resources known to extractors. `auth.layer()` makes one.
///
/// Nothing is loaded until a handler asks for it. A request with a session cookie and a method that may change
/// something is refused if another site caused it (promise SE-08), whatever route it is for.
#[derive(Debug, Clone)]
pub struct SessionLayer {
    application: Application,
}

impl SessionLayer {
    pub(super) const fn new(application: Application) -> Self {
        Self { application }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService {
            inner,
            application: self.application.clone(),
        }
    }
}

/// What [`SessionLayer`] makes of a service.
#[derive(Debug, Clone)]
pub struct SessionService<S> {
    inner: S,
    application: Application,
}

impl<S> Service<Request> for SessionService<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let mut watches = Vec::new();
        for resource in self.application.resources() {
            match resource.enter(&mut head) {
                Ok(watch) => watches.extend(watch),
                Err(answer) => return Either::Right(ready(Ok(answer.map(Body::from))).boxed()),
            }
        }
        let answer = self.inner.call(Request::from_parts(head, body));
        if watches.is_empty() {
            return Either::Left(answer);
        }
        let answer = async move {
            let mut answer = answer.await?;
            for watch in watches {
                watch.apply(&mut answer);
            }
            Ok(answer)
        };
        Either::Right(answer.boxed())
    }
}

/// Set by an extractor that found the session cookie of `U` dead.
pub(super) struct DeadCookie<U> {
    seen: Arc<AtomicBool>,
    resource: PhantomData<fn() -> U>,
}

impl<U> DeadCookie<U> {
    pub(super) fn report(&self) {
        self.seen.store(true, Ordering::Relaxed);
    }
}

impl<U> Clone for DeadCookie<U> {
    fn clone(&self) -> Self {
        Self {
            seen: Arc::clone(&self.seen),
            resource: PhantomData,
        }
    }
}

/// Clears a session cookie that turned out dead while the page was made.
pub(in crate::http) struct DeadCookieWatch {
    seen: Arc<AtomicBool>,
    name: String,
    clear: HeaderValue,
}

impl DeadCookieWatch {
    fn apply(self, answer: &mut Response) {
        let headers = answer.headers_mut();
        let set_already = headers.get_all(header::SET_COOKIE).iter().any(|line| {
            let rest = line.as_bytes().strip_prefix(self.name.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"="))
        });
        if self.seen.load(Ordering::Relaxed) && !set_already {
            headers.append(header::SET_COOKIE, self.clear);
        }
    }
}

/// Lets a request pass the layer, for one resource.
///
/// A dead cookie is cleared on page loads only: the answer to some other request could overtake that of a sign-in
/// and take its new cookie away.
pub(in crate::http) fn enter<U: Authenticated>(
    authentication: &Authentication<U>,
    head: &mut Parts,
) -> Result<Option<DeadCookieWatch>, Box<Answer>> {
    let http = authentication.http();
    let tenanted = authentication.for_request(head);
    head.extensions.insert(tenanted);
    if !http.cookie.is_in(&head.headers) {
        return Ok(None);
    }
    if let Err(failure) = http.check_origin(head) {
        return Err(Box::new(http.refuse(&AuthRequest::new(head, None), &failure)));
    }
    let loads_page = head.method == Method::GET && prefers_html(&head.headers);
    let clear = loads_page.then(|| http.cookie.clear()).flatten();
    Ok(clear.map(|clear| {
        let seen = Arc::new(AtomicBool::new(false));
        head.extensions.insert(DeadCookie::<U> {
            seen: Arc::clone(&seen),
            resource: PhantomData,
        });
        DeadCookieWatch {
            seen,
            name: http.cookie.name().to_owned(),
            clear,
        }
    }))
}
