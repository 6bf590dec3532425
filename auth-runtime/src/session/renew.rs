use time::{Duration, OffsetDateTime};

use super::{
    TokensRevoked,
    end::{Which, end_which},
    mint::store_row,
    seen::idle_limit,
};
use crate::{
    authentication::Authentication,
    context::Context,
    error::{Cause, Error},
    random,
    resources::token::{NewSession, StoredToken, TokenStore},
    token::{Claims, ExtraClaims, Minted, NewToken, Purpose},
    user::{Authenticated, Conn},
};

/// A token that renews sessions was presented after it had been used. Its session has ended (promise SE-07).
///
/// Either somebody copied it, or the client lost the answer that brought the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenReused {
    /// Whose session it was, such as `user?id=42`.
    pub subject: String,
    /// The session, as its owner's list showed it.
    pub session: String,
    /// What the token was for.
    pub purpose: Purpose,
}

/// How many successors of a spent token are looked at within the grace.
const STEPS: usize = 8;

/// What came of presenting a token that renews a session.
pub(crate) enum Presented {
    /// It was spent now, or a moment ago by a request beside this one. Here is what follows it.
    Renewed(Box<Renewed>),
    /// It had been used before. The family is ended, with these rows of session tokens.
    Reused {
        session: String,
        ended: Vec<StoredToken>,
    },
    /// It does not work (any more).
    Refused(Cause),
}

/// The token that takes the place of a spent one.
pub(crate) struct Renewed {
    pub(crate) token: Minted,
    pub(crate) family: String,
    /// The claims that the action added when the person signed in.
    pub(crate) carried: ExtraClaims,
}

/// Spends a token that renews a session and makes the next one, or finds out why not. The person is locked already.
///
/// Of any number of requests with one token, one spends it; the others get the same successor if they come within
/// `grace`, and end the family if they come later. The successor ends when the first token of the family would have:
/// renewing does not make a session longer.
pub(crate) async fn present<U: Authenticated>(
    context: &Context<U>,
    connection: &mut Conn<U>,
    claims: &Claims,
    grace: Duration,
) -> Result<Presented, Error> {
    let tokens = context.auth.tokens().ok_or(Error::NoSuchAction)?;
    let (purpose, now) = (claims.purpose, context.auth.now());
    let row = U::Tokens::find(connection, &claims.jti).await?;
    let Some(row) = row.filter(|row| row.subject == claims.sub) else {
        return Ok(Presented::Refused(Cause::TokenInvalid));
    };
    let (Some(family), Some(signed_in_at)) = (row.family.clone(), row.signed_in_at) else {
        return Ok(Presented::Refused(Cause::TokenInvalid));
    };
    if !row.is_live(purpose, now) {
        return spent::<U>(context, connection, claims, row, grace).await;
    }
    let seen = row.last_seen_at.unwrap_or(row.created_at).get();
    if purpose == Purpose::Refresh && idle_limit::<U>().is_some_and(|limit| now - seen >= limit) {
        // For good: a clock that is set back later revives nothing (promise FA-12).
        U::Tokens::revoke_family(connection, &claims.sub, &family, now).await?;
        return Ok(Presented::Refused(Cause::StaleSession));
    }
    let successor = random::identifier()?;
    if U::Tokens::rotate(connection, &claims.jti, &claims.sub, purpose, &successor, now).await? == 0 {
        // Whoever else writes tokens of this person waits for the lock.
        return Ok(Presented::Refused(Cause::ChangedMeanwhile));
    }
    let carried = row.extra_claims();
    let new = successor_of(claims, successor, remaining(now, row.expires_at.get()));
    let token = tokens.mint(now, new)?;
    let client_address = context.client_address();
    let session = NewSession {
        family: &family,
        signed_in_at: signed_in_at.get(),
        user_agent: context.request().user_agent.as_deref(),
        client_address: client_address.as_deref(),
    };
    store_row::<U>(connection, &token.claims, &carried, Some(session), now).await?;
    Ok(Presented::Renewed(Box::new(Renewed {
        token,
        family,
        carried,
    })))
}

/// What a token that is over comes to.
async fn spent<U: Authenticated>(
    context: &Context<U>,
    connection: &mut Conn<U>,
    claims: &Claims,
    row: StoredToken,
    grace: Duration,
) -> Result<Presented, Error> {
    let now = context.auth.now();
    let (Some(_), Some(family)) = (&row.successor, row.family.clone()) else {
        // Expired, or ended with its session: nobody used it in place of its owner.
        return Ok(Presented::Refused(Cause::TokenSpent));
    };
    // The clocks of two processes differ a little, either way.
    if (now - row.updated_at.get()).abs() < grace {
        return match head::<U>(connection, row, claims.purpose, now).await? {
            Some(head) => same_successor(context, claims, &head, family),
            None => Ok(Presented::Refused(Cause::TokenSpent)),
        };
    }
    let subject = row.subject;
    let which = Which::One(family.clone());
    let (tokens, ended) = end_which::<U>(connection, &subject, &which, now).await?;
    if tokens == 0 {
        // The family was over. Nobody is alarmed once more for each try.
        return Ok(Presented::Refused(Cause::TokenReused));
    }
    Ok(Presented::Reused {
        session: family,
        ended,
    })
}

/// The live token at the end of the chain of successors.
async fn head<U: Authenticated>(
    connection: &mut Conn<U>,
    mut row: StoredToken,
    purpose: Purpose,
    now: OffsetDateTime,
) -> Result<Option<StoredToken>, Error> {
    for _ in 0..STEPS {
        let Some(successor) = &row.successor else { break };
        match U::Tokens::find(connection, successor).await? {
            Some(next) if next.subject == row.subject => row = next,
            _ => return Ok(None),
        }
        if row.is_live(purpose, now) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Signs the successor once more. It says what it said the first time, so that the family does not fork.
fn same_successor<U: Authenticated>(
    context: &Context<U>,
    claims: &Claims,
    row: &StoredToken,
    family: String,
) -> Result<Presented, Error> {
    let tokens = context.auth.tokens().ok_or(Error::NoSuchAction)?;
    let issued = row.created_at.get();
    let new = successor_of(claims, row.jti.clone(), remaining(issued, row.expires_at.get()));
    Ok(Presented::Renewed(Box::new(Renewed {
        token: tokens.mint(issued, new)?,
        family,
        carried: row.extra_claims(),
    })))
}

/// The proof is as old as it was (promise MF-04).
fn successor_of(claims: &Claims, jti: String, lifetime: std::time::Duration) -> NewToken {
    let mut new = NewToken::new(claims.purpose, claims.sub.clone());
    new.jti = Some(jti);
    new.lifetime = Some(lifetime);
    new.auth_time = claims.auth_time;
    new.amr.clone_from(&claims.amr);
    new
}

/// The whole seconds until a token ends that is minted now.
fn remaining(now: OffsetDateTime, end: OffsetDateTime) -> std::time::Duration {
    let seconds = end.unix_timestamp().saturating_sub(now.unix_timestamp());
    std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

impl<U: Authenticated> Authentication<U> {
    /// What follows the commit that ended a family.
    pub(crate) fn tell_reused(&self, reused: &TokenReused, ended: &[StoredToken]) {
        tracing::warn!(
            resource = U::SETTINGS.subject_name,
            subject = reused.subject,
            purpose = %reused.purpose,
            "a used token was presented again, so its session has ended"
        );
        for row in ended {
            if row.purpose == Purpose::User.as_str() {
                self.tell_revoked(&TokensRevoked::Token { jti: row.jti.clone() });
            }
        }
        self.tell_of_reuse(reused);
    }
}
