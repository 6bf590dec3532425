//! Signing a remembered browser in at the start of a request (promise SE-07).

use std::{fmt, sync::Arc};

use http::{HeaderValue, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use super::{Http, answer::told, cookie::TooLong, credentials::Loaded, metadata::metadata};
use crate::{
    authentication::Authentication,
    context::Context,
    error::{Cause, Code, Error, Failure},
    session::{CurrentSession, Remembered, SignedIn},
    strategies::remember_me,
    token::Purpose,
    user::Authenticated,
};

/// The session of a request, and the cookies that the answer must set.
#[non_exhaustive]
pub struct FoundSession<U> {
    /// The live session, if there is one.
    pub session: Option<Arc<CurrentSession<U>>>,
    /// Lines of `Set-Cookie`, for the answer whatever it is: a browser that was remembered has got a new session, and
    /// its token is used up.
    pub set_cookies: Vec<HeaderValue>,
}

impl<U> fmt::Debug for FoundSession<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundSession")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl<U: Authenticated> Authentication<U> {
    /// The live session that a request carries in its cookie or as `Authorization: Bearer`, for servers other than
    /// axum's. A credential that is nobody's session (any more) counts as none, whatever the reason. A remembered
    /// browser without a live session is signed in.
    ///
    /// # Errors
    /// [`Code::AmbiguousCredentials`] when several credentials do not name one subject (promise SE-11), and
    /// [`Code::Unavailable`] when the check cannot be made. The caller denies (promise FA-06).
    pub async fn session_from(&self, head: &Parts) -> Result<FoundSession<U>, Failure> {
        let authentication = self.for_request(head);
        let (loaded, set_cookies) = authentication.load_or_remember(head).await?;
        Ok(FoundSession {
            session: loaded.session,
            set_cookies,
        })
    }

    /// What [`load`](Self::load) finds, or else the session of a remembered browser, with the cookies to set.
    pub(super) async fn load_or_remember(
        &self,
        head: &Parts,
    ) -> Result<(Loaded<U>, Vec<HeaderValue>), Failure> {
        let mut loaded = self.load(head).await?;
        let mut cookies = Vec::new();
        let http = self.http();
        let Some(token) = http.remembered(head) else {
            return Ok((loaded, cookies));
        };
        if let Some(session) = &loaded.session {
            if self.remembers_somebody_else(token, session.subject()) {
                cookies.extend(http.forget());
            }
            return Ok((loaded, cookies));
        }
        // A bearer or a key was sent on purpose: a browser that happens to be remembered is not what the client meant.
        if loaded.on_purpose {
            return Ok((loaded, cookies));
        }
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        let token = SecretString::from(token);
        let outcome = remember_me::sign_in(&context, remember_me::SignIn { token }).await;
        match context.record(outcome).await {
            Ok(signed_in) => {
                cookies.extend(http.sign_in_cookies(head, &signed_in)?);
                loaded.session = CurrentSession::of(&signed_in).map(Arc::new);
                loaded.dead_cookie = false;
            }
            Err(Error::AuthenticationFailed(failed)) => {
                if is_about_the_token(failed.cause) {
                    cookies.extend(http.forget());
                }
            }
            Err(error) => return Err(told(&error, context.request().request_id.as_deref())),
        }
        Ok((loaded, cookies))
    }

    /// Whether a token remembers another person than this one. A token that is no good remembers nobody.
    pub(super) fn remembers_somebody_else(&self, token: &str, subject: &str) -> bool {
        self.tokens().is_some_and(|tokens| {
            tokens
                .verify(token, Purpose::RememberMe, self.now())
                .map_or(true, |claims| claims.sub != subject)
        })
    }
}

/// Whether a refusal will be the same the next time: the token is no good, or whom it names may not sign in. A limit
/// and a lost race say nothing about it, and the browser keeps what works again later.
const fn is_about_the_token(cause: Cause) -> bool {
    !matches!(cause, Cause::TooManyAttempts | Cause::ChangedMeanwhile)
}

impl<U: Authenticated> Http<U> {
    /// The token by which the browser wants to be remembered.
    pub(super) fn remembered<'h>(&'h self, head: &'h Parts) -> Option<&'h str> {
        self.remember_cookie.as_ref()?.sole(&head.headers)
    }

    /// The line that takes the cookie away.
    pub(super) fn forget(&self) -> Option<HeaderValue> {
        self.remember_cookie.as_ref()?.clear()
    }

    /// The cookies of somebody who has just signed in.
    pub(super) fn sign_in_cookies(
        &self,
        head: &Parts,
        signed_in: &SignedIn<U>,
    ) -> Result<Vec<HeaderValue>, Failure> {
        let mut lines = Vec::new();
        lines.extend(self.session_cookie(head, signed_in)?);
        if let (Some(cookie), Some(remembered)) = (&self.remember_cookie, &signed_in.remember_me) {
            let Remembered { token, expires_at } = remembered;
            let now = signed_in
                .claims
                .as_ref()
                .map_or(*expires_at, |claims| claims.issued_at());
            let lifetime: Duration = *expires_at - now;
            let line = cookie.set(head, token.expose_secret(), lifetime);
            lines.extend(line.map_err(|TooLong| Failure::new(Code::Internal))?);
        }
        Ok(lines)
    }
}
