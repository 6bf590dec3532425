use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use secrecy::ExposeSecret;
use serde_json::json;
use time::Duration;

use super::{
    Answer, AuthRequest, Http,
    answer::{json as json_answer, seal, told},
    body::Body,
    cookie::TooLong,
    credentials::every_token,
    metadata::metadata,
    respond::default_failure,
    routes::{Landing, Route, Step},
};
#[cfg(feature = "axum")]
use super::{negotiation::prefers_html, pages};
use crate::{
    authentication::Authentication,
    context::{Browser, Context},
    error::{Code, Failure},
    session::SignedIn,
    strategy::{ActionOutcome, Confirmed, Input, Outcome},
    user::Authenticated,
};

/// How long a browser keeps the secret that something was bound to: as long as the longest link lives.
const KNOWN_FOR: Duration = Duration::days(3);

impl<U: Authenticated> Authentication<U> {
    /// Answers a request to one of the resource's routes, `/<subject>/…`, with the prefix under which the
    /// application mounts them taken off.
    ///
    /// A server that knows the socket's other end puts it into the request as [`PeerAddress`](super::PeerAddress).
    /// HEAD is answered as GET is; the server leaves out the body. A panic is answered with 500 (promise FA-13).
    pub async fn handle(&self, head: &Parts, body: &[u8]) -> Answer {
        let caught = AssertUnwindSafe(async { self.for_request(head).answer(head, body).await })
            .catch_unwind()
            .await;
        caught.unwrap_or_else(|_| {
            tracing::error!(resource = U::TYPE_NAME, "a handler panicked");
            let request = AuthRequest::new(head, None);
            seal(default_failure(&request, &Failure::new(Code::Internal)))
        })
    }

    async fn answer(&self, head: &Parts, body: &[u8]) -> Answer {
        let http = self.http();
        match http.routes.find(head.uri.path(), &head.method) {
            None => http.refuse(&AuthRequest::new(head, None), &Failure::new(Code::NotFound)),
            Some(Step::Act(route)) => self.act(head, body, route).await,
            Some(Step::Land(route, landing)) => http.land(head, route, landing),
            Some(Step::SignOut) => self.sign_out_over_http(head, body).await,
            Some(Step::AskToSignOut) => ask_to_sign_out(head),
        }
    }

    async fn act(&self, head: &Parts, body: &[u8], route: &Route) -> Answer {
        let http = self.http();
        let mut request = AuthRequest::new(head, Some(route.activity));
        let prepared = async {
            http.check_origin(head)?;
            let name = U::SETTINGS.subject_name;
            let Body { arguments, return_to } = Body::read(&head.headers, body, name, route.token_field())?;
            let session = self.load(&head.headers).await?.session;
            Ok((arguments, return_to, session))
        };
        let (arguments, return_to, session) = match prepared.await {
            Ok(prepared) => prepared,
            Err(failure) => return http.refuse(&request, &failure),
        };
        request.set_return_to(return_to.as_deref());
        let mut context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip))
            .in_browser(http.browser_of(&head.headers));
        if let Some(session) = session {
            context = context.with_session(session);
        }
        match run(&context, route, arguments).await {
            Ok(outcome) => http.succeed(&request, &outcome, context.browser()),
            Err(failure) => http.refuse(&request, &failure),
        }
    }

    /// Ends every session of this resource that the request carries. The cookie is cleared whatever happens.
    async fn sign_out_over_http(&self, head: &Parts, body: &[u8]) -> Answer {
        let http = self.http();
        let mut request = AuthRequest::new(head, None);
        if let Err(failure) = http.check_origin(head) {
            return http.refuse(&request, &failure);
        }
        // Only a form has something to say here, and an unreadable body is no reason to stay signed in.
        if let Ok(body) = Body::read(&head.headers, body, U::SETTINGS.subject_name, None) {
            request.set_return_to(body.return_to.as_deref());
        }
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        let mut result = Ok(());
        for token in every_token(&head.headers, &http.cookie) {
            // One that could not be ended does not keep the others.
            let ended = self.sign_out(token).await;
            result = result.and(ended);
        }
        let recorded = context.record(Outcome::of("session", "sign_out", result)).await;
        let mut answer = match recorded {
            Ok(()) => seal(http.respond.signed_out(&request)),
            Err(error) => http.refuse(&request, &told(&error, context.request().request_id.as_deref())),
        };
        if let Some(clear) = http.cookie.clear() {
            answer.headers_mut().append(header::SET_COOKIE, clear);
        }
        answer
    }
}

