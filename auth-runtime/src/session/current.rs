use std::{fmt, sync::Arc};

use diesel::QueryResult;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::{STRATEGY, SignedIn, TokensRevoked, end};
use crate::{
    authentication::Authentication,
    context::Context,
    db::{AsStorage, Key, Problem, classify},
    error::Error,
    resources::token::{SessionRow, TokenStore},
    strategy::{self, Act, Sort},
    token::{Claims, Purpose, parse_subject},
    user::{Authenticated, Conn, SessionIdentifier},
};

/// The session that a request came with, checked.
pub struct CurrentSession<U> {
    user: Arc<U>,
    claims: Arc<Claims>,
    token_claims: Map<String, Value>,
}

impl<U> CurrentSession<U> {
    /// The session that has just begun.
    pub(crate) fn of(signed_in: &SignedIn<U>) -> Option<Self> {
        let claims = signed_in.claims.as_ref()?;
        Some(Self {
            user: Arc::clone(&signed_in.user),
            token_claims: claims.extra.clone(),
            claims: Arc::clone(claims),
        })
    }

    /// Who is signed in.
    #[must_use]
    pub const fn user(&self) -> &Arc<U> {
        &self.user
    }

    /// The subject, such as `user?id=42`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// The session's identifier. It is not a secret.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.claims.jti
    }

    /// The verified claims of the session token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    #[cfg(feature = "axum")]
    pub(crate) fn shared_claims(&self) -> Arc<Claims> {
        Arc::clone(&self.claims)
    }

    /// The application's own claims, as stored with the token or, without a stored row, as the token carries them.
    #[must_use]
    pub const fn token_claims(&self) -> &Map<String, Value> {
        &self.token_claims
    }

    /// When the person last proved who they are.
    #[must_use]
    pub fn proven_at(&self) -> OffsetDateTime {
        self.claims.proven_at().unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Whether the proof is at most `window` old (promise MF-04).
    #[must_use]
    pub fn is_fresh(&self, now: OffsetDateTime, window: Duration) -> bool {
        now - self.proven_at() <= window
    }
}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U> fmt::Debug for CurrentSession<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentSession")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl<U: Authenticated> Authentication<U> {
    /// Checks a session token from a cookie or an `Authorization` header.
    ///
    /// `Ok(None)` for everything that is not a live session of this resource; why is not told.
    ///
    /// # Errors
    /// [`Error::Storage`] when the check cannot be made. The caller denies (promise FA-06).
    pub async fn authenticate(&self, token: &str) -> Result<Option<CurrentSession<U>>, Error> {
        let Some((claims, key)) = self.verified(token) else {
            return Ok(None);
        };
        let now = self.now();
        let claims = Arc::new(claims);
        let job = Arc::clone(&claims);
        let found = self
            .read(move |connection| {
                let (key, claims) = (key.clone(), Arc::clone(&job));
                Box::pin(async move { look_up::<U>(connection, &key, &claims, now).await })
            })
            .await?;
        let tenant = self.tenant()?;
        let found = found.filter(|(user, _)| user.tenant() == *tenant);
        let Some((user, row)) = found else {
            return Ok(None);
        };
        if let Some(row) = &row
            && !self.is_in_use(&claims, row, now)
        {
            return Ok(None);
        }
        let token_claims = row
            .and_then(|row| serde_json::from_str(&row.extra_data?).ok())
            .unwrap_or_else(|| claims.extra.clone());
        Ok(Some(CurrentSession {
            user: Arc::new(user),
            claims,
            token_claims,
        }))
    }

    /// The claims of a session token of which the block says that its signature suffices; `None` for every other token.
    #[cfg(feature = "axum")]
    pub(crate) fn signed_claims(&self, token: &str) -> Option<Claims> {
        let suffices = U::SETTINGS.signature_suffices() && self.tenant().is_ok();
        let (claims, _) = suffices.then(|| self.verified(token)).flatten()?;
        Some(claims)
    }

    /// What the signature of a session token vouches for, and whom it names.
    fn verified(&self, token: &str) -> Option<(Claims, U::Key)> {
        let claims = match self.tokens()?.verify(token, Purpose::User, self.now()) {
            Ok(claims) if claims.act.is_none() => claims,
            Ok(_) => return None,
            Err(rejected) => {
                tracing::debug!(cause = %rejected, "a session token was refused");
                return None;
            }
        };
        let key = key_of::<U>(&claims.sub)?;
        Some((claims, key))
    }

    /// Ends the session that this token stands for, on the server, and everything that could renew it (promise
    /// SE-03).
    ///
    /// A refresh token stands for its session too. A token that is expired or revoked already counts as ended. One that does not verify is nobody's session,
    /// and nothing is written for it.
    ///
    /// # Errors
    /// [`Error::Storage`] when the session could not be ended.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        self.context().sign_out(token).await
    }
}

