//! Which sessions here came from a session at the provider, and their end from there (OpenID Connect Back-Channel Logout
//! 1.0).

use std::{collections::BTreeSet, sync::Arc};

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::{Arrival, is_taken, way};
use crate::{
    digest,
    error::{Cause, Error},
    oauth::{LogoutToken, ProviderError},
    random,
    resources::token::{NewTokenRow, StoredToken, TokenStore},
    session::{TokensRevoked, key_of},
    strategies::oauth2::{Cx, EndProviderSession, Job, OAuth2, realm::realm},
    strategy::{Act, Outcome, Sort, perform_freely},
    token::Purpose,
    user::{Authenticated, Conn},
};

const ACTION: &str = "backchannel_logout";
/// How many sessions one logout token ends at most.
const MOST: i64 = 256;
/// How long a logout token is remembered: longer than any counts.
const REMEMBERED: Duration = Duration::hours(25);

type Tokens<S> = <<S as crate::identity::ByIdentity>::User as Authenticated>::Tokens;

/// A session here, as the rows of a session there name it.
#[derive(Debug, Serialize, Deserialize)]
struct Session {
    subject: String,
    family: String,
}

/// What rows go by that stand for a session, or for everything of a person, at the provider. No person has it as subject.
fn name(realm: &str, strategy: &str, issuer: &str, kind: &str, value: &str) -> String {
    format!("provider:{}", digest::of([realm, strategy, issuer, kind, value]))
}

/// Notes that the session with the token `jti` came from the provider, if the provider may end it.
pub(super) async fn note_provider_session<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    arrival: &Arrival,
    subject: &str,
    jti: &str,
) -> Result<(), Error> {
    if !S::CONFIG.backchannel_logout {
        return Ok(());
    }
    let Some(row) = Tokens::<S>::find(connection, jti).await? else {
        return Ok(());
    };
    let session = Session {
        subject: subject.to_owned(),
        family: row.session_id().to_owned(),
    };
    let session = serde_json::to_string(&session).map_err(Error::internal)?;
    let now = cx.auth.now();
    let identified = &arrival.identified;
    let of = |kind, value| name(&arrival.realm, &arrival.way.key, &identified.issuer, kind, value);
    let by_subject = of("sub", &identified.subject);
    let purposes = [Purpose::ProviderSession];
    let known = Tokens::<S>::live_of_subject(connection, &by_subject, &purposes, now, MOST).await?;
    if known
        .iter()
        .any(|known| known.extra_data.as_deref() == Some(&*session))
    {
        return Ok(());
    }
    let settings = &<S::User as Authenticated>::SETTINGS.tokens;
    let refresh = settings
        .refresh
        .map(|refresh| refresh.refresh_token_lifetime_seconds);
    let seconds = settings.lifetime_seconds.max(refresh.unwrap_or_default());
    let expires_at = now + Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
    let names = [
        Some(by_subject),
        identified.sid.as_deref().map(|sid| of("sid", sid)),
    ];
    for subject in names.iter().flatten() {
        let row = NewTokenRow {
            jti: &random::identifier()?,
            subject,
            purpose: Purpose::ProviderSession,
            expires_at,
            extra_data: Some(&session),
            session: None,
        };
        Tokens::<S>::store(connection, row, now).await?;
    }
    Ok(())
}

/// A logout token that does not count, whatever the reason.
pub(in super::super) const fn refused_logout(cause: Cause) -> Error {
    Error::InvalidToken {
        purpose: Purpose::ProviderSession,
        cause,
    }
}

