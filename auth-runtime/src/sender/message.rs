use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::db::Id;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What a message is about. A closed set: a strategy that sends something new adds a variant here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum MessageKind {
            $($(#[$doc])* $kind,)*
        }

        impl MessageKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name in snake case, for logs, tests and the outbox.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}
kinds! {
    /// A way to choose a new password, asked for by whoever typed the identity. Carries a token.
    PasswordReset = "password_reset",
    /// The password was changed or reset just now (promise SU-10).
    PasswordChanged = "password_changed",
    /// Asks the owner of a new account to confirm its address. Carries a token.
    Confirmation = "confirmation",
    /// Asks to confirm another address for an account; goes to the new address. Carries a token.
    ConfirmationChange = "confirmation_change",
    /// The address of the account is another one now; goes to the old address (promise SU-10).
    AddressChanged = "address_changed",
    /// Somebody tried to register with an identity that has an account; goes to its owner, because the client must
    /// not be told (promise EN-02).
    AccountExists = "account_exists",
    /// A way to sign in without a password. Carries a token.
    MagicLink = "magic_link",
    /// Every session of the person was ended.
    SessionsEnded = "sessions_ended",
    /// An API key was made for the account (promise SU-10).
    ApiKeyCreated = "api_key_created",
    /// An identity from elsewhere could belong to the account with this address; asks its owner. Carries a token.
    IdentityLink = "identity_link",
    /// An identity from elsewhere signs in to the account from now on (promise SU-10).
    IdentityLinked = "identity_linked",
    /// An identity from elsewhere does not sign in to the account any more (promise SU-10).
    IdentityUnlinked = "identity_unlinked",
    /// A remember-me or refresh token was used twice, so everything that came from it has ended (promise SE-07).
    TokenReuse = "token_reuse",
    /// Too many attempts to sign in to the account failed.
    TooManyAttempts = "too_many_attempts",
    /// Of a strategy or add-on of the application's own. What it says is in its data.
    Custom = "custom",
}

impl MessageKind {
    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whom a message is for.
pub enum Recipient<'a, U> {
    /// Somebody with an account.
    Person(&'a U),
    /// Somebody who has none yet, by the canonical form of the identity that was typed (promise IN-01).
    Identity(&'a str),
}

impl<U> Clone for Recipient<'_, U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Recipient<'_, U> {}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U> fmt::Debug for Recipient<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person(_) => "Person",
            Self::Identity(_) => "Identity",
        })
    }
}

/// Something to tell a person: what, to whom, and with which secret. Where it goes is in the
/// [`SendContext`](super::SendContext).
pub struct Message<'a, U> {
    pub(super) id: Id,
    pub(super) kind: MessageKind,
    pub(super) strategy: &'static str,
    pub(super) recipient: Recipient<'a, U>,
    pub(super) token: Option<&'a SecretString>,
    pub(super) lifetime: Option<Duration>,
    pub(super) data: &'a Map<String, Value>,
}

impl<'a, U> Message<'a, U> {
    /// What the message is about.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Names the message, the same in every attempt to deliver it. A message can be delivered twice when a process
    /// dies at the wrong moment; whatever takes it over can tell by this.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Whom it is for.
    #[must_use]
    pub const fn recipient(&self) -> Recipient<'a, U> {
        self.recipient
    }

    /// The person it is for, as stored now; `None` for somebody who has no account yet.
    #[must_use]
    pub const fn user(&self) -> Option<&'a U> {
        match self.recipient {
            Recipient::Person(user) => Some(user),
            Recipient::Identity(_) => None,
        }
    }

    /// The one-time secret inside, if this kind carries one.
    ///
    /// # Security
    /// The text is the only copy outside the recipient's mailbox. It belongs into the message and nowhere else.
    #[must_use]
    pub fn token(&self) -> Option<&'a str> {
        self.token.map(ExposeSecret::expose_secret)
    }

    /// How much longer the token works.
    #[must_use]
    pub const fn lifetime(&self) -> Option<Duration> {
        self.lifetime
    }

    /// The name of the strategy or add-on that sends it.
    #[must_use]
    pub const fn strategy(&self) -> &'static str {
        self.strategy
    }

    /// What else a kind has to say, such as the name of a new API key. Never a secret.
    #[must_use]
    pub const fn data(&self) -> &'a Map<String, Value> {
        self.data
    }
}

/// Leaves out the person, whose own `Debug` may show a hash, and the token (promise AU-05).
impl<U> fmt::Debug for Message<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("strategy", &self.strategy)
            .field("recipient", &self.recipient)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in MessageKind::ALL {
            assert_eq!(MessageKind::from_name(kind.as_str()), Some(*kind));
        }
        assert_eq!(MessageKind::from_name("nothing"), None);
        assert_eq!(MessageKind::from_name(""), None);
    }
}
