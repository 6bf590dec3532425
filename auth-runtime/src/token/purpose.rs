//! What a token is for. A new kind of token is a new variant here and nowhere else (promise TK-07).

use std::{fmt, str::FromStr, time::Duration};

/// What a token, or its stored row, is for. Each endpoint takes exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// A session or bearer credential.
    User,
    /// Exchanged for a session within a minute.
    SignIn,
    /// Sets a new password, once.
    PasswordReset,
    /// Signs in whoever receives what is sent to an address, once.
    MagicLink,
    /// Shows that somebody receives what is sent to an address, once.
    Confirmation,
    /// Renews a session, once; the next one comes with the answer.
    Refresh,
    /// Signs a browser in again, once; the next one comes with the answer.
    RememberMe,
    /// The stored row of a token that is over. No token carries it.
    Revocation,
}

impl Purpose {
    /// Every purpose that a token can carry.
    pub const MINTABLE: &[Self] = &[
        Self::User,
        Self::SignIn,
        Self::PasswordReset,
        Self::MagicLink,
        Self::Confirmation,
        Self::Refresh,
        Self::RememberMe,
    ];

    /// The purposes of the tokens that make up a session, as opposed to one-time tokens.
    pub const OF_SESSIONS: &[Self] = &[Self::User, Self::Refresh, Self::RememberMe];

    /// The value of the `purpose` claim and of the stored column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::SignIn => "sign_in",
            Self::PasswordReset => "password_reset",
            Self::MagicLink => "magic_link",
            Self::Confirmation => "confirmation",
            Self::Refresh => "refresh",
            Self::RememberMe => "remember_me",
            Self::Revocation => "revocation",
        }
    }

    /// The `typ` header of its tokens (RFC 8725 §3.11); `None` where there are none.
    #[must_use]
    pub const fn typ(self) -> Option<&'static str> {
        match self {
            Self::User => Some("user+jwt"),
            Self::SignIn => Some("sign_in+jwt"),
            Self::PasswordReset => Some("password_reset+jwt"),
            Self::MagicLink => Some("magic_link+jwt"),
            Self::Confirmation => Some("confirmation+jwt"),
            Self::Refresh => Some("refresh+jwt"),
            Self::RememberMe => Some("remember_me+jwt"),
            Self::Revocation => None,
        }
    }

    /// Whether its tokens go out in messages. Only such are signed again from the claims in the outbox.
    #[must_use]
    pub const fn is_sent_in_messages(self) -> bool {
        match self {
            Self::PasswordReset | Self::MagicLink | Self::Confirmation => true,
            Self::User | Self::SignIn | Self::Refresh | Self::RememberMe | Self::Revocation => false,
        }
    }

    /// How long its tokens live unless configured otherwise (promise SU-04); nothing where there are none.
    #[must_use]
    pub const fn default_lifetime(self) -> Duration {
        match self {
            Self::User => Duration::from_secs(14 * 24 * 60 * 60),
            Self::SignIn => Duration::from_secs(60),
            Self::PasswordReset => Duration::from_secs(30 * 60),
            Self::MagicLink => Duration::from_secs(10 * 60),
            Self::Confirmation => Duration::from_secs(24 * 60 * 60),
            Self::Refresh | Self::RememberMe => Duration::from_secs(30 * 24 * 60 * 60),
            Self::Revocation => Duration::ZERO,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no purpose. It is not repeated, since it may come from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such token purpose")]
pub struct UnknownPurpose;

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        Self::MINTABLE
            .iter()
            .copied()
            .chain([Self::Revocation])
            .find(|purpose| purpose.as_str() == text)
            .ok_or(UnknownPurpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tk_07_names_are_a_closed_set() {
        for purpose in Purpose::MINTABLE.iter().copied().chain([Purpose::Revocation]) {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
        for text in ["", "User", "user ", "renewal"] {
            assert_eq!(text.parse::<Purpose>(), Err(UnknownPurpose));
        }
    }

    #[test]
    fn tk_07_every_mintable_purpose_has_its_own_typ() {
        let types: std::collections::HashSet<_> =
            Purpose::MINTABLE.iter().map(|p| p.typ().unwrap()).collect();
        assert_eq!(types.len(), Purpose::MINTABLE.len());
        assert_eq!(Purpose::Revocation.typ(), None);
    }
}
