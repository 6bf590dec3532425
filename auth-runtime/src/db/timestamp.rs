use std::fmt;

use diesel::{deserialize::FromSqlRow, expression::AsExpression, query_builder::QueryId, sql_types::SqlType};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset};

/// The SQL type of [`UtcTimestamp`], for `diesel::table!`: `timestamptz` on PostgreSQL, `TEXT` on SQLite,
/// `DATETIME(6)` on MySQL.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Text"))]
#[diesel(mysql_type(name = "DateTime"))]
pub struct SqlTimestamp;

/// A moment, in UTC, to the microsecond.
///
/// Smaller parts are cut off when it is made, because the databases would do so: what is read equals what was written.
/// The same Rust type on all three databases. On PostgreSQL it also fits a column that `diesel print-schema` wrote as
/// `Timestamptz`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = SqlTimestamp)]
#[cfg_attr(feature = "postgres", diesel(sql_type = diesel::sql_types::Timestamptz))]
pub struct UtcTimestamp(OffsetDateTime);

impl UtcTimestamp {
    /// The same moment in UTC, without parts smaller than a microsecond.
    #[must_use]
    pub fn new(moment: OffsetDateTime) -> Self {
        let moment = moment.to_offset(UtcOffset::UTC);
        // A whole number of microseconds is always a nanosecond of the second.
        let whole = moment.microsecond() * 1000;
        Self(moment.replace_nanosecond(whole).unwrap_or(moment))
    }

    /// The moment.
    #[must_use]
    pub const fn get(self) -> OffsetDateTime {
        self.0
    }
}

impl From<OffsetDateTime> for UtcTimestamp {
    fn from(moment: OffsetDateTime) -> Self {
        Self::new(moment)
    }
}

impl From<UtcTimestamp> for OffsetDateTime {
    fn from(timestamp: UtcTimestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Debug for UtcTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// RFC 3339 with six digits after the second.
impl fmt::Display for UtcTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.microsecond()
        )
    }
}

impl Serialize for UtcTimestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcTimestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        time::serde::rfc3339::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::{SqlTimestamp, UtcTimestamp};
    use diesel::{
        deserialize::{self, FromSql},
        pg::{Pg, PgValue},
        serialize::{self, Output, ToSql},
    };

    macro_rules! delegate_to_timestamptz {
        ($($sql_type:ty),*) => {$(
            impl ToSql<$sql_type, Pg> for UtcTimestamp {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    ToSql::<diesel::sql_types::Timestamptz, Pg>::to_sql(&self.0, out)
                }
            }

            impl FromSql<$sql_type, Pg> for UtcTimestamp {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    FromSql::<diesel::sql_types::Timestamptz, Pg>::from_sql(value).map(UtcTimestamp::new)
                }
            }
        )*};
    }
    delegate_to_timestamptz!(SqlTimestamp, diesel::sql_types::Timestamptz);
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::{SqlTimestamp, UtcTimestamp};
    use diesel::{
        deserialize::{self, FromSql},
        serialize::{self, Output, ToSql},
        sqlite::{Sqlite, SqliteValue},
    };
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    /// Fixed width, so that the order of the texts is the order of the moments.
    impl ToSql<SqlTimestamp, Sqlite> for UtcTimestamp {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            if !(0..=9999).contains(&self.0.year()) {
                return Err("the year of a timestamp must have four digits".into());
            }
            let text = self.to_string();
            out.set_value(text.replace('T', " ").replace('Z', "+00:00"));
            Ok(serialize::IsNull::No)
        }
    }

    impl FromSql<SqlTimestamp, Sqlite> for UtcTimestamp {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            // RFC 3339 lets a space stand for the `T`, and the parser accepts it.
            Ok(Self::new(OffsetDateTime::parse(value.read_text(), &Rfc3339)?))
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::{SqlTimestamp, UtcTimestamp};
    use diesel::{
        deserialize::{self, FromSql},
        mysql::{Mysql, MysqlValue},
        serialize::{self, Output, ToSql},
        sql_types::Datetime,
    };
    use time::OffsetDateTime;

    impl ToSql<SqlTimestamp, Mysql> for UtcTimestamp {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            ToSql::<Datetime, Mysql>::to_sql(&self.0, out)
        }
    }

    impl FromSql<SqlTimestamp, Mysql> for UtcTimestamp {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            <OffsetDateTime as FromSql<Datetime, Mysql>>::from_sql(value).map(Self::new)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn it_is_utc_and_whole_microseconds() {
        let moment = datetime!(2024-02-29 23:59:59.123456789 +02:00);
        let timestamp = UtcTimestamp::new(moment);
        assert_eq!(timestamp.get(), datetime!(2024-02-29 21:59:59.123456 UTC));
        assert_eq!(timestamp.to_string(), "2024-02-29T21:59:59.123456Z");
    }

    #[test]
    fn json_is_rfc_3339() {
        let timestamp = UtcTimestamp::new(datetime!(2024-01-02 03:04:05.000006 UTC));
        let json = serde_json::to_string(&timestamp).unwrap();
        assert_eq!(json, "\"2024-01-02T03:04:05.000006Z\"");
        assert_eq!(serde_json::from_str::<UtcTimestamp>(&json).unwrap(), timestamp);
    }
}