impl<U: Authenticated> Context<U> {
    /// As [`Authentication::sign_out`], on behalf of a request.
    ///
    /// # Errors
    /// [`Error::Storage`] when the session could not be ended.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let act = Act::new(STRATEGY, "sign_out", Sort::Account);
        let outcome = strategy::run(self, act, |cx| async move { cx.end_by_token(token).await }).await;
        self.record(outcome).await
    }

    async fn end_by_token(&self, token: &str) -> Result<(), Error> {
        let auth = &self.auth;
        let Some(tokens) = auth.tokens() else {
            return Ok(());
        };
        let purposes = [Purpose::User, Purpose::Refresh];
        let Ok(claims) = tokens.verify_for_revocation(token, &purposes) else {
            return Ok(());
        };
        self.concerns(&claims.sub);
        self.end_by(claims).await
    }

    /// Ends the session that a browser is remembered by.
    pub(crate) async fn forget(&self, token: &str) -> Result<(), Error> {
        let claims = self
            .auth
            .tokens()
            .and_then(|tokens| tokens.verify_for_revocation(token, &[Purpose::RememberMe]).ok());
        match claims {
            Some(claims) => self.end_by(claims).await,
            None => Ok(()),
        }
    }

    /// Ends the session that a token belongs to.
    pub(crate) async fn end_by(&self, claims: Claims) -> Result<(), Error> {
        let now = self.auth.now();
        let job = Arc::new((self.clone(), claims));
        let (_, claims) = &*job;
        let job = Arc::clone(&job);
        let ended = self
            .auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (cx, claims) = &*job;
                    if let Some(key) = key_of::<U>(&claims.sub) {
                        // In step with whatever makes tokens of the same session at this moment.
                        U::lock(connection, &key).await?;
                    }
                    let ended = end::session_with_rows::<U>(connection, claims, now).await?;
                    cx.succeed(connection, Some(&claims.sub)).await?;
                    Ok(ended)
                })
            })
            .await
            .or_else(|error| match error.as_storage().map(classify) {
                // Somebody else wrote the same revocation first.
                Some(Problem::UniqueViolation { .. }) => Ok(Vec::new()),
                _ => Err(error),
            })?;
        // The session of the token itself, whether or not it was stored, and what else was of the same family.
        let others = ended.into_iter().map(|row| row.jti);
        let own = (claims.purpose == Purpose::User).then(|| claims.jti.clone());
        let mut told: Vec<String> = own.into_iter().chain(others).collect();
        told.sort_unstable();
        told.dedup();
        for jti in told {
            self.auth.tell_revoked(&TokensRevoked::Token { jti });
        }
        Ok(())
    }
}

/// The key of the person whom a subject names; none for a subject of another resource.
pub(crate) fn key_of<U: Authenticated>(subject: &str) -> Option<U::Key> {
    let text = parse_subject(subject, U::SETTINGS.subject_name, U::KEY_COLUMN)?;
    U::Key::from_text(&text)
}

/// The person and the row of a session that still counts.
async fn look_up<U: Authenticated>(
    connection: &mut Conn<U>,
    key: &U::Key,
    claims: &Claims,
    now: OffsetDateTime,
) -> QueryResult<Option<(U, Option<SessionRow>)>> {
    let jti = &claims.jti;
    if U::SETTINGS.tokens.require_presence {
        let found = U::find_with_session(connection, key, jti, &claims.sub, now).await?;
        return Ok(found.map(|(user, row)| (user, Some(row))));
    }
    if U::SETTINGS.session_identifier == SessionIdentifier::Jti
        && U::Tokens::is_revoked(connection, jti).await?
    {
        return Ok(None);
    }
    Ok(U::find(connection, key).await?.map(|user| (user, None)))
}
