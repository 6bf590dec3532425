use super::IdentityFormat;
use crate::{
    error::FieldError,
    identity::{IdentityError, canonical_email, canonical_name},
};

impl IdentityFormat {
    /// The one form in which an identity is stored and looked up (promise IN-01).
    pub(super) fn canonical(self, input: &str) -> Result<String, FieldError> {
        let canonical = match self {
            Self::Email => canonical_email(input),
            Self::Name => canonical_name(input),
        };
        canonical.map_err(|error| match error {
            IdentityError::Empty => FieldError::Required,
            IdentityError::TooLong => FieldError::TooLong,
            IdentityError::ControlCharacter => FieldError::ControlCharacter,
            _ => FieldError::NotAnAddress,
        })
    }
}
