//! Attempts that go on at a provider: rows of the token store, found by the digest of their `state`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::Duration;
use zeroize::Zeroizing;

use super::{Cx, OAuth2};
use crate::{
    digest,
    error::Error,
    oauth::Pending,
    resources::token::{NewTokenRow, StoredToken, TokenStore},
    seal::Sealer,
    token::Purpose,
    user::{Authenticated, Conn},
};

/// How long a person may take at the provider (promise SU-04).
const LIFETIME: Duration = Duration::minutes(5);
/// How many attempts one browser can have under way, such as in several tabs; the oldest gives way (promise FA-11).
const PER_BROWSER: usize = 5;
/// How many are looked at: beginnings that did not see each other may have left more than that.
const LOOKED_AT: i64 = 64;

/// The server's half of an attempt (promise OA-01).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// The strategy that it was begun for (promise OA-02).
    pub(super) strategy: String,
    /// The tenant, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tenant: Option<String>,
    /// The connection, where the strategy has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) connection_id: Option<String>,
    /// The provider, by its base URL: it must be the same one in the end (promise OA-02).
    pub(super) base_url: String,
    pub(super) pending: Pending,
    /// Where the person wanted to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) return_to: Option<String>,
    /// Whether the browser is to be remembered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) remembers: bool,
    /// The session that the identity is to be attached to (promise OA-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<ForSession>,
}

impl Attempt {
    /// The attempt under a key that is its `state`, which no row holds: whoever reads the table learns no verifier and no
    /// nonce (promise SU-01).
    fn sealed(&self, jti: &str) -> Result<String, Error> {
        let state = SecretString::from(&*self.pending.state);
        let plain = Zeroizing::new(serde_json::to_vec(self).map_err(Error::internal)?);
        let sealed = Sealer::new(&state, &[])?.seal(jti, &plain)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn open(sealed: &str, jti: &str, state: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let sealer = Sealer::new(&SecretString::from(state), &[]).ok()?;
        let plain = sealer.open(jti, &sealed).ok()?;
        serde_json::from_str(plain.expose_secret()).ok()
    }
}

/// The session that began to attach an identity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ForSession {
    pub(super) subject: String,
    pub(super) jti: String,
}

/// An attempt that a callback found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) attempt: Attempt,
    jti: String,
    /// The browser that began it.
    browser: String,
}

type Tokens<S> = <<S as crate::identity::ByIdentity>::User as Authenticated>::Tokens;

/// Attempts of one browser have one subject, which no person has.
fn subject_of(browser: &str) -> String {
    format!("browser:{browser}")
}

/// Attempts of two kinds of people do not find each other, though their rows may share a table (promise TN-01).
fn jti_of<S: OAuth2>(state: &str) -> String {
    let name = <S::User as Authenticated>::SETTINGS.subject_name;
    digest::of(["oauth_attempt", name, state])
}

/// Keeps an attempt for the browser that begins it.
pub(super) async fn keep<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    attempt: &Attempt,
    browser: &str,
) -> Result<(), Error> {
    let now = cx.auth.now();
    let subject = subject_of(browser);
    let purposes = [Purpose::OAuthAttempt];
    let earlier = Tokens::<S>::live_of_subject(connection, &subject, &purposes, now, LOOKED_AT).await?;
    for row in earlier.iter().skip(PER_BROWSER - 1) {
        Tokens::<S>::revoke(connection, &row.jti, now).await?;
    }
    let jti = jti_of::<S>(&attempt.pending.state);
    let kept = attempt.sealed(&jti)?;
    let row = NewTokenRow {
        jti: &jti,
        subject: &subject,
        purpose: Purpose::OAuthAttempt,
        expires_at: now + LIFETIME,
        extra_data: Some(&kept),
        session: None,
    };
    Tokens::<S>::store(connection, row, now).await?;
    Ok(())
}

/// The live attempt that a callback with this `state` answers.
pub(super) async fn find<S: OAuth2>(cx: &Cx<S>, state: &str) -> Result<Option<Found>, Error> {
    let jti = jti_of::<S>(state);
    let row = cx
        .auth
        .read(move |connection| {
            let jti = jti.clone();
            Box::pin(async move { Tokens::<S>::find(connection, &jti).await })
        })
        .await?;
    let now = cx.auth.now();
    let row = row.filter(|row| row.is_live(Purpose::OAuthAttempt, now));
    Ok(row.and_then(|row| read(row, state)))
}

fn read(row: StoredToken, state: &str) -> Option<Found> {
    Some(Found {
        attempt: Attempt::open(row.extra_data.as_deref()?, &row.jti, state)?,
        browser: row.subject.strip_prefix("browser:")?.to_owned(),
        jti: row.jti,
    })
}

impl Found {
    /// Spends the attempt. Of any number of callbacks one goes on, in whatever process (promise OA-01).
    pub(super) async fn spend<S: OAuth2>(&self, cx: &Cx<S>) -> Result<bool, Error> {
        let (jti, subject) = (self.jti.clone(), subject_of(&self.browser));
        let now = cx.auth.now();
        cx.auth
            .write(move |connection| {
                let (jti, subject) = (jti.clone(), subject.clone());
                Box::pin(async move {
                    let purpose = Purpose::OAuthAttempt;
                    let spent = Tokens::<S>::spend(connection, &jti, &subject, purpose, now).await?;
                    Ok::<_, Error>(spent == 1)
                })
            })
            .await
    }

    /// Whether this browser began it.
    pub(super) fn is_in_its_browser<S: OAuth2>(&self, cx: &Cx<S>) -> bool {
        cx.browser().is(&self.browser)
    }
}
