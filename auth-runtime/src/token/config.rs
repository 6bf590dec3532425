//! What the tokens of a resource have in common.

use std::time::Duration;

use super::Purpose;

/// A setting that no token could live by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenConfigError {
    /// Issuer, audience or subject name is empty, or the subject name holds a `?`.
    #[error(
        "issuer, audience and subject name of tokens must not be empty, and the subject name must not contain `?`"
    )]
    Name,
    /// The leeway is over the ceiling of promise TK-05.
    #[error("the leeway of tokens must be at most 60 seconds")]
    Leeway,
    /// The lifetime is under a second or over a hundred years, or the purpose has no tokens.
    #[error("the lifetime of tokens must be between one second and a hundred years")]
    Lifetime,
}

/// Who mints tokens, for whom, about whom, and for how long.
///
/// Issuer and audience name the application, never this library (promise TK-06). The lifetime of a purpose is both
/// what a new token gets and the most that a presented one may have (promise TK-05), so shortening it ends the
/// tokens that were minted for longer.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    issuer: String,
    audience: String,
    subject_name: String,
    leeway: i64,
    lifetimes: Vec<(Purpose, i64)>,
}

impl TokenConfig {
    const MAX_LEEWAY: i64 = 60;
    const MAX_LIFETIME: i64 = 100 * 366 * 24 * 60 * 60;

    /// Tokens of the resource `subject_name`, with default lifetimes and a leeway of 30 seconds.
    ///
    /// # Errors
    /// [`TokenConfigError::Name`].
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        subject_name: impl Into<String>,
    ) -> Result<Self, TokenConfigError> {
        let (issuer, audience, subject_name) = (issuer.into(), audience.into(), subject_name.into());
        if issuer.is_empty() || audience.is_empty() || subject_name.is_empty() || subject_name.contains('?') {
            return Err(TokenConfigError::Name);
        }
        Ok(Self {
            issuer,
            audience,
            subject_name,
            leeway: 30,
            lifetimes: Vec::new(),
        })
    }

    /// Tolerates clocks that differ by `leeway`, in whole seconds.
    ///
    /// # Errors
    /// [`TokenConfigError::Leeway`] over 60 seconds.
    ///
    /// # Security
    /// A token counts for this much longer than it says.
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, TokenConfigError> {
        self.leeway = seconds(leeway)
            .filter(|seconds| *seconds <= Self::MAX_LEEWAY)
            .ok_or(TokenConfigError::Leeway)?;
        Ok(self)
    }

    /// Lets tokens for `purpose` live at most `lifetime`, in whole seconds.
    ///
    /// # Errors
    /// [`TokenConfigError::Lifetime`].
    ///
    /// # Security
    /// A stolen token works until it ends or is revoked.
    pub fn with_lifetime(mut self, purpose: Purpose, lifetime: Duration) -> Result<Self, TokenConfigError> {
        let lifetime = seconds(lifetime)
            .filter(|seconds| (1..=Self::MAX_LIFETIME).contains(seconds) && purpose.typ().is_some())
            .ok_or(TokenConfigError::Lifetime)?;
        self.lifetimes.retain(|(other, _)| *other != purpose);
        self.lifetimes.push((purpose, lifetime));
        Ok(self)
    }

    /// The `iss` claim.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `aud` claim.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The resource that every subject must name.
    #[must_use]
    pub fn subject_name(&self) -> &str {
        &self.subject_name
    }

    /// The tolerated difference between clocks, in seconds.
    #[must_use]
    pub const fn leeway(&self) -> i64 {
        self.leeway
    }

    /// The most seconds that a token for `purpose` may live.
    #[must_use]
    pub fn lifetime(&self, purpose: Purpose) -> i64 {
        self.lifetimes
            .iter()
            .find_map(|(configured, lifetime)| (*configured == purpose).then_some(*lifetime))
            .or_else(|| seconds(purpose.default_lifetime()))
            .unwrap_or(0)
    }
}

/// The whole seconds in `duration`.
pub(super) fn seconds(duration: Duration) -> Option<i64> {
    i64::try_from(duration.as_secs()).ok()
}