async fn run<U: Authenticated>(
    context: &Context<U>,
    route: &Route,
    arguments: Input,
) -> Result<ActionOutcome<U>, Failure> {
    let outcome = U::dispatch(context, route.index, route.activity.phase, arguments).await;
    context
        .record(outcome)
        .await
        .map_err(|error| told(&error, context.request().request_id.as_deref()))
}

impl<U: Authenticated> Http<U> {
    /// Refuses what another site caused (promise SE-08).
    pub(super) fn check_origin(&self, head: &Parts) -> Result<(), Failure> {
        if self.origin.admits(head, self.cookie.is_in(&head.headers)) {
            Ok(())
        } else {
            Err(Failure::new(Code::CrossSite))
        }
    }

    /// The application's answer to a failure. It sets no cookies (promise EN-01).
    pub(super) fn refuse(&self, request: &AuthRequest<'_>, failure: &Failure) -> Answer {
        seal(self.respond.failure(request, failure))
    }

    /// The browser that sent a request. A cookie that is there twice tells nothing.
    fn browser_of(&self, headers: &HeaderMap) -> Browser {
        let mut values = self.browser.values(headers);
        let value = values.next().filter(|_| values.next().is_none());
        Browser::with_cookie(value.map(Into::into))
    }

    fn succeed(&self, request: &AuthRequest<'_>, outcome: &ActionOutcome<U>, browser: &Browser) -> Answer {
        let cookie = match outcome {
            ActionOutcome::SignedIn(signed_in)
            | ActionOutcome::Confirmed(Confirmed {
                signed_in: Some(signed_in),
                ..
            }) => self.session_cookie(request.head(), signed_in),
            ActionOutcome::Accepted(_) | ActionOutcome::Confirmed(_) | ActionOutcome::SignInToken(_) => {
                Ok(None)
            }
        };
        let cookie = match cookie {
            Ok(cookie) => cookie,
            Err(failure) => return self.refuse(request, &failure),
        };
        let mut answer = seal(self.respond.success(request, outcome));
        if let Some(cookie) = cookie
            && !answer.status().is_server_error()
        {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if let Some(secret) = browser.bound()
            && !answer.status().is_server_error()
            && let Ok(Some(cookie)) = self
                .browser
                .set(request.head(), secret.expose_secret(), KNOWN_FOR)
        {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }

    fn session_cookie(&self, head: &Parts, signed_in: &SignedIn<U>) -> Result<Option<HeaderValue>, Failure> {
        let (Some(token), Some(claims)) = (&signed_in.token, &signed_in.claims) else {
            return Ok(None);
        };
        let lifetime = Duration::seconds(claims.exp.saturating_sub(claims.iat));
        self.cookie
            .set(head, token.expose_secret(), lifetime)
            .map_err(|TooLong| {
                let extra_claims: Vec<&str> = claims.extra.keys().map(String::as_str).collect();
                tracing::error!(
                    resource = U::TYPE_NAME,
                    ?extra_claims,
                    "the session token does not fit into a cookie; make the extra claims smaller"
                );
                Failure::new(Code::Internal)
            })
    }

    /// Leads to the POST without looking at the token (promise SU-06).
    #[cfg_attr(
        not(feature = "axum"),
        expect(unused_variables, reason = "only pages look at the head")
    )]
    fn land(&self, head: &Parts, route: &Route, landing: &Landing) -> Answer {
        #[cfg(feature = "axum")]
        if prefers_html(&head.headers) {
            let request = AuthRequest::new(head, Some(route.activity));
            return match pages::landing(head, landing) {
                Ok(page) => seal(page),
                Err(failure) => self.refuse(&request, &failure),
            };
        }
        let description = json!({
            "strategy": route.activity.strategy,
            "phase": route.activity.phase,
            "method": "POST",
            "field": landing.field,
        });
        seal(json_answer(StatusCode::OK, &description))
    }
}

#[cfg_attr(
    not(feature = "axum"),
    expect(unused_variables, reason = "only pages look at the head")
)]
fn ask_to_sign_out(head: &Parts) -> Answer {
    #[cfg(feature = "axum")]
    if prefers_html(&head.headers) {
        return seal(pages::sign_out());
    }
    seal(json_answer(StatusCode::OK, &json!({"method": "POST"})))
}
