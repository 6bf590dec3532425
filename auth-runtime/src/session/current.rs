use std::{fmt, sync::Arc};

use diesel::QueryResult;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::TokensRevoked;
use super::mint::expiry;
use crate::{
    authentication::Authentication,
    db::{AsStorage, Key, Problem, classify},
    error::Error,
    resources::token::{NewTokenRow, TokenStore, revoke_or_insert},
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

    /// The application's own claims, as stored with the token or, without a stored row, as the token carries them.
    #[must_use]
    pub const fn token_claims(&self) -> &Map<String, Value> {
        &self.token_claims
    }

    /// When the person last proved who they are.
    #[must_use]
    pub fn proven_at(&self) -> OffsetDateTime {
        self.claims
            .auth_time
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
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
        let Some(tokens) = self.tokens() else {
            return Ok(None);
        };
        let now = self.now();
        let claims = match tokens.verify(token, Purpose::User, now) {
            Ok(claims) if claims.act.is_none() => claims,
            Ok(_) => return Ok(None),
            Err(rejected) => {
                tracing::debug!(cause = %rejected, "a session token was refused");
                return Ok(None);
            }
        };
        let name = U::SETTINGS.subject_name;
        let Some(key) =
            parse_subject(&claims.sub, name, U::KEY_COLUMN).and_then(|key| U::Key::from_text(&key))
        else {
            return Ok(None);
        };
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
        Ok(found.map(|(user, stored)| {
            let token_claims = stored
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_else(|| claims.extra.clone());
            CurrentSession {
                user: Arc::new(user),
                claims,
                token_claims,
            }
        }))
    }

    /// Ends the session that this token stands for, on the server (promise SE-03).
    ///
    /// A token that is expired or revoked already counts as ended. One that does not verify is nobody's session,
    /// and nothing is written for it.
    ///
    /// # Errors
    /// [`Error::Storage`] when the session could not be ended.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let Some(tokens) = self.tokens() else {
            return Ok(());
        };
        let Ok(claims) = tokens.verify_for_revocation(token, &[Purpose::User]) else {
            return Ok(());
        };
        let now = self.now();
        let claims = Arc::new(claims);
        let revoked = TokensRevoked::Token {
            jti: claims.jti.clone(),
        };
        self.write(move |connection| {
            let claims = Arc::clone(&claims);
            Box::pin(async move {
                let row = NewTokenRow {
                    jti: &claims.jti,
                    subject: &claims.sub,
                    purpose: Purpose::User,
                    expires_at: expiry(&claims),
                    extra_data: None,
                };
                revoke_or_insert::<U::Tokens, _>(connection, row, now).await
            })
        })
        .await
        .or_else(|error| match error.as_storage().map(classify) {
            // Somebody else wrote the same revocation first.
            Some(Problem::UniqueViolation { .. }) => Ok(()),
            _ => Err(error),
        })?;
        self.tell_revoked(&revoked);
        Ok(())
    }
}

/// The person and the stored claims of a session that still counts.
async fn look_up<U: Authenticated>(
    connection: &mut Conn<U>,
    key: &U::Key,
    claims: &Claims,
    now: OffsetDateTime,
) -> QueryResult<Option<(U, Option<String>)>> {
    let jti = &claims.jti;
    if U::SETTINGS.tokens.require_presence {
        return U::find_with_session(connection, key, jti, &claims.sub, now).await;
    }
    if U::SETTINGS.session_identifier == SessionIdentifier::Jti
        && U::Tokens::is_revoked(connection, jti).await?
    {
        return Ok(None);
    }
    Ok(U::find(connection, key).await?.map(|user| (user, None)))
}
