//! Which passwords may be chosen (promises PW-03, PW-04, PW-06, PW-07).
//!
//! Length and a list of common passwords; no composition rules, no hints, no expiry.

use secrecy::{ExposeSecret, SecretString};

use super::blocklist;

/// Why a password was refused. Says nothing about the password itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyViolation {
    /// Fewer code points than required.
    #[error("must have at least {minimum} characters")]
    TooShort {
        /// The required number of code points.
        minimum: usize,
    },
    /// More bytes than accepted; refused before anything is hashed.
    #[error("must have at most {maximum} bytes")]
    TooLong {
        /// The accepted number of bytes.
        maximum: usize,
    },
    /// One of the passwords that are tried first: a sequence, a repetition, a well-known word or phrase.
    #[error("is too easy to guess")]
    Common,
    /// Little is left of it without the person's identity or the name of the service.
    #[error("is too close to your name, your address or the name of this site")]
    ContainsIdentity,
    /// Found among passwords that were published after a breach.
    #[error("has appeared in a data breach")]
    Breached,
    /// The breached passwords could not be asked, and the application declared that this refuses.
    #[error("cannot be checked at the moment")]
    BreachCheckUnavailable,
}

impl PolicyViolation {
    /// A stable code for clients.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::Common => "common",
            Self::ContainsIdentity => "contains_identity",
            Self::Breached => "breached",
            Self::BreachCheckUnavailable => "breach_check_unavailable",
        }
    }
}

/// A length limit is outside what promises PW-03 and PW-04 allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Fewer than 8 code points would be enough.
    #[error("the minimum length of a password is at least 8")]
    MinimumBelowFloor,
    /// 64 code points, which can take 256 bytes, would not always be accepted.
    #[error("the maximum length of a password is at least 256 bytes and not below its minimum")]
    MaximumBelowFloor,
}

/// Length limits, and the check against the built-in list.
///
/// # Example
/// ```
/// use auth_runtime::hasher::{PasswordPolicy, PolicyViolation};
///
/// let policy = PasswordPolicy::default();
/// assert!(policy.check(&"correct mule battery staple".into(), &["ada@example.com"]).is_ok());
/// assert_eq!(policy.check(&"passwordpassword1".into(), &[]), Err(PolicyViolation::Common));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    minimum_chars: usize,
    maximum_bytes: usize,
}

impl PasswordPolicy {
    /// 15 code points, where the password alone signs in.
    pub const DEFAULT: Self = Self {
        minimum_chars: 15,
        maximum_bytes: 1024,
    };
    /// The least minimum that can be declared, for accounts that always need a second factor.
    pub const MINIMUM_FLOOR: usize = 8;
    /// The least maximum that can be declared: 64 code points of four bytes.
    pub const MAXIMUM_FLOOR: usize = 256;

    /// A policy with these limits; usable in constants.
    ///
    /// # Errors
    /// [`PolicyError`] when a limit is outside what can be declared.
    ///
    /// # Security
    /// A minimum below 15 gives promise PW-03 up, unless a second factor is always required.
    pub const fn new(minimum_chars: usize, maximum_bytes: usize) -> Result<Self, PolicyError> {
        if minimum_chars < Self::MINIMUM_FLOOR {
            return Err(PolicyError::MinimumBelowFloor);
        }
        if maximum_bytes < Self::MAXIMUM_FLOOR || maximum_bytes < minimum_chars {
            return Err(PolicyError::MaximumBelowFloor);
        }
        Ok(Self {
            minimum_chars,
            maximum_bytes,
        })
    }

    /// The least number of code points.
    #[must_use]
    pub const fn minimum_chars(&self) -> usize {
        self.minimum_chars
    }

    /// The greatest number of bytes.
    #[must_use]
    pub const fn maximum_bytes(&self) -> usize {
        self.maximum_bytes
    }

