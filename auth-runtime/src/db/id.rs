use std::{fmt, str::FromStr};

use diesel::{deserialize::FromSqlRow, expression::AsExpression, query_builder::QueryId, sql_types::SqlType};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

/// The SQL type of [`Id`], for `diesel::table!`: `uuid` on PostgreSQL, `BLOB` on SQLite, `BINARY(16)` on MySQL.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
#[diesel(mysql_type(name = "Blob"))]
pub struct SqlId;

/// A key made by the application: a UUID that begins with the time (version 7, RFC 9562), so that new rows lie
/// together in an index.
///
/// The same Rust type on all three databases. On PostgreSQL it also fits a column that `diesel print-schema` wrote as
/// `Uuid`.
///
/// # Security
/// An id names a row and tells when it was made. It is not a secret.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[serde(transparent)]
#[diesel(sql_type = SqlId)]
#[cfg_attr(feature = "postgres", diesel(sql_type = diesel::sql_types::Uuid))]
pub struct Id(Uuid);

impl Id {
    /// A fresh id for something made at `now`.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        Self(version_7(now))
    }

    /// The id with this value.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The value of the id.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// Times before 1970 count as 1970.
pub(super) fn version_7(now: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond()))
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<Id> for Uuid {
    fn from(id: Id) -> Self {
        id.0
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::{Id, SqlId};
    use diesel::{
        deserialize::{self, FromSql},
        pg::{Pg, PgValue},
        serialize::{self, Output, ToSql},
    };

    macro_rules! delegate_to_uuid {
        ($($sql_type:ty),*) => {$(
            impl ToSql<$sql_type, Pg> for Id {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
                }
            }

            impl FromSql<$sql_type, Pg> for Id {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    FromSql::<diesel::sql_types::Uuid, Pg>::from_sql(value).map(Id)
                }
            }
        )*};
    }
    delegate_to_uuid!(SqlId, diesel::sql_types::Uuid);
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::{Id, SqlId};
    use diesel::{
        deserialize::{self, FromSql},
        serialize::{self, Output, ToSql},
        sqlite::{Sqlite, SqliteValue},
    };
    use uuid::Uuid;

    impl ToSql<SqlId, Sqlite> for Id {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.as_bytes().as_slice());
            Ok(serialize::IsNull::No)
        }
    }

    impl FromSql<SqlId, Sqlite> for Id {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            Ok(Self(Uuid::from_slice(value.read_blob())?))
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use std::io::Write as _;

    use super::{Id, SqlId};
    use diesel::{
        deserialize::{self, FromSql},
        mysql::{Mysql, MysqlValue},
        serialize::{self, Output, ToSql},
    };
    use uuid::Uuid;

    impl ToSql<SqlId, Mysql> for Id {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            out.write_all(self.0.as_bytes())?;
            Ok(serialize::IsNull::No)
        }
    }

    impl FromSql<SqlId, Mysql> for Id {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(Uuid::from_slice(value.as_bytes())?))
        }
    }
}
