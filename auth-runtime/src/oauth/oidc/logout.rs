//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6).

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{
    TokenFault,
    claims::{Claims, Expected},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A provider says that somebody has signed out there. `sub`, `sid` or both are there.
///
/// # Security
/// The same token may come again: remember `jti` until it cannot count any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogoutToken {
    /// Who says it.
    pub issuer: String,
    /// Of whom; all sessions of that person, unless there is a `session`.
    pub subject: Option<String>,
    /// Which session there.
    pub session: Option<String>,
    /// The token's own name.
    pub id: String,
    /// When it was made.
    pub issued_at: OffsetDateTime,
}

/// Checks the claims of a logout token whose signature has been checked.
pub(in crate::oauth) fn read_logout_token(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
    now: OffsetDateTime,
) -> Result<LogoutToken, TokenFault> {
    let claims = Claims(claims);
    claims.audience(expected)?;
    let issued_at = claims.times(expected, now)?;
    if issued_at + expected.lifetime < now {
        return Err(TokenFault::TooOld);
    }
    // An ID token must not pass for a logout token.
    if claims.0.contains_key("nonce") {
        return Err(TokenFault::WrongType);
    }
    let event = claims.0.get("events").and_then(|events| events.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(TokenFault::Unusable("events"));
    }
    let id = claims.text("jti")?.filter(|id| !id.is_empty() && id.len() <= 255);
    let subject = match claims.text("sub")? {
        Some(_) => Some(claims.subject()?.to_owned()),
        None => None,
    };
    let session = claims
        .text("sid")?
        .filter(|sid| !sid.is_empty() && sid.len() <= 255)
        .map(str::to_owned);
    if subject.is_none() && session.is_none() {
        return Err(TokenFault::Missing("sub"));
    }
    Ok(LogoutToken {
        issuer: expected.issuer.to_owned(),
        subject,
        session,
        id: id.ok_or(TokenFault::Missing("jti"))?.to_owned(),
        issued_at,
    })
}
