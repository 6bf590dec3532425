//! Signed tokens (JWT, RFC 7519) that say who a subject is.
//!
//! This half knows no database: whether a token was revoked, and whether its stored row is present, is asked
//! elsewhere, after everything here has passed. One [`Tokens`] is built at start and shared; it mints and verifies.
//!
//! ```
//! use auth_runtime::token::{Algorithm, KeySet, Purpose, TokenConfig, Tokens};
//! use time::OffsetDateTime;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = KeySet::new(Algorithm::HS256, &"at least thirty-two bytes, kept secret".into(), &[])?;
//! let tokens = Tokens::new(keys, TokenConfig::new("shop", "shop", "user")?);
//! assert!(tokens.verify("not.a.token", Purpose::User, OffsetDateTime::now_utc()).is_err());
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod claims;
mod config;
mod header;
mod issue;
mod keys;
mod purpose;
pub(crate) mod strict_json;
mod subject;
mod verify;

use std::{fmt, sync::Arc};

#[cfg(feature = "oauth")]
pub(crate) use self::keys::bits;
pub use self::{
    algorithm::Algorithm,
    claims::{Claims, ExtraClaims, RESERVED, ReservedClaim},
    config::{TokenConfig, TokenConfigError},
    issue::{MintError, Minted, NewToken},
    keys::{KeyError, KeyFault, KeySet},
    purpose::{Purpose, UnknownPurpose},
    subject::{parse_subject, subject_text},
    verify::TokenRejected,
};

/// Mints and verifies the tokens of one resource. Clones share the keys.
#[derive(Clone)]
pub struct Tokens {
    shared: Arc<Shared>,
    /// The one tenant whose tokens are minted and accepted.
    tenant: Option<Arc<str>>,
}

struct Shared {
    keys: KeySet,
    config: TokenConfig,
}

impl Tokens {
    /// Tokens under `keys`, as `config` says.
    #[must_use]
    pub fn new(keys: KeySet, config: TokenConfig) -> Self {
        Self {
            shared: Arc::new(Shared { keys, config }),
            tenant: None,
        }
    }

    /// The same for one tenant: what is minted says so, and what says otherwise is refused (promise TN-01).
    #[must_use]
    pub fn in_tenant(&self, tenant: impl Into<Arc<str>>) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            tenant: Some(tenant.into()),
        }
    }

    /// The tenant whose tokens these are.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The keys that sign and verify.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.shared.keys
    }

    /// Issuer, audience, lifetimes and leeway.
    #[must_use]
    pub fn config(&self) -> &TokenConfig {
        &self.shared.config
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("keys", self.keys())
            .field("config", self.config())
            .finish()
    }
}

#[cfg(test)]
mod tests;
