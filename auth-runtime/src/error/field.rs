use std::{collections::BTreeMap, fmt};

/// What is wrong with one field of the person's own input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldError {
    /// The field is missing or empty.
    Required,
    /// The action does not take this field.
    Unknown,
    /// The value has another type.
    WrongType,
    /// The value is longer than the field's limit.
    TooLong,
    /// The value contains NUL or control characters.
    ControlCharacter,
    /// Not an e-mail address.
    NotAnAddress,
    /// The confirmation differs from the password.
    DoesNotMatch,
    /// Somebody has it already.
    Taken,
    /// The password has fewer than this many characters.
    TooShort(usize),
    /// The password is on the list of common ones.
    Common,
    /// Little is left of the password without the person's identity or the service's name.
    ContainsIdentity,
    /// The password is known from a breach.
    Breached,
    /// The password could not be checked against breaches just now.
    BreachCheckUnavailable,
    /// The current password is wrong.
    Wrong,
    /// The value is none of those there are.
    NotAChoice,
    /// The number is outside of what is allowed.
    OutOfRange,
    /// There are as many as there may be.
    TooMany,
    /// Nothing would be left to sign in with.
    LastCredential,
    /// No provider answers there, or none that describes itself as it must.
    NotAProvider,
}

impl FieldError {
    /// The machine-readable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Unknown => "unknown_field",
            Self::WrongType => "wrong_type",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
            Self::NotAnAddress => "not_an_address",
            Self::DoesNotMatch => "does_not_match",
            Self::Taken => "taken",
            Self::TooShort(_) => "too_short",
            Self::Common => "common",
            Self::ContainsIdentity => "contains_identity",
            Self::Breached => "breached",
            Self::BreachCheckUnavailable => "breach_check_unavailable",
            Self::Wrong => "wrong",
            Self::NotAChoice => "not_a_choice",
            Self::OutOfRange => "out_of_range",
            Self::TooMany => "too_many",
            Self::LastCredential => "last_credential",
            Self::NotAProvider => "not_a_provider",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("is required"),
            Self::Unknown => f.write_str("is not a field of this action"),
            Self::WrongType => f.write_str("has the wrong type"),
            Self::TooLong => f.write_str("is too long"),
            Self::ControlCharacter => f.write_str("contains characters that are not allowed"),
            Self::NotAnAddress => f.write_str("is not an e-mail address"),
            Self::DoesNotMatch => f.write_str("does not match"),
            Self::Taken => f.write_str("has already been taken"),
            Self::TooShort(minimum) => write!(f, "must have at least {minimum} characters"),
            Self::Common => f.write_str("is too easy to guess"),
            Self::ContainsIdentity => {
                f.write_str("is too close to your name, your address or the name of this site")
            }
            Self::Breached => f.write_str("has appeared in a data breach"),
            Self::BreachCheckUnavailable => f.write_str("cannot be checked at the moment"),
            Self::Wrong => f.write_str("is wrong"),
            Self::NotAChoice => f.write_str("is none of the choices"),
            Self::OutOfRange => f.write_str("is too small or too large"),
            Self::TooMany => f.write_str("cannot be added: there are as many as there may be"),
            Self::LastCredential => f.write_str("is the last way to sign in"),
            Self::NotAProvider => f.write_str("does not answer as a provider"),
        }
    }
}

/// The refused fields of one form, each with what is wrong. Never holds a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("invalid input")]
pub struct FieldErrors(BTreeMap<String, Vec<FieldError>>);

impl FieldErrors {
    /// One field, one problem.
    #[must_use]
    pub fn one(field: impl Into<String>, error: FieldError) -> Self {
        let mut errors = Self::default();
        errors.add(field, error);
        errors
    }

    /// Notes that `field` has this problem.
    pub fn add(&mut self, field: impl Into<String>, error: FieldError) {
        let list = self.0.entry(field.into()).or_default();
        if !list.contains(&error) {
            list.push(error);
        }
    }

    /// Whether nothing was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each refused field with its problems, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FieldError])> {
        self.0
            .iter()
            .map(|(field, errors)| (field.as_str(), errors.as_slice()))
    }

    /// `Ok(value)` if nothing was refused, else these errors.
    ///
    /// # Errors
    /// `self` when it is not empty.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// `{"field": [{"code", "message"}]}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.0
            .iter()
            .map(|(field, errors)| {
                let list = errors
                    .iter()
                    .map(|error| serde_json::json!({"code": error.code(), "message": error.to_string()}))
                    .collect();
                (field.clone(), serde_json::Value::Array(list))
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}
