//! Minting.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use time::OffsetDateTime;

use super::{Claims, ExtraClaims, Purpose, TokenRejected, Tokens, config::seconds};
use crate::random::{self, RandomError};

/// What a new token should say. Everything that is not here follows from the configuration.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub purpose: Purpose,
    /// Whom it is about; see [`subject_text`](super::subject_text).
    pub subject: String,
    /// How long it lives, at most what is configured for the purpose, which is also the default.
    pub lifetime: Option<Duration>,
    /// The one action it may be spent on; not for [`Purpose::User`].
    pub act: Option<String>,
    /// The identity that it is sent to; for [`Purpose::MagicLink`] only.
    pub identity: Option<String>,
    /// When the subject last proved who it is, in Unix seconds.
    pub auth_time: Option<i64>,
    /// The methods by which it did (RFC 8176).
    pub amr: Vec<String>,
    /// The application's own claims.
    pub extra: ExtraClaims,
    /// The identifier, if it was drawn already.
    pub(crate) jti: Option<String>,
}

impl NewToken {
    /// A token with nothing but a purpose and a subject; set further fields as needed.
    pub fn new(purpose: Purpose, subject: impl Into<String>) -> Self {
        Self {
            purpose,
            subject: subject.into(),
            lifetime: None,
            act: None,
            identity: None,
            auth_time: None,
            amr: Vec::new(),
            extra: ExtraClaims::default(),
            jti: None,
        }
    }
}

/// A signed token and what it says.
#[derive(Clone)]
#[non_exhaustive]
pub struct Minted {
    /// The token, which is a credential.
    pub token: SecretString,
    /// Its claims, as verifying it gives them.
    pub claims: Claims,
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// No token was minted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// There are no tokens of this purpose.
    #[error("there are no tokens of purpose `{0}`")]
    Purpose(Purpose),
    /// No identifier could be drawn.
    #[error("no token identifier could be drawn")]
    Random(#[from] RandomError),
    /// The claims have no JSON form.
    #[error("the claims of the new token cannot be encoded")]
    Encoding(#[source] serde_json::Error),
    /// The key refused to sign.
    #[error("the new token could not be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
    /// The token would not be accepted: it lives too long, is too large, or names another resource.
    #[error("the new token would be refused")]
    Refused(#[source] TokenRejected),
}

impl Tokens {
    /// Signs a new token that begins at `now`. Session tokens come from [`crate::session::mint`] alone (promise MF-01).
    ///
    /// # Errors
    /// [`MintError`]. What [`verify`](Self::verify) would refuse is not handed out, so a slip in a lifetime or a
    /// subject shows here and not at the first use; it also catches a signature that went wrong.
    pub(crate) fn mint(&self, now: OffsetDateTime, new: NewToken) -> Result<Minted, MintError> {
        let purpose = new.purpose;
        let iat = now.unix_timestamp();
        let lifetime = new.lifetime.map_or_else(
            || self.config().lifetime(purpose),
            |lifetime| seconds(lifetime).unwrap_or(i64::MAX),
        );
        let claims = Claims {
            iss: self.config().issuer().to_owned(),
            aud: self.config().audience().to_owned(),
            sub: new.subject,
            exp: iat.saturating_add(lifetime),
            iat,
            nbf: iat,
            jti: match new.jti {
                Some(jti) => jti,
                None => random::identifier()?,
            },
            purpose,
            tenant: self.tenant().map(str::to_owned),
            act: new.act,
            identity: new.identity,
            auth_time: new.auth_time,
            amr: new.amr,
            extra: new.extra.into_map(),
        };
        let payload = serde_json::to_vec(&claims).map_err(MintError::Encoding)?;
        self.signed(now, purpose, &payload)
    }

    /// The token with the claims that were stored when it was minted for a message, signed by the key that is the newest
    /// now, for the tenant that they name. The claims alone are no token, so whoever reads them out of the database cannot
    /// use them (promise TK-09).
    ///
    /// # Errors
    /// [`MintError`], also for claims that verifying would refuse and for a purpose that is never sent: whoever can write
    /// to the database must not get a session signed.
    pub(crate) fn mint_stored(&self, now: OffsetDateTime, claims: &str) -> Result<Minted, MintError> {
        let stored = Claims::parse(claims.as_bytes()).map_err(MintError::Refused)?;
        if !stored.purpose.is_sent_in_messages() {
            return Err(MintError::Purpose(stored.purpose));
        }
        let tokens = match stored.tenant {
            Some(tenant) => &self.in_tenant(tenant),
            None => self,
        };
        tokens.signed(now, stored.purpose, claims.as_bytes())
    }

    fn signed(&self, now: OffsetDateTime, purpose: Purpose, payload: &[u8]) -> Result<Minted, MintError> {
        let token = self
            .keys()
            .sign(purpose, payload)
            .ok_or(MintError::Purpose(purpose))?
            .map_err(MintError::Signing)?;
        let claims = self.verify(&token, purpose, now).map_err(MintError::Refused)?;
        Ok(Minted {
            token: token.into(),
            claims,
        })
    }
}
