use std::{
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
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
/// something is refused if another site caused it (promise SE-08), whatever route it is for; except the POST by which a
/// provider makes a browser come back.
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
        let mut resources = self.application.resources();
        let posted_back = resources.any(|resource| resource.is_posted_back(&head));
        for resource in self.application.resources() {
            match resource.enter(&mut head, posted_back) {
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

/// What an extractor found out about the cookies of `U`, for the answer.
pub(super) struct CookieNotes<U> {
    lines: Arc<Mutex<Vec<HeaderValue>>>,
    /// Takes a dead session cookie away, where that is safe.
    clear: Option<HeaderValue>,
    resource: PhantomData<fn() -> U>,
}

impl<U> CookieNotes<U> {
    /// Sets cookies with the answer; a session cookie that turned out dead is cleared.
    pub(super) fn take(&self, mut lines: Vec<HeaderValue>, dead_cookie: bool) {
        lines.extend(self.clear.clone().filter(|_| dead_cookie));
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(lines);
    }
}

impl<U> Clone for CookieNotes<U> {
    fn clone(&self) -> Self {
        Self {
            lines: Arc::clone(&self.lines),
            clear: self.clear.clone(),
            resource: PhantomData,
        }
    }
}

/// Sets the cookies that were found necessary while the page was made.
pub(in crate::http) struct CookieWatch(Arc<Mutex<Vec<HeaderValue>>>);

impl CookieWatch {
    /// A handler that set a cookie of the same name knows better.
    fn apply(self, answer: &mut Response) {
        let lines = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let headers = answer.headers_mut();
        let set_already: Vec<Vec<u8>> = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|line| name_of(line).to_vec())
            .collect();
        for line in lines {
            if !set_already.iter().any(|name| name == name_of(&line)) {
                headers.append(header::SET_COOKIE, line);
                // No shared cache may hand one person's cookie to others, whatever the page itself allows.
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
        }
    }
}

/// The name of the cookie that a line sets.
fn name_of(line: &HeaderValue) -> &[u8] {
    line.as_bytes()
        .split(|byte| *byte == b'=')
        .next()
        .unwrap_or_default()
}

/// Lets a request pass the layer, for one resource.
///
/// A dead cookie is cleared on page loads only: the answer to some other request could overtake that of a sign-in
/// and take its new cookie away.
pub(in crate::http) fn enter<U: Authenticated>(
    authentication: &Authentication<U>,
    head: &mut Parts,
    posted_back: bool,
) -> Result<Option<CookieWatch>, Box<Answer>> {
    let http = authentication.http();
    let tenanted = authentication.for_request(head);
    head.extensions.insert(tenanted);
    if !http.has_cookie(head) {
        return Ok(None);
    }
    // The route itself asks for the `state`.
    if !posted_back && let Err(failure) = http.check_origin(head) {
        return Err(Box::new(http.refuse(&AuthRequest::new(head, None), &failure)));
    }
    let loads_page = head.method == Method::GET && prefers_html(&head.headers);
    let lines = Arc::new(Mutex::new(Vec::new()));
    head.extensions.insert(CookieNotes::<U> {
        lines: Arc::clone(&lines),
        clear: loads_page.then(|| http.cookie.clear()).flatten(),
        resource: PhantomData,
    });
    Ok(Some(CookieWatch(lines)))
}
