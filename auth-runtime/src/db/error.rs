use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Why the database did not do what it was asked.
///
/// The text of an error never contains SQL or stored values; the causes are reached through
/// [`source`](std::error::Error::source) and are for the operator only.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// No connection could be had: the database is down, refuses us, or every connection is in use.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The deadline passed. Nothing is known to be stored; asking again is safe (promise FA-07).
    #[error("the database did not answer in time")]
    Timeout,
    /// The database refused a statement.
    #[error("a database query failed")]
    Query(#[source] DieselError),
    /// The address or the options of the database cannot be used.
    #[error("the database cannot be used as configured: {0}")]
    Configuration(String),
    /// Code that ran inside a transaction panicked. The transaction was rolled back.
    #[error("a storage operation panicked")]
    Panicked,
}

impl From<DieselError> for StorageError {
    fn from(error: DieselError) -> Self {
        Self::Query(without_values(error))
    }
}

/// MySQL repeats the refused value (`Duplicate entry 'someone@example.com' for key …`); the key says enough.
fn without_values(error: DieselError) -> DieselError {
    if let DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = &error
        && information.message().starts_with("Duplicate entry")
        && let Some((_, key)) = information.message().rsplit_once(" for key ")
    {
        let message = format!("Duplicate entry for key {key}");
        return DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, Box::new(message));
    }
    error
}

/// An error that may have come from the database.
///
/// [`write`](super::write) asks it whether a failed transaction is worth another attempt.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether it came from the database",
    note = "implement `auth_runtime::db::AsStorage` for it and return the `diesel::result::Error` it wraps, if any"
)]
pub trait AsStorage {
    /// The database's own error, if that is the cause.
    fn as_storage(&self) -> Option<&DieselError>;
}

impl AsStorage for StorageError {
    fn as_storage(&self) -> Option<&DieselError> {
        match self {
            Self::Query(error) => Some(error),
            Self::Unavailable(_) | Self::Timeout | Self::Configuration(_) | Self::Panicked => None,
        }
    }
}

impl AsStorage for DieselError {
    fn as_storage(&self) -> Option<&DieselError> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_value_is_not_repeated() {
        let message = "Duplicate entry 'someone@example.com' for key 'users_email_key'".to_owned();
        let error = StorageError::from(DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            Box::new(message),
        ));
        let shown = format!("{error:?} {error} {:?}", std::error::Error::source(&error));
        assert!(!shown.contains("someone"), "{shown}");
        assert!(shown.contains("users_email_key"), "{shown}");
    }
}
