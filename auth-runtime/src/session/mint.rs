use std::{fmt, sync::Arc, time::Duration};

use secrecy::SecretString;
use time::OffsetDateTime;

use crate::{
    context::Context,
    db::Key,
    error::{AuthenticationFailed, Cause, Error},
    random,
    resources::token::{NewSession, NewTokenRow, TokenStore},
    session::end,
    token::{Claims, ExtraClaims, Minted, NewToken, Purpose, subject_text},
    user::{Authenticated, Conn, RefreshSettings},
};

/// Proof that a person showed a first factor. Strategies make these; only [`mint`] turns one into a session.
pub struct FirstFactor<U> {
    user: Arc<U>,
    strategy: &'static str,
    action: &'static str,
    method: Vec<String>,
    proven_at: Option<OffsetDateTime>,
    extra: ExtraClaims,
    continued: Option<Continued>,
}

/// The session that goes on under a new token. Whoever renews it has proven nothing anew.
pub(crate) struct Continued {
    /// The family.
    pub(crate) family: String,
    /// What renews it the next time. The session ends with it, whatever the lifetime of the new token.
    pub(crate) next: Minted,
}

/// What a browser keeps to be signed in again when its session is gone.
#[derive(Clone)]
#[non_exhaustive]
pub struct Remembered {
    /// The token, for the cookie of the `remember_me` strategy.
    pub token: SecretString,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

impl Remembered {
    fn new(minted: Minted) -> Self {
        Self {
            expires_at: minted.claims.expires_at(),
            token: minted.token,
        }
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
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
            continued: None,
        }
    }

    /// The session is not a new one.
    #[must_use]
    pub(crate) fn continuing(mut self, continued: Continued) -> Self {
        self.continued = Some(continued);
        self
    }

