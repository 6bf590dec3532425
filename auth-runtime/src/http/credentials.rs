use std::sync::Arc;

use http::{HeaderMap, header, request::Parts};

use super::{
    answer::told,
    cookie::TokenCookie,
    header::{NotSole, sole},
    metadata::metadata,
};
use crate::{
    api_key::CurrentKey,
    authentication::Authentication,
    context::Context,
    error::{Code, Failure},
    session::CurrentSession,
    user::Authenticated,
};

/// The credentials of one resource that a request carries.
#[derive(Default)]
struct Credentials<'h> {
    cookie: Option<&'h str>,
    bearer: Option<&'h str>,
    api_key: Option<&'h str>,
}

impl<'h> Credentials<'h> {
    /// At most one cookie and one `Authorization` header; more are refused (promise SE-11).
    fn of(headers: &'h HeaderMap, cookie: &'h TokenCookie) -> Result<Self, Failure> {
        let ambiguous = || Failure::new(Code::AmbiguousCredentials);
        let mut cookies = cookie.values(headers);
        let cookie = cookies.next();
        if cookies.next().is_some() {
            return Err(ambiguous());
        }
        let authorization = sole(headers, header::AUTHORIZATION).map_err(|NotSole| ambiguous())?;
        Ok(Self {
            cookie,
            bearer: authorization.and_then(bearer),
            api_key: None,
        })
    }

    /// Tells a bearer that is meant to be a key from a session token, and adds the keys that stand in headers of
    /// their own. Two different keys are refused (promise SE-11).
    fn with_keys<U: Authenticated>(
        mut self,
        headers: &'h HeaderMap,
        authentication: &Authentication<U>,
    ) -> Result<Self, Failure> {
        let ambiguous = || Failure::new(Code::AmbiguousCredentials);
        if let Some(text) = self.bearer
            && authentication.api_keys().any(|keys| keys.claims(text))
        {
            (self.bearer, self.api_key) = (None, Some(text));
        }
        for keys in authentication.api_keys() {
            let text = sole(headers, keys.header()).map_err(|NotSole| ambiguous())?;
            match (text.map(str::trim), self.api_key) {
                (Some(text), Some(other)) if text != other => return Err(ambiguous()),
                (Some(text), _) => self.api_key = Some(text),
                (None, _) => {}
            }
        }
        Ok(self)
    }
}

