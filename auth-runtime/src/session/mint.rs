use std::{fmt, sync::Arc};

use secrecy::SecretString;
use time::OffsetDateTime;

use crate::{
    context::Context,
    db::Key,
    error::{AuthenticationFailed, Cause, Error},
    resources::token::{NewTokenRow, TokenStore, revoke_or_insert},
    token::{Claims, ExtraClaims, NewToken, Purpose, subject_text},
    user::{Authenticated, Conn},
};

/// Proof that a person showed a first factor. Strategies make these; only [`mint`] turns one into a session.
pub struct FirstFactor<U> {
    user: Arc<U>,
    strategy: &'static str,
    action: &'static str,
    method: Vec<String>,
    proven_at: Option<OffsetDateTime>,
    extra: ExtraClaims,
}

impl<U: Authenticated> FirstFactor<U> {
    /// `user` has just shown a factor of the kind `method` (RFC 8176, such as `pwd`) to `action` of `strategy`.
    #[must_use]
    pub fn new(user: Arc<U>, strategy: &'static str, action: &'static str, method: &str) -> Self {
        Self {
            user,
            strategy,
            action,
            method: vec![method.to_owned()],
            proven_at: None,
            extra: ExtraClaims::default(),
        }
    }

    /// The factor was shown earlier, as a one-time token says that is being exchanged now (promise MF-04).
    #[must_use]
    pub(crate) fn carried_by(mut self, claims: &Claims) -> Self {
        self.method.clone_from(&claims.amr);
        self.proven_at = claims
            .auth_time
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        self
    }

    /// Claims that this action adds to the session token. They win over the configured ones.
    #[must_use]
    pub fn with_claims(mut self, extra: ExtraClaims) -> Self {
        self.extra = self.extra.merged_with(extra);
        self
    }
}

/// Somebody who is signed in as of now.
#[non_exhaustive]
pub struct SignedIn<U> {
    /// Who it is.
    pub user: Arc<U>,
    /// The session token, unless the resource has tokens switched off.
    pub token: Option<SecretString>,
    /// What the token says.
    pub claims: Option<Arc<Claims>>,
}

impl<U: Authenticated> SignedIn<U> {
    /// The subject, such as `user?id=42`.
    #[must_use]
    pub fn subject(&self) -> String {
        subject(&*self.user)
    }
}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U> fmt::Debug for FirstFactor<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstFactor")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U> fmt::Debug for SignedIn<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl<U> Clone for SignedIn<U> {
    fn clone(&self) -> Self {
        Self {
            user: Arc::clone(&self.user),
            token: self.token.clone(),
            claims: self.claims.clone(),
        }
    }
}

/// The subject of a person.
pub(crate) fn subject<U: Authenticated>(user: &U) -> String {
    subject_text(U::SETTINGS.subject_name, U::KEY_COLUMN, &user.key().to_text())
}

/// Makes a session: the only way to a session token (promise MF-01).
///
/// Runs in the transaction of the action. It first locks the person's row, as does everything that ends sessions,
/// so a sign-in that races with a password change either comes first and is ended by it, or comes after it
/// (promise SE-05). A session that the same request carried is ended (promise SE-01).
///
/// # Errors
/// [`Error::AuthenticationFailed`] when the person does not exist any more or may not have a session (promise CF-03),
/// and the database's errors.
pub async fn mint<U: Authenticated>(
    context: &Context<U>,
    connection: &mut Conn<U>,
    factor: FirstFactor<U>,
) -> Result<SignedIn<U>, Error> {
    let FirstFactor {
        user,
        strategy,
        action,
        method,
        proven_at,
        extra,
    } = factor;
    let refuse = |cause| AuthenticationFailed::new(strategy, action, cause);
    if U::lock(connection, user.key()).await? == 0 {
        return Err(refuse(Cause::NoSubject).into());
    }
    if user.tenant() != *context.auth.tenant()? {
        return Err(refuse(Cause::ForeignSubject).into());
    }
    context.auth.admit(&user).map_err(refuse)?;
    context.succeed(connection, Some(&subject(&*user))).await?;
    let Some(tokens) = context.auth.tokens() else {
        return Ok(SignedIn {
            user,
            token: None,
            claims: None,
        });
    };
    let now = context.auth.now();
    if let Some(previous) = context.session() {
        let claims = previous.claims();
        let row = NewTokenRow {
            jti: &claims.jti,
            subject: &claims.sub,
            purpose: Purpose::User,
            expires_at: expiry(claims),
            extra_data: None,
        };
        revoke_or_insert::<U::Tokens, _>(connection, row, now).await?;
        context.leaves_session();
    }
    let extra = user
        .extra_claims()
        .merged_with(context.token_claims.clone())
        .merged_with(extra);
    let mut new = NewToken::new(Purpose::User, subject(&*user));
    new.amr = method;
    new.auth_time = Some(proven_at.unwrap_or(now).unix_timestamp());
    new.extra = extra.clone();
    let minted = tokens.mint(now, new)?;
    let settings = &U::SETTINGS.tokens;
    if settings.store_all || settings.require_presence {
        store::<U>(connection, &minted.claims, &extra, now).await?;
    }
    Ok(SignedIn {
        user,
        token: Some(minted.token),
        claims: Some(Arc::new(minted.claims)),
    })
}

/// Writes the row that belongs to a fresh token.
pub(crate) async fn store<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
    extra: &ExtraClaims,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let extra_data = if extra.is_empty() {
        None
    } else {
        Some(serde_json::to_string(&extra.clone().into_map()).map_err(Error::internal)?)
    };
    let row = NewTokenRow {
        jti: &claims.jti,
        subject: &claims.sub,
        purpose: claims.purpose,
        expires_at: expiry(claims),
        extra_data: extra_data.as_deref(),
    };
    U::Tokens::store(connection, row, now).await?;
    Ok(())
}

/// Voids what a subject holds: the tokens of one purpose, or everything (promises SU-05, SU-09).
pub(crate) async fn void<U: Authenticated>(
    context: &Context<U>,
    connection: &mut Conn<U>,
    subject: &str,
    purpose: Option<Purpose>,
) -> Result<(), Error> {
    U::Tokens::revoke_subject(connection, subject, purpose, context.auth.now()).await?;
    Ok(())
}

/// When a token ends.
pub(crate) fn expiry(claims: &Claims) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(claims.exp).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
