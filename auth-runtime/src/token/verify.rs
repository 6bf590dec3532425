//! From text to claims that can be relied on, cheapest check first.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;

use super::{Claims, Purpose, Tokens, subject};

/// The longest token, in bytes (promise TK-11).
const MAX_LENGTH: usize = 8 * 1024;

/// Why a token does not count. For the operator: a client is told nothing but that it failed.
///
/// No variant holds anything of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRejected {
    /// Longer than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of canonical base64url, or not strict JSON inside.
    #[error("the token is malformed")]
    Malformed,
    /// The header has a member other than `alg`, `kid` and `typ`.
    #[error("the token header has a forbidden member")]
    ForbiddenHeader,
    /// Signed by another algorithm than ours, or by none.
    #[error("the token names another algorithm")]
    WrongAlgorithm,
    /// Signed by a key that is not, or no longer, ours.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Changed, or signed by someone else.
    #[error("the signature of the token is wrong")]
    BadSignature,
    /// A claim is not there.
    #[error("the token lacks the claim `{0}`")]
    MissingClaim(&'static str),
    /// A claim has the wrong type, or a value that it cannot have.
    #[error("the token has an unacceptable claim `{0}`")]
    InvalidClaim(&'static str),
    /// Minted by another application.
    #[error("the token has another issuer")]
    WrongIssuer,
    /// Minted for another application.
    #[error("the token has another audience")]
    WrongAudience,
    /// About another kind of subject.
    #[error("the token is about another resource")]
    WrongSubject,
    /// Of another tenant, or of none, or of some where there are none.
    #[error("the token is of another tenant")]
    WrongTenant,
    /// For something else.
    #[error("the token is for another purpose")]
    WrongPurpose,
    /// Past its end.
    #[error("the token has expired")]
    Expired,
    /// Not begun, or minted in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Made to live longer than its purpose allows.
    #[error("the token lives longer than allowed")]
    LivesTooLong,
}

impl TokenRejected {
    /// A stable word for audit events and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::ForbiddenHeader => "forbidden_header",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::MissingClaim(_) => "missing_claim",
            Self::InvalidClaim(_) => "invalid_claim",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::WrongSubject => "wrong_subject",
            Self::WrongTenant => "wrong_tenant",
            Self::WrongPurpose => "wrong_purpose",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::LivesTooLong => "lives_too_long",
        }
    }
}

impl Tokens {
    /// The claims of `token`, if it is ours, for `purpose`, and counts at `now` (promises TK-01 to TK-07, TK-11).
    ///
    /// Whether it was revoked is not asked here.
    ///
    /// # Errors
    /// [`TokenRejected`]: the first check that failed.
    pub fn verify(
        &self,
        token: &str,
        purpose: Purpose,
        now: OffsetDateTime,
    ) -> Result<Claims, TokenRejected> {
        let claims = self.authentic_claims(token, &[purpose])?;
        self.check_times(&claims, now.unix_timestamp())?;
        Ok(claims)
    }

    /// The claims of `token`, if it is ours and for one of `purposes`, whether or not it has expired.
    ///
    /// # Errors
    /// [`TokenRejected`], as [`verify`](Self::verify).
    ///
    /// # Security
    /// For revoking the token, and nothing else.
    pub fn verify_for_revocation(&self, token: &str, purposes: &[Purpose]) -> Result<Claims, TokenRejected> {
        self.authentic_claims(token, purposes)
    }

    /// Every check but those of time.
    fn authentic_claims(&self, token: &str, purposes: &[Purpose]) -> Result<Claims, TokenRejected> {
        if token.len() > MAX_LENGTH {
            return Err(TokenRejected::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenRejected::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenRejected::Malformed)?;
        if payload.contains('.') {
            return Err(TokenRejected::Malformed);
        }

        let (key, purpose) = self.keys().identify(header)?;
        if !purposes.contains(&purpose) {
            return Err(TokenRejected::WrongPurpose);
        }
        key.verify(message, signature)?;

        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| TokenRejected::Malformed)?;
        let claims = Claims::parse(&payload)?;
        self.check_names(&claims, purpose)?;
        Ok(claims)
    }

    fn check_names(&self, claims: &Claims, purpose: Purpose) -> Result<(), TokenRejected> {
        let config = self.config();
        if claims.iss != config.issuer() {
            return Err(TokenRejected::WrongIssuer);
        }
        if claims.aud != config.audience() {
            return Err(TokenRejected::WrongAudience);
        }
        if !subject::names(&claims.sub, config.subject_name()) {
            return Err(TokenRejected::WrongSubject);
        }
        if claims.tenant.as_deref() != self.tenant() {
            return Err(TokenRejected::WrongTenant);
        }
        if claims.purpose != purpose {
            return Err(TokenRejected::WrongPurpose);
        }
        // What may be spent on one action is never a session.
        if purpose == Purpose::User && claims.act.is_some() {
            return Err(TokenRejected::WrongPurpose);
        }
        if claims.identity.is_some() && purpose != Purpose::MagicLink {
            return Err(TokenRejected::InvalidClaim("identity"));
        }
        if claims.jti.is_empty() {
            return Err(TokenRejected::InvalidClaim("jti"));
        }
        Ok(())
    }

    fn check_times(&self, claims: &Claims, now: i64) -> Result<(), TokenRejected> {
        let config = self.config();
        let latest_start = now.saturating_add(config.leeway());
        if claims.iat > latest_start || claims.nbf > latest_start {
            return Err(TokenRejected::NotYetValid);
        }
        if claims.exp.saturating_add(config.leeway()) <= now {
            return Err(TokenRejected::Expired);
        }
        if claims.exp <= claims.iat || claims.exp <= claims.nbf {
            return Err(TokenRejected::InvalidClaim("exp"));
        }
        if claims.exp.saturating_sub(claims.iat) > config.lifetime(claims.purpose) {
            return Err(TokenRejected::LivesTooLong);
        }
        Ok(())
    }
}
