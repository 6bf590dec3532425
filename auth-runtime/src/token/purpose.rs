//! What a token is for. A new kind of token is a new line here and nowhere else (promise TK-07).

use std::{fmt, str::FromStr, time::Duration};

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

macro_rules! purposes {
    (
        tokens { $($(#[$doc:meta])* $token:ident = $name:literal for $seconds:expr, in messages: $sent:literal;)* }
        rows { $($(#[$row_doc:meta])* $row:ident = $row_name:literal;)* }
    ) => {
        /// What a token, or its stored row, is for. Each endpoint takes exactly one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Purpose {
            $($(#[$doc])* $token,)*
            $($(#[$row_doc])* $row,)*
        }

        impl Purpose {
            /// Every purpose that a token can carry.
            pub const MINTABLE: &[Self] = &[$(Self::$token),*];

            /// The purposes that only stored rows have.
            const OF_ROWS: &[Self] = &[$(Self::$row),*];

            /// The value of the `purpose` claim and of the stored column.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$token => $name,)*
                    $(Self::$row => $row_name,)*
                }
            }

            /// The `typ` header of its tokens (RFC 8725 §3.11); `None` where there are none.
            #[must_use]
            pub const fn typ(self) -> Option<&'static str> {
                match self {
                    $(Self::$token => Some(concat!($name, "+jwt")),)*
                    $(Self::$row => None,)*
                }
            }

            /// Whether its tokens go out in messages. Only such are signed again from the claims in the outbox.
            #[must_use]
            pub const fn is_sent_in_messages(self) -> bool {
                match self {
                    $(Self::$token => $sent,)*
                    $(Self::$row => false,)*
                }
            }

            /// How long its tokens live unless configured otherwise (promise SU-04); nothing where there are none.
            #[must_use]
            pub const fn default_lifetime(self) -> Duration {
                Duration::from_secs(match self {
                    $(Self::$token => $seconds,)*
                    $(Self::$row => 0,)*
                })
            }
        }
    };
}

purposes! {
    tokens {
        /// A session or bearer credential.
        User = "user" for 14 * DAY, in messages: false;
        /// Exchanged for a session within a minute.
        SignIn = "sign_in" for MINUTE, in messages: false;
        /// Sets a new password, once.
        PasswordReset = "password_reset" for 30 * MINUTE, in messages: true;
        /// Signs in whoever receives what is sent to an address, once.
        MagicLink = "magic_link" for 10 * MINUTE, in messages: true;
        /// Shows that somebody receives what is sent to an address, once.
        Confirmation = "confirmation" for DAY, in messages: true;
        /// Attaches an identity from elsewhere to the account of whoever receives what is sent to its address, once.
        IdentityLink = "identity_link" for DAY, in messages: true;
        /// Renews a session, once; the next one comes with the answer.
        Refresh = "refresh" for 30 * DAY, in messages: false;
        /// Signs a browser in again, once; the next one comes with the answer.
        RememberMe = "remember_me" for 30 * DAY, in messages: false;
    }
    rows {
        /// The stored row of a token that is over. No token carries it.
        Revocation = "revocation";
        /// A sign-in that goes on at a provider.
        OAuthAttempt = "oauth_attempt";
        /// Which sessions here came from a session at a provider.
        ProviderSession = "provider_session";
    }
}

impl Purpose {
    /// The purposes of the tokens that make up a session, as opposed to one-time tokens.
    pub const OF_SESSIONS: &[Self] = &[Self::User, Self::Refresh, Self::RememberMe];
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
            .chain(Self::OF_ROWS.iter().copied())
            .find(|purpose| purpose.as_str() == text)
            .ok_or(UnknownPurpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tk_07_names_are_a_closed_set() {
        for purpose in Purpose::MINTABLE.iter().chain(Purpose::OF_ROWS) {
            assert_eq!(purpose.as_str().parse().as_ref(), Ok(purpose));
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
