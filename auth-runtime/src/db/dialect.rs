use diesel::result::{DatabaseErrorKind, Error};

/// Which of the three databases speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

impl Dialect {
    /// `name` as a quoted identifier.
    #[must_use]
    pub fn quote(self, name: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Mysql => format!("`{}`", name.replace('`', "``")),
        }
    }
}

/// What an error of the database means for the one who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A value that must be unique exists already.
    UniqueViolation {
        /// The column, several of them joined by `_`; `None` when the database does not tell. MySQL names the key: of
        /// one that is not called after its column alone, the table may stand before the column, see
        /// [`Problem::is_duplicate`].
        column: Option<String>,
    },
    /// The transaction lost against another one (deadlock, serialisation, lock); the same work may succeed now.
    Retry,
    /// The connection is gone. Whether the statement took effect is not known.
    ConnectionLost,
    /// Anything else.
    Other,
}

impl Problem {
    /// Whether the value of `table.column` exists already.
    #[must_use]
    pub fn is_duplicate(&self, table: &str, column: &str) -> bool {
        let Self::UniqueViolation { column: Some(named) } = self else {
            return false;
        };
        let bare = named.strip_prefix(table).and_then(|rest| rest.strip_prefix('_'));
        named == column || bare == Some(column)
    }
}

/// Texts with which the databases report lost races. Diesel hands most of them over without a code.
const RETRY: &[&str] = &[
    "database is locked",
    "database table is locked",
    "deadlock detected",
    "could not serialize access",
    "deadlock found when trying to get lock",
    "lock wait timeout exceeded",
    "record has changed since last read",
];

/// Texts with which the drivers and servers report a connection that is no more.
const LOST: &[&str] = &[
    "terminating connection",
    "connection closed",
    "connection was killed",
    "connection to the server is closed",
    "server shutdown in progress",
    "the database system is shutting down",
    "packet out of order",
];

/// Says what an error means.
#[must_use]
pub fn classify(error: &Error) -> Problem {
    let (kind, information) = match error {
        Error::DatabaseError(kind, information) => (kind, information),
        Error::RollbackErrorOnCommit { commit_error, .. } => return classify(commit_error),
        Error::BrokenTransactionManager => return Problem::ConnectionLost,
        _ => return Problem::Other,
    };
    let message = information.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => Problem::UniqueViolation {
            column: match (information.constraint_name(), information.table_name()) {
                (Some(constraint), table) => column_of_constraint(constraint, table),
                (None, _) => column_of_message(message),
            },
        },
        DatabaseErrorKind::SerializationFailure => Problem::Retry,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            Problem::ConnectionLost
        }
        _ => {
            let lower = message.to_ascii_lowercase();
            // mysql_async reports any failed read or write of the socket with this prefix.
            if lower.starts_with("input/output error") || LOST.iter().any(|text| lower.contains(text)) {
                Problem::ConnectionLost
            } else if RETRY.iter().any(|text| lower.contains(text)) {
                Problem::Retry
            } else {
                Problem::Other
            }
        }
    }
}

/// `users_email_key` and our own `users_email_unique` name table and columns; a primary key has no column in its name.
fn column_of_constraint(constraint: &str, table: Option<&str>) -> Option<String> {
    let name = match table {
        Some(table) => constraint.strip_prefix(table)?.strip_prefix('_')?,
        None => constraint,
    };
    let column = ["_unique", "_key", "_idx", "_index"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))?;
    (!column.is_empty()).then(|| column.to_owned())
}

/// SQLite: `UNIQUE constraint failed: users.email, users.tenant`. MySQL: `… for key 'users_email_unique'`, where newer
/// servers put the table and a dot before the name, and an unnamed key is called after its first column.
fn column_of_message(message: &str) -> Option<String> {
    if let Some((_, columns)) = message.rsplit_once("constraint failed: ") {
        let names: Option<Vec<_>> = columns
            .split(',')
            .map(|column| Some(column.trim().rsplit_once('.')?.1))
            .collect();
        return names.map(|names| names.join("_"));
    }
    let (_, key) = message.rsplit_once("for key ")?;
    let key = key.trim_matches(['\'', '`', '"']);
    let (table, key) = key
        .rsplit_once('.')
        .map_or((None, key), |(table, key)| (Some(table), key));
    if key == "PRIMARY" {
        return None;
    }
    Some(column_of_constraint(key, table).unwrap_or_else(|| key.to_owned()))
}