    /// The factor was shown earlier, as a one-time token says that is being exchanged now (promise MF-04).
    #[must_use]
    pub(crate) fn carried_by(mut self, claims: &Claims) -> Self {
        self.method.clone_from(&claims.amr);
        self.proven_at = claims.proven_at();
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
    /// What [`Context::refresh`] takes once the session token is over. Only with a `refresh` block, and not for the
    /// cookie session of a browser.
    pub refresh_token: Option<SecretString>,
    /// The next token of the `remember_me` strategy, if the browser is to be remembered. Over HTTP it becomes a cookie.
    pub remember_me: Option<Remembered>,
    /// Whether the person has proven nothing anew: a session was renewed, or a browser remembered (promise MF-04).
    pub renewed: bool,
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
            refresh_token: self.refresh_token.clone(),
            remember_me: self.remember_me.clone(),
            renewed: self.renewed,
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
/// (promise SE-05). Whether the person may have a session is asked of the row as it is then (promises SE-06, CF-03).
/// A session that the same request carried is ended, with everything that could renew it (promise
/// SE-01).
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
        continued,
    } = factor;
    let refuse = |cause| AuthenticationFailed::new(strategy, action, cause);
    if U::lock(connection, user.key()).await? == 0 {
        return Err(refuse(Cause::NoSubject).into());
    }
    // The strategy may have read the row long before, such as ahead of a hash. What counts is what it says now that
    // nobody else can change it.
    let user = U::find(connection, user.key()).await?;
    let user = Arc::new(user.ok_or_else(|| refuse(Cause::NoSubject))?);
    if user.tenant() != *context.auth.tenant()? {
        return Err(refuse(Cause::ForeignSubject).into());
    }
    context.auth.admit(&user).map_err(refuse)?;
    context.succeed(connection, Some(&subject(&*user))).await?;
    let Some(tokens) = context.auth.tokens() else {
        return Ok(SignedIn {
            user,
            token: None,
            refresh_token: None,
            remember_me: None,
            renewed: false,
            claims: None,
        });
    };
    let now = context.auth.now();
    if let Some(previous) = context.session().filter(|_| continued.is_none()) {
        end::session_of::<U>(connection, previous.claims(), now).await?;
        context.leaves_session();
    }
    let settings = &U::SETTINGS.tokens;
    let carried = context.token_claims.clone().merged_with(extra);
    let extra = user.extra_claims().merged_with(carried.clone());
    let proven_at = proven_at.unwrap_or(now);
    let mut new = NewToken::new(Purpose::User, subject(&*user));
    new.amr.clone_from(&method);
    new.auth_time = Some(proven_at.unix_timestamp());
    new.extra = extra.clone();
    // A browser's session is checked on the server at each request, so its cookie gains nothing from a short life.
    let refresh = settings.refresh.filter(|_| !context.for_page);
    new.lifetime = Some(lifetime::<U>(refresh, continued.as_ref(), now));
    let minted = tokens.mint(now, new)?;
    let renewed = continued.is_some();
    let (family, next) = match continued {
        Some(Continued { family, next }) => (family, Some(next)),
        None => (random::identifier()?, None),
    };
    let client_address = context.client_address();
    let session = NewSession {
        family: &family,
        signed_in_at: proven_at,
        user_agent: context.request().user_agent.as_deref(),
        client_address: client_address.as_deref(),
    };
    if settings.store_all || settings.require_presence {
        store_row::<U>(connection, &minted.claims, &extra, Some(session), now).await?;
    }
    let (mut refresh_token, mut remember_me) = (None, None);
    match next {
        Some(next) if next.claims.purpose == Purpose::Refresh => refresh_token = Some(next.token),
        Some(next) => remember_me = Some(Remembered::new(next)),
        None => {
            let remembers = context.remembers && U::SETTINGS.remember_me.is_some();
            for purpose in [
                refresh.map(|_| Purpose::Refresh),
                remembers.then_some(Purpose::RememberMe),
            ]
            .into_iter()
            .flatten()
            {
                let mut new = NewToken::new(purpose, subject(&*user));
                new.amr.clone_from(&method);
                new.auth_time = Some(proven_at.unix_timestamp());
                let minted = tokens.mint(now, new)?;
                store_row::<U>(connection, &minted.claims, &carried, Some(session), now).await?;
                match purpose {
                    Purpose::Refresh => refresh_token = Some(minted.token),
                    _ => remember_me = Some(Remembered::new(minted)),
                }
            }
        }
    }
    Ok(SignedIn {
        user,
        token: Some(minted.token),
        refresh_token,
        remember_me,
        renewed,
        claims: Some(Arc::new(minted.claims)),
    })
}

/// How long a session token lives: for `token_lifetime`, less if it can be refreshed, and no longer than what renews
/// it.
fn lifetime<U: Authenticated>(
    refresh: Option<RefreshSettings>,
    continued: Option<&Continued>,
    now: OffsetDateTime,
) -> Duration {
    let longest = U::SETTINGS.tokens.lifetime_seconds;
    let access = refresh.map_or(longest, |refresh| refresh.access_token_lifetime_seconds);
    let left = continued.map_or(longest, |continued| {
        let seconds = (continued.next.claims.expires_at() - now).whole_seconds();
        u64::try_from(seconds).unwrap_or_default()
    });
    Duration::from_secs(longest.min(access).min(left))
}

/// Writes the row that belongs to a fresh one-time token.
#[cfg_attr(
    not(feature = "password"),
    allow(dead_code, reason = "only the strategies of features use it")
)]
pub(crate) async fn store<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
    extra: &ExtraClaims,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store_row::<U>(connection, claims, extra, None, now).await
}

pub(super) async fn store_row<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
    extra: &ExtraClaims,
    session: Option<NewSession<'_>>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let extra_data = if extra.is_empty() {
        None
    } else {
        Some(serde_json::to_string(&extra.clone().into_map()).map_err(Error::internal)?)
    };
    let row = NewTokenRow {
        extra_data: extra_data.as_deref(),
        session,
        ..NewTokenRow::of(claims)
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