/// The token of an `Authorization` value of the scheme `Bearer`, in any case (RFC 9110, section 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim_start().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Every session token that a request carries, each once. For signing out, where more than one is no reason to stop.
pub(super) fn every_token<'h>(headers: &'h HeaderMap, cookie: &'h TokenCookie) -> Vec<&'h str> {
    let authorizations = headers.get_all(header::AUTHORIZATION).iter();
    let bearers = authorizations.filter_map(|value| value.to_str().ok().and_then(bearer));
    let mut tokens: Vec<&str> = cookie.values(headers).chain(bearers).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// The credentials of a request, looked up once.
pub(super) struct Loaded<U> {
    pub(super) session: Option<Arc<CurrentSession<U>>>,
    pub(super) api_key: Option<Arc<CurrentKey<U>>>,
    /// The request carries a session cookie that is nobody's session (any more).
    pub(super) dead_cookie: bool,
    /// The request carries a bearer token or an API key, whatever it is worth.
    pub(super) on_purpose: bool,
}

impl<U> Clone for Loaded<U> {
    fn clone(&self) -> Self {
        Self {
            session: self.session.clone(),
            api_key: self.api_key.clone(),
            dead_cookie: self.dead_cookie,
            on_purpose: self.on_purpose,
        }
    }
}

impl<U: Authenticated> Authentication<U> {
    /// The API key that a request carries as `Authorization: Bearer` or in the strategy's own header, for servers
    /// other than axum's. A key that does not count is none, whatever the reason (promise AK-02).
    ///
    /// # Errors
    /// As [`Authentication::session_from`].
    pub async fn api_key_from(&self, head: &Parts) -> Result<Option<Arc<CurrentKey<U>>>, Failure> {
        let loaded = self.for_request(head).load(head).await?;
        Ok(loaded.api_key)
    }

    /// The claims of a request that carries a bearer token and nothing else, where its signature suffices. `None` says
    /// nothing about the request: it has to be loaded.
    #[cfg(feature = "axum")]
    pub(super) fn signed_bearer(&self, head: &Parts) -> Option<crate::token::Claims> {
        if !U::SETTINGS.signature_suffices() {
            return None;
        }
        let credentials = Credentials::of(&head.headers, &self.http().cookie).ok()?;
        match credentials.with_keys(&head.headers, self).ok()? {
            Credentials {
                cookie: None,
                bearer: Some(token),
                api_key: None,
            } => self.signed_claims(token),
            _ => None,
        }
    }

    pub(super) async fn load(&self, head: &Parts) -> Result<Loaded<U>, Failure> {
        let headers = &head.headers;
        let Credentials {
            cookie,
            bearer,
            api_key,
        } = Credentials::of(headers, &self.http().cookie)?.with_keys(headers, self)?;
        let by_cookie = self.live(cookie).await?;
        let by_bearer = match (cookie, bearer) {
            (Some(cookie), Some(bearer)) if cookie == bearer => by_cookie.clone(),
            _ => self.live(bearer).await?,
        };
        let dead_cookie = cookie.is_some() && by_cookie.is_none();
        let session = agreed(by_cookie, bearer.is_some(), by_bearer, |session| {
            session.subject()
        })?;
        let by_key = self.found(head, api_key).await?;
        if api_key.is_some() {
            // A key is sent on purpose, as a bearer is: neither stands in for the other.
            let subject = by_key.as_ref().map(|key| key.subject());
            let agrees = match &session {
                Some(session) => subject == Some(session.subject()),
                None => bearer.is_none(),
            };
            if !agrees {
                return Err(Failure::new(Code::AmbiguousCredentials));
            }
        }
        Ok(Loaded {
            session,
            api_key: by_key,
            dead_cookie,
            on_purpose: bearer.is_some() || api_key.is_some(),
        })
    }

    async fn found(&self, head: &Parts, key: Option<&str>) -> Result<Option<Arc<CurrentKey<U>>>, Failure> {
        let Some(text) = key else {
            return Ok(None);
        };
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        match context.find_api_key(text).await {
            Ok(key) => Ok(key.map(Arc::new)),
            Err(error) => Err(told(&error, context.request().request_id.as_deref())),
        }
    }

    async fn live(&self, token: Option<&str>) -> Result<Option<Arc<CurrentSession<U>>>, Failure> {
        match token {
            None => Ok(None),
            Some(token) => match self.authenticate(token).await {
                Ok(session) => Ok(session.map(Arc::new)),
                Err(error) => Err(told(&error, None)),
            },
        }
    }
}

/// The one session that cookie and bearer stand for.
///
/// A dead cookie is left over from earlier and says nothing. A bearer was sent on purpose: if it is dead, the live
/// session of the cookie is not what the client meant.
fn agreed<S>(
    by_cookie: Option<S>,
    bearer_sent: bool,
    by_bearer: Option<S>,
    subject: impl Fn(&S) -> &str,
) -> Result<Option<S>, Failure> {
    match (by_cookie, by_bearer) {
        (Some(one), Some(other)) if subject(&one) == subject(&other) => Ok(Some(other)),
        (Some(_), _) if bearer_sent => Err(Failure::new(Code::AmbiguousCredentials)),
        (Some(session), _) | (None, Some(session)) => Ok(Some(session)),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<header::HeaderName>().unwrap(),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    fn credentials(pairs: &[(&str, &str)]) -> Result<(Option<String>, Option<String>), Failure> {
        let headers = headers(pairs);
        let cookie = TokenCookie::session("user", false);
        let found = Credentials::of(&headers, &cookie)?;
        Ok((found.cookie.map(str::to_owned), found.bearer.map(str::to_owned)))
    }

    const COOKIE: (&str, &str) = ("cookie", "__Host-user_session=c");

    #[test]
    fn se_11_one_credential_of_each_kind_at_most() {
        let ambiguous = Err(Failure::new(Code::AmbiguousCredentials));
        for pairs in [
            [("authorization", "Bearer a"), ("authorization", "Bearer a")],
            [("authorization", "Bearer a"), ("authorization", "Basic b")],
            [COOKIE, COOKIE],
            [
                ("cookie", "x=1"),
                ("cookie", "__Host-user_session=c; __Host-user_session=c"),
            ],
        ] {
            assert_eq!(credentials(&pairs), ambiguous, "{pairs:?}");
        }
        let foreign = ("cookie", "__Host-admin_session=a; __Host-user_session=c");
        assert_eq!(credentials(&[foreign]), Ok((Some("c".to_owned()), None)));
    }

    #[test]
    fn the_scheme_is_compared_without_case() {
        for value in ["Bearer t", "bearer t", "BEARER   t "] {
            let found = credentials(&[("authorization", value)]);
            assert_eq!(found, Ok((None, Some("t".to_owned()))), "{value}");
        }
        for value in ["Basic t", "Bearert", "Bearer", ""] {
            assert_eq!(
                credentials(&[("authorization", value)]),
                Ok((None, None)),
                "{value}"
            );
        }
    }

    #[test]
    fn se_11_cookie_and_bearer_name_one_subject() {
        let agreed = |cookie, sent, bearer| agreed(cookie, sent, bearer, |subject: &&'static str| *subject);
        let ambiguous = Err(Failure::new(Code::AmbiguousCredentials));
        assert_eq!(agreed(Some("one"), true, Some("one")), Ok(Some("one")));
        assert_eq!(agreed(Some("one"), true, Some("two")), ambiguous);
        assert_eq!(
            agreed(Some("one"), true, None),
            ambiguous,
            "the bearer was meant and is dead"
        );
        assert_eq!(agreed(Some("one"), false, None), Ok(Some("one")));
        assert_eq!(agreed(None, true, Some("two")), Ok(Some("two")));
        assert_eq!(agreed(None, true, None), Ok(None));
        assert_eq!(agreed(None, false, None), Ok(None));
    }

    #[test]
    fn se_03_signing_out_ends_every_credential_once() {
        let headers = headers(&[
            ("cookie", "__Host-user_session=b; __Host-user_session=a"),
            ("authorization", "Bearer c"),
            ("authorization", "bearer a"),
            ("authorization", "Basic d"),
        ]);
        let cookie = TokenCookie::session("user", false);
        assert_eq!(every_token(&headers, &cookie), ["a", "b", "c"]);
    }
}
