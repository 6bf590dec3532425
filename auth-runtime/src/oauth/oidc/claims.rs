//! What must hold of the claims of an ID token (OpenID Connect Core §3.1.3.7; promise OA-04).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};

use crate::oauth::SigningAlgorithm;

/// Why a signed token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// It is not three parts of base64url, or not JSON in which every member stands once.
    #[error("it is not a token")]
    Malformed,
    /// Longer than 16 KiB.
    #[error("it is too long")]
    TooLong,
    /// Signed otherwise than the declaration says.
    #[error("it is signed with another algorithm than the configured one")]
    WrongAlgorithm,
    /// The header asks for something that is not known.
    #[error("its header has a member that is not allowed")]
    ForbiddenHeader,
    /// A token of another kind.
    #[error("it is a token of another kind")]
    WrongType,
    /// No key of that name suits the algorithm.
    #[error("none of the issuer's keys is the one it names")]
    UnknownKey,
    /// It names no key, and there are several.
    #[error("it names no key, and the issuer has several")]
    AmbiguousKey,
    /// The signature is another one.
    #[error("its signature does not match")]
    BadSignature,
    /// A claim is missing.
    #[error("its claim `{0}` is missing")]
    Missing(&'static str),
    /// A claim has another type, or a value out of bounds.
    #[error("its claim `{0}` is unusable")]
    Unusable(&'static str),
    /// Another issuer's.
    #[error("it is from another issuer")]
    OtherIssuer,
    /// For another client.
    #[error("it is for another client")]
    OtherAudience,
    /// For somebody else as well.
    #[error("it is for an audience that is not trusted as well")]
    UntrustedAudience,
    /// Issued to another client.
    #[error("it was issued to another party")]
    OtherParty,
    /// Past its time.
    #[error("it has expired")]
    Expired,
    /// Before its time.
    #[error("it is not valid yet")]
    NotYet,
    /// Issued too long ago for a sign-in.
    #[error("it was issued too long ago")]
    TooOld,
    /// Another attempt's.
    #[error("its nonce is not the one of the attempt")]
    OtherNonce,
    /// It goes with another access token or code.
    #[error("its hash `{0}` does not match")]
    OtherHash(&'static str),
    /// The person signed in there longer ago than asked for.
    #[error("the sign-in at the provider is older than asked for")]
    StaleSignIn,
    /// The person signed in there less strongly than asked for.
    #[error("the sign-in at the provider is weaker than asked for")]
    WeakSignIn,
}

/// What the claims of one token are compared with.
pub(in crate::oauth) struct Expected<'a> {
    pub(in crate::oauth) issuer: &'a str,
    pub(in crate::oauth) client_id: &'a str,
    pub(in crate::oauth) trusted_audiences: &'a [String],
    pub(in crate::oauth) algorithm: SigningAlgorithm,
    pub(in crate::oauth) leeway: Duration,
    /// How long ago it may have been issued.
    pub(in crate::oauth) lifetime: Duration,
    pub(in crate::oauth) nonce: Option<&'a str>,
    pub(in crate::oauth) max_age: Option<u32>,
    pub(in crate::oauth) acr_values: &'a [String],
    pub(in crate::oauth) access_token: &'a str,
    pub(in crate::oauth) code: &'a str,
}

/// Checks the claims of a fresh ID token whose signature has been checked.
pub(in crate::oauth) fn check_id_token(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
    now: OffsetDateTime,
) -> Result<(), TokenFault> {
    let claims = Claims(claims);
    claims.subject()?;
    claims.audience(expected)?;
    let issued = claims.times(expected, now)?;
    if issued + expected.lifetime < now {
        return Err(TokenFault::TooOld);
    }
    claims.nonce(expected.nonce)?;
    claims.hash("at_hash", expected.access_token, expected.algorithm)?;
    claims.hash("c_hash", expected.code, expected.algorithm)?;
    if let Some(max_age) = expected.max_age {
        let signed_in = claims
            .time("auth_time")?
            .ok_or(TokenFault::Missing("auth_time"))?;
        if signed_in + Duration::seconds(max_age.into()) + expected.leeway < now {
            return Err(TokenFault::StaleSignIn);
        }
    }
    if !expected.acr_values.is_empty() {
        let acr = claims.text("acr")?.ok_or(TokenFault::Missing("acr"))?;
        if !expected.acr_values.iter().any(|value| value == acr) {
            return Err(TokenFault::WeakSignIn);
        }
    }
    Ok(())
}

/// Checks the claims of signed user info: whose word it is, and for whom ([O-14]).
pub(in crate::oauth) fn check_signed_user_info(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
) -> Result<(), TokenFault> {
    Claims(claims).audience(expected)
}

pub(super) struct Claims<'a>(pub(super) &'a Map<String, Value>);