    /// Checks the upper bound only: for passwords that are presented, not chosen.
    ///
    /// # Errors
    /// [`PolicyViolation::TooLong`].
    pub fn check_presented(&self, password: &SecretString) -> Result<(), PolicyViolation> {
        if password.expose_secret().len() > self.maximum_bytes {
            return Err(PolicyViolation::TooLong {
                maximum: self.maximum_bytes,
            });
        }
        Ok(())
    }

    /// Checks a password that is being chosen. `context_words` are the person's identity and names, and the name of
    /// the service; addresses are taken apart here.
    ///
    /// # Errors
    /// [`PolicyViolation`], the first that applies.
    pub fn check(&self, password: &SecretString, context_words: &[&str]) -> Result<(), PolicyViolation> {
        self.check_presented(password)?;
        let password = password.expose_secret();
        if password.chars().count() < self.minimum_chars {
            return Err(PolicyViolation::TooShort {
                minimum: self.minimum_chars,
            });
        }
        if blocklist::is_common(password) {
            return Err(PolicyViolation::Common);
        }
        if blocklist::is_mostly(password, context_words) {
            return Err(PolicyViolation::ContainsIdentity);
        }
        Ok(())
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pw_03_length_is_counted_in_code_points() {
        let policy = PasswordPolicy::default();
        let short = PolicyViolation::TooShort { minimum: 15 };
        assert_eq!(policy.check(&"plum verdict h".into(), &[]), Err(short));
        assert_eq!(policy.check(&"plum verdict ha".into(), &[]), Ok(()));
        assert_eq!(policy.check(&"ñéüöäßçåøłđþæœ".into(), &[]), Err(short));
        let with_second_factor = PasswordPolicy::new(8, 1024).unwrap();
        assert_eq!(with_second_factor.check(&"vk7#Qp2x".into(), &[]), Ok(()));
        assert_eq!(PasswordPolicy::new(7, 1024), Err(PolicyError::MinimumBelowFloor));
        assert_eq!(PasswordPolicy::new(15, 255), Err(PolicyError::MaximumBelowFloor));
    }

    #[test]
    fn pw_04_over_the_bound_is_refused_before_anything_else() {
        let policy = PasswordPolicy::default();
        let long = PolicyViolation::TooLong { maximum: 1024 };
        for length in [1025, 1 << 20] {
            let password = SecretString::from("x".repeat(length));
            assert_eq!(policy.check(&password, &[]), Err(long));
            assert_eq!(policy.check_presented(&password), Err(long));
        }
        // What is presented may be short or common: it was chosen under other rules.
        assert_eq!(policy.check_presented(&"x".into()), Ok(()));
        assert_eq!(long.code(), "too_long");
    }

    #[test]
    fn pw_06_no_class_of_characters_is_demanded() {
        let policy = PasswordPolicy::default();
        for password in [
            "plumverdictharnessoboe",
            "PLUMVERDICTHARNESSOBOE",
            "8301640273519648205",
            "слива приговор сбруя",
        ] {
            assert_eq!(policy.check(&password.into(), &[]), Ok(()), "{password}");
        }
    }

    #[test]
    fn pw_07_the_policy_knows_common_words_and_the_person() {
        let policy = PasswordPolicy::default();
        assert_eq!(
            policy.check(&"qwertyuiop123456".into(), &[]),
            Err(PolicyViolation::Common)
        );
        assert_eq!(
            policy.check(&"lovelace-lovelace-1".into(), &["ada.lovelace@example.com"]),
            Err(PolicyViolation::ContainsIdentity)
        );
    }

    proptest! {
        #[test]
        fn pw_04_sixty_four_code_points_are_always_accepted(password in proptest::collection::vec(any::<char>(), 64..=64)) {
            let password: String = password.into_iter().collect();
            prop_assert_eq!(PasswordPolicy::new(15, PasswordPolicy::MAXIMUM_FLOOR).unwrap().check(&password.into(), &[]), Ok(()));
        }
    }
}
