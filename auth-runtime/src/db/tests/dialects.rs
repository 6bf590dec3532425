//! Messages of the databases, as data.

use diesel::result::{DatabaseErrorKind as Kind, Error};

use crate::db::{Column, ColumnType, Dialect, Problem, Table, classify};

fn error(kind: Kind, message: &str) -> Error {
    Error::DatabaseError(kind, Box::new(message.to_owned()))
}

#[test]
fn a_unique_violation_names_its_column() {
    for (message, column) in [
        ("UNIQUE constraint failed: users.email", Some("email")),
        (
            "UNIQUE constraint failed: users.tenant, users.email",
            Some("tenant_email"),
        ),
        ("UNIQUE constraint failed: index 'lower_email'", None),
        ("Duplicate entry 'a' for key 'email'", Some("email")),
        (
            "Duplicate entry 'a for key b' for key 'users.users_email_unique'",
            Some("email"),
        ),
        (
            "Duplicate entry for key 'users.users_email_unique'",
            Some("email"),
        ),
        ("Duplicate entry '1' for key 'PRIMARY'", None),
        ("Duplicate entry '1' for key 'users.PRIMARY'", None),
        ("something else", None),
    ] {
        let expected = Problem::UniqueViolation {
            column: column.map(str::to_owned),
        };
        assert_eq!(
            classify(&error(Kind::UniqueViolation, message)),
            expected,
            "{message}"
        );
    }
}

#[test]
fn a_key_of_mysql_may_be_called_after_its_table() {
    let duplicate = classify(&error(
        Kind::UniqueViolation,
        "Duplicate entry 'a' for key 'users_email_key'",
    ));
    assert!(duplicate.is_duplicate("users", "email"));
    assert!(!duplicate.is_duplicate("users", "name"));
    assert!(!duplicate.is_duplicate("people", "email"));
    assert!(!Problem::Retry.is_duplicate("users", "email"));
}

#[test]
fn lost_races_and_lost_connections_are_told_apart() {
    for message in [
        "database is locked",
        "deadlock detected",
        "Deadlock found when trying to get lock; try restarting transaction",
        "Lock wait timeout exceeded; try restarting transaction",
    ] {
        assert_eq!(
            classify(&error(Kind::Unknown, message)),
            Problem::Retry,
            "{message}"
        );
    }
    for message in [
        "Input/output error: Connection reset by peer (os error 104)",
        "Driver error: `Connection to the server is closed.'",
        "Connection was killed",
        "terminating connection due to administrator command",
    ] {
        assert_eq!(
            classify(&error(Kind::Unknown, message)),
            Problem::ConnectionLost,
            "{message}"
        );
    }
    assert_eq!(classify(&error(Kind::SerializationFailure, "")), Problem::Retry);
    assert_eq!(
        classify(&error(Kind::UnableToSendCommand, "")),
        Problem::ConnectionLost
    );
    assert_eq!(classify(&error(Kind::NotNullViolation, "")), Problem::Other);
    assert_eq!(classify(&Error::NotFound), Problem::Other);
}

#[test]
fn in_05_identifiers_are_quoted() {
    let table = Table::new("we\"ird`").column(Column::new("or\"der`", ColumnType::Text).nullable());
    assert_eq!(
        table.create_sql(Dialect::Postgres),
        ["CREATE TABLE IF NOT EXISTS \"we\"\"ird`\" (\n    \"or\"\"der`\" TEXT NULL\n)"]
    );
    assert!(table.create_sql(Dialect::Mysql)[0].contains("`or\"der``` TEXT NULL"));
}
