use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::{HeaderValue, StatusCode, header, request::Parts};
use secrecy::ExposeSecret;
use serde_json::json;
use time::Duration;

use super::{
    Answer, AuthRequest, Http,
    answer::{json as json_answer, seal, told},
    body::{Body, Sent},
    cookie::TooLong,
    credentials::every_token,
    metadata::{metadata, warn_of_undeclared_proxy},
    respond::{default_failure, default_redirect},
    routes::{Landing, Route, Step},
    sessions::Ending,
};
#[cfg(feature = "axum")]
use super::{negotiation::prefers_html, pages};
use crate::{
    authentication::Authentication,
    context::Context,
    error::{AuthenticationFailed, Cause, Code, Error, Failure},
    session::{STRATEGY, SignedIn},
    strategy::{ActionOutcome, Confirmed, Outcome},
    user::Authenticated,
};

impl<U: Authenticated> Authentication<U> {
    /// Answers a request to one of the resource's routes, `/<subject>/…`, with the prefix under which the
    /// application mounts them taken off.
    ///
    /// A server that knows the socket's other end puts it into the request as [`PeerAddress`](super::PeerAddress).
    /// HEAD is answered as GET is; the server leaves out the body. A panic is answered with 500 (promise FA-13).
    pub async fn handle(&self, head: &Parts, body: &[u8]) -> Answer {
        self.handle_sent(head, Ok(body)).await
    }

    /// The same with a body that perhaps could not be read. Its request leaves an event all the same (promise AU-01).
    pub(super) async fn handle_sent(&self, head: &Parts, body: Sent<'_>) -> Answer {
        let caught = AssertUnwindSafe(async { self.for_request(head).answer(head, body).await })
            .catch_unwind()
            .await;
        caught.unwrap_or_else(|_| {
            tracing::error!(resource = U::TYPE_NAME, "a handler panicked");
            let request = AuthRequest::new(head, None);
            seal(default_failure(&request, &Failure::new(Code::Internal)))
        })
    }

    async fn answer(&self, head: &Parts, body: Sent<'_>) -> Answer {
        warn_of_undeclared_proxy(head, &U::SETTINGS);
        let http = self.http();
        let step = http.routes.find(head.uri.path(), &head.method);
        match (step, body) {
            (Some(Step::Act(route, segment)), body) => self.act(head, body, route, segment).await,
            (Some(Step::SignOut), body) => self.sign_out_over_http(head, body).await,
            (Some(Step::Refresh), body) => self.refresh_over_http(head, body).await,
            (Some(Step::EndSession), body) => self.end_sessions_over_http(head, body, Ending::One).await,
            (Some(Step::EndOtherSessions), body) => {
                self.end_sessions_over_http(head, body, Ending::Others).await
            }
            (_, Err(failure)) => http.refuse(&AuthRequest::new(head, None), &failure),
            (Some(Step::Land(route, landing)), Ok(_)) => http.land(head, route, landing),
            (Some(Step::AskToSignOut), Ok(_)) => ask_to_sign_out(head),
            (Some(Step::ListSessions), Ok(_)) => self.list_sessions_over_http(head).await,
            (None, Ok(_)) => http.refuse(&AuthRequest::new(head, None), &Failure::new(Code::NotFound)),
        }
    }

    /// Ends every session of this resource that the request carries. The cookie is cleared whatever happens.
    async fn sign_out_over_http(&self, head: &Parts, body: Sent<'_>) -> Answer {
        let http = self.http();
        let mut request = AuthRequest::new(head, None);
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        let body = match http.check_origin(head).and(body) {
            Ok(body) => body,
            Err(failure) => {
                let failure = refused(&context, STRATEGY, "sign_out", failure).await;
                return http.refuse(&request, &failure);
            }
        };
        // Only a form has something to say here, and an unreadable body is no reason to stay signed in.
        if let Ok(body) = Body::read(&head.headers, body, U::SETTINGS.subject_name, None) {
            request.set_return_to(body.return_to.as_deref());
        }
        let tokens = every_token(&head.headers, &http.cookie);
        let mut recorded = match tokens[..] {
            // Nobody was signed in, which is an event too.
            [] => context.sign_out("").await,
            _ => Ok(()),
        };
        for token in tokens {
            // One that could not be ended does not keep the others.
            let ended = context.sign_out(token).await;
            recorded = recorded.and(ended);
        }
        if let Some(cookie) = &http.remember_cookie {
            for token in cookie.values(&head.headers) {
                let ended = context.forget(token).await;
                recorded = recorded.and(ended);
            }
        }
        let mut answer = match recorded {
            Ok(()) => seal(http.respond.signed_out(&request)),
            Err(error) => http.refuse(&request, &told(&error, context.request().request_id.as_deref())),
        };
        http.clear_session(head, &mut answer);
        answer
    }
}