impl Claims<'_> {
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, TokenFault> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenFault::Unusable(name)),
        }
    }

    fn time(&self, name: &'static str) -> Result<Option<OffsetDateTime>, TokenFault> {
        let seconds = match self.0.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number,
            Some(_) => return Err(TokenFault::Unusable(name)),
        };
        // RFC 7519 allows fractions; they do not matter here.
        let text = seconds.to_string();
        text.split('.')
            .next()
            .and_then(|whole| whole.parse().ok())
            .and_then(|whole| OffsetDateTime::from_unix_timestamp(whole).ok())
            // Adding spans of time to it stays within what can be represented.
            .filter(|time| (1970..=9000).contains(&time.year()))
            .map(Some)
            .ok_or(TokenFault::Unusable(name))
    }

    pub(super) fn subject(&self) -> Result<&str, TokenFault> {
        let subject = self.text("sub")?.ok_or(TokenFault::Missing("sub"))?;
        if subject.trim().is_empty() || subject.len() > 255 || !subject.is_ascii() {
            return Err(TokenFault::Unusable("sub"));
        }
        Ok(subject)
    }

    /// Issuer, audience and authorized party.
    pub(super) fn audience(&self, expected: &Expected<'_>) -> Result<(), TokenFault> {
        if self.text("iss")?.ok_or(TokenFault::Missing("iss"))? != expected.issuer {
            return Err(TokenFault::OtherIssuer);
        }
        let audiences: Vec<&str> = match self.0.get("aud") {
            None | Some(Value::Null) => return Err(TokenFault::Missing("aud")),
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
                .ok_or(TokenFault::Unusable("aud"))?,
            Some(_) => return Err(TokenFault::Unusable("aud")),
        };
        if !audiences.contains(&expected.client_id) {
            return Err(TokenFault::OtherAudience);
        }
        let trusted = |audience: &&str| {
            *audience == expected.client_id
                || expected.trusted_audiences.iter().any(|other| other == audience)
        };
        if !audiences.iter().all(trusted) {
            return Err(TokenFault::UntrustedAudience);
        }
        match self.text("azp")? {
            Some(party) if party != expected.client_id => Err(TokenFault::OtherParty),
            None if audiences.len() > 1 => Err(TokenFault::Missing("azp")),
            _ => Ok(()),
        }
    }

    /// `exp`, `iat` and `nbf`; returns `iat`.
    pub(super) fn times(
        &self,
        expected: &Expected<'_>,
        now: OffsetDateTime,
    ) -> Result<OffsetDateTime, TokenFault> {
        let expires = self.time("exp")?.ok_or(TokenFault::Missing("exp"))?;
        let issued = self.time("iat")?.ok_or(TokenFault::Missing("iat"))?;
        if expires + expected.leeway <= now {
            return Err(TokenFault::Expired);
        }
        let begins = self.time("nbf")?.unwrap_or(issued).max(issued);
        if begins > now + expected.leeway {
            return Err(TokenFault::NotYet);
        }
        Ok(issued)
    }

    fn nonce(&self, expected: Option<&str>) -> Result<(), TokenFault> {
        match (expected, self.text("nonce")?) {
            (None, None) => Ok(()),
            (Some(expected), Some(found)) if bool::from(expected.as_bytes().ct_eq(found.as_bytes())) => {
                Ok(())
            }
            (Some(_), None) => Err(TokenFault::Missing("nonce")),
            _ => Err(TokenFault::OtherNonce),
        }
    }

    /// The left half of the digest, in base64url (OpenID Connect Core §3.1.3.6).
    fn hash(&self, name: &'static str, value: &str, algorithm: SigningAlgorithm) -> Result<(), TokenFault> {
        let Some(found) = self.text(name)? else {
            return Ok(());
        };
        if found == half_digest(value, algorithm) {
            Ok(())
        } else {
            Err(TokenFault::OtherHash(name))
        }
    }
}

fn half_digest(value: &str, algorithm: SigningAlgorithm) -> String {
    use SigningAlgorithm::{
        ES256, ES384, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512,
    };
    let digest = match algorithm {
        RS256 | PS256 | ES256 | HS256 => Sha256::digest(value).to_vec(),
        RS384 | PS384 | ES384 | HS384 => Sha384::digest(value).to_vec(),
        // Ed25519 hashes with SHA-512 (RFC 8032).
        RS512 | PS512 | HS512 | EdDSA => Sha512::digest(value).to_vec(),
    };
    let half = digest.iter().take(digest.len() / 2).copied().collect::<Vec<u8>>();
    URL_SAFE_NO_PAD.encode(half)
}