/// Ends the sessions that came from a session at the provider, on the provider's word. A logout token counts once.
///
/// There is nothing to guess, so nothing is counted: who sends many tokens that do not count keeps no others out.
///
/// # Errors
/// [`Error::InvalidToken`] for a token that does not count; [`Error::Provider`] when the provider's keys cannot be had;
/// [`Error::Storage`].
pub async fn end_provider_session<S: OAuth2>(cx: &Cx<S>, input: EndProviderSession) -> Outcome<()> {
    let act = Act::new(S::CONFIG.name, ACTION, Sort::Proof);
    perform_freely(cx, act, |cx| async move {
        if !S::CONFIG.backchannel_logout {
            return Err(Error::NoSuchAction);
        }
        let way = way::<S>(&cx, ACTION, None).await?;
        let text = input.logout_token.expose_secret();
        let verified = way.provider.verify_logout_token(text, cx.auth.now()).await;
        let token = verified.map_err(|error| match error {
            ProviderError::Token { .. } => refused_logout(Cause::TokenInvalid),
            error => way.failed(&cx, error),
        })?;
        let auth = cx.auth.clone();
        let job: Job<S, (String, LogoutToken)> = Arc::new((cx, (way.key, token)));
        let ended = auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (cx, (key, token)) = &*job;
                    end::<S>(cx, connection, key, token).await
                })
            })
            .await;
        match ended {
            // It was used before.
            Err(error) if is_taken(&error) => Err(refused_logout(Cause::TokenSpent)),
            Err(error) => Err(error),
            Ok(jtis) => {
                for jti in jtis {
                    auth.tell_revoked(&TokensRevoked::Token { jti });
                }
                Ok(())
            }
        }
    })
    .await
}

/// Says which session tokens ended.
async fn end<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    key: &str,
    token: &LogoutToken,
) -> Result<Vec<String>, Error> {
    let (now, realm) = (cx.auth.now(), realm::<S>(cx));
    let used = format!("logout:{}", digest::of([&*realm, key, &token.issuer, &token.id]));
    let row = NewTokenRow {
        jti: &used,
        subject: &used,
        purpose: Purpose::Revocation,
        expires_at: now + REMEMBERED,
        extra_data: None,
        session: None,
    };
    Tokens::<S>::store(connection, row, now).await?;
    // A token that names a session means that one, if it is the named person's; one without means everything of the person.
    let names = |kind, value: &String| name(&realm, key, &token.issuer, kind, value);
    let sid = token.session.as_ref().map(|sid| names("sid", sid));
    let sub = token.subject.as_ref().map(|sub| names("sub", sub));
    let (subject, other) = match (sid, sub) {
        (Some(sid), sub) => (sid, sub),
        (None, Some(sub)) => (sub, None),
        (None, None) => return Err(refused_logout(Cause::TokenInvalid)),
    };
    let read = |row: &StoredToken| serde_json::from_str::<Session>(row.extra_data.as_deref()?).ok();
    let purposes = [Purpose::ProviderSession];
    let rows = Tokens::<S>::live_of_subject(connection, &subject, &purposes, now, MOST).await?;
    let mut sessions: Vec<Session> = rows.iter().filter_map(read).collect();
    if let Some(other) = other {
        let theirs = Tokens::<S>::live_of_subject(connection, &other, &purposes, now, MOST).await?;
        let theirs: BTreeSet<String> = theirs
            .iter()
            .filter_map(read)
            .map(|session| session.family)
            .collect();
        sessions.retain(|session| theirs.contains(&session.family));
    }
    // In step with whatever renews one of these sessions at this moment, and in one order.
    let owners: BTreeSet<&str> = sessions.iter().map(|session| session.subject.as_str()).collect();
    for key in owners.into_iter().filter_map(key_of::<S::User>) {
        <S::User as Authenticated>::lock(connection, &key).await?;
    }
    let mut ended = Vec::new();
    for session in &sessions {
        cx.concerns(&session.subject);
        let live =
            Tokens::<S>::live_of_subject(connection, &session.subject, Purpose::OF_SESSIONS, now, MOST)
                .await?;
        let live = live
            .into_iter()
            .filter(|live| live.session_id() == session.family);
        ended.extend(live.map(|live| live.jti));
        Tokens::<S>::revoke_family(connection, &session.subject, &session.family, now).await?;
    }
    let is_ended = |row: &&StoredToken| {
        let named = read(row);
        named.is_none_or(|named| sessions.iter().any(|ended| ended.family == named.family))
    };
    for row in rows.iter().filter(is_ended) {
        Tokens::<S>::revoke(connection, &row.jti, now).await?;
    }
    cx.succeed(connection, None).await?;
    Ok(ended)
}