/// Records an action that was refused before it began, and says what to answer.
pub(super) async fn refused<U: Authenticated>(
    context: &Context<U>,
    strategy: &'static str,
    action: &'static str,
    failure: Failure,
) -> Failure {
    let cause = match failure.code {
        Code::CrossSite => Cause::CrossSite,
        Code::AmbiguousCredentials => Cause::AmbiguousCredentials,
        Code::Malformed | Code::UnsupportedMediaType | Code::PayloadTooLarge => Cause::Malformed,
        Code::Unauthenticated => Cause::NotSignedIn,
        Code::Unavailable => Cause::StorageFailed,
        _ => Cause::InvalidInput,
    };
    let refusal = AuthenticationFailed::new(strategy, action, cause);
    let outcome: Outcome<()> = Outcome::of(strategy, action, Err(refusal.into()));
    match context.record(outcome).await {
        // There was no place for the event.
        Err(error @ Error::Overloaded { .. }) => told(&error, context.request().request_id.as_deref()),
        Ok(()) | Err(_) => failure,
    }
}

impl<U: Authenticated> Http<U> {
    /// Takes the cookies of a session away with an answer: those that the request carries, and the session's in any
    /// case.
    pub(super) fn clear_session(&self, head: &Parts, answer: &mut Answer) {
        let forget = self.is_remembered(head).then(|| self.forget()).flatten();
        for clear in self.cookie.clear().into_iter().chain(forget) {
            answer.headers_mut().append(header::SET_COOKIE, clear);
        }
    }

    /// Whether the request carries the cookie that remembers, whatever it is worth.
    pub(super) fn is_remembered(&self, head: &Parts) -> bool {
        self.remember_cookie
            .as_ref()
            .is_some_and(|cookie| cookie.is_in(&head.headers))
    }

    /// Whether the request carries a cookie that could be abused.
    pub(super) fn has_cookie(&self, head: &Parts) -> bool {
        self.cookie.is_in(&head.headers) || self.is_remembered(head)
    }

    /// Refuses what another site caused (promise SE-08).
    pub(super) fn check_origin(&self, head: &Parts) -> Result<(), Failure> {
        if self.origin.admits(head, self.has_cookie(head)) {
            Ok(())
        } else {
            Err(Failure::new(Code::CrossSite))
        }
    }

    /// The application's answer to a failure. It sets no cookies (promise EN-01).
    pub(super) fn refuse(&self, request: &AuthRequest<'_>, failure: &Failure) -> Answer {
        seal(self.respond.failure(request, failure))
    }

    pub(super) fn succeed(&self, request: &AuthRequest<'_>, outcome: &ActionOutcome<U>) -> Answer {
        let cookies = match outcome {
            ActionOutcome::SignedIn(signed_in)
            | ActionOutcome::Confirmed(Confirmed {
                signed_in: Some(signed_in),
                ..
            }) => self.sign_in_cookies(request.head(), signed_in),
            ActionOutcome::SessionsEnded(_)
            | ActionOutcome::Accepted(_)
            | ActionOutcome::Confirmed(_)
            | ActionOutcome::SignInToken(_)
            | ActionOutcome::Redirect(_)
            | ActionOutcome::Report(_) => Ok(Vec::new()),
        };
        let cookies = match cookies {
            Ok(cookies) => cookies,
            Err(failure) => return self.refuse(request, &failure),
        };
        let mut answer = seal(match outcome {
            ActionOutcome::SessionsEnded(ended) => self.respond.sessions_ended(request, ended),
            // The address may carry a secret of the attempt, and there is nothing in it to be worded.
            ActionOutcome::Redirect(redirect) => default_redirect(request, redirect),
            _ => self.respond.success(request, outcome),
        });
        let leaves = match outcome {
            ActionOutcome::SessionsEnded(ended) => ended.current,
            ActionOutcome::Redirect(redirect) => redirect.ends_session(),
            _ => false,
        };
        if leaves {
            self.clear_session(request.head(), &mut answer);
        }
        if !answer.status().is_server_error() {
            for cookie in cookies {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        answer
    }

    pub(super) fn session_cookie(
        &self,
        head: &Parts,
        signed_in: &SignedIn<U>,
    ) -> Result<Option<HeaderValue>, Failure> {
        let (Some(token), Some(claims)) = (&signed_in.token, &signed_in.claims) else {
            return Ok(None);
        };
        // A client that holds a refresh token keeps both of them itself.
        if signed_in.refresh_token.is_some() {
            return Ok(None);
        }
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
