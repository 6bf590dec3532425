use diesel::sql_types as sql;

use crate::db::{Dialect, SqlId, SqlTimestamp};

/// One column of a [`Table`](super::Table).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name, without quotes.
    pub name: String,
    /// What it holds.
    pub ty: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
}

impl Column {
    /// A column that is never NULL.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            nullable: false,
        }
    }

    /// The column of a `diesel::table!`.
    #[must_use]
    pub fn of<C>() -> Self
    where
        C: diesel::Column,
        C::SqlType: SchemaType,
    {
        Self {
            name: C::NAME.to_owned(),
            ty: C::SqlType::TYPE,
            nullable: C::SqlType::NULLABLE,
        }
    }

    /// The same column, which may be NULL.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same column with another type, such as [`ColumnType::ShortText`] where Diesel only says `Text`.
    #[must_use]
    pub fn with_type(mut self, ty: ColumnType) -> Self {
        self.ty = ty;
        self
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// An [`Id`](crate::db::Id).
    Id,
    /// A [`UtcTimestamp`](crate::db::UtcTimestamp).
    Timestamp,
    /// A date and time without a zone, as Diesel's `Timestamp` means it.
    DateTime,
    /// Text. MySQL cannot index text of any length: there it becomes `VARCHAR(255)` if a key or an index has it.
    Text,
    /// Text of at most so many characters, checked by MySQL only.
    ShortText(u16),
    /// Text of at most so many characters that is equal only to the very same bytes: case and spaces at the end count.
    /// No collation of MySQL and MariaDB alike does that, so there it is kept as bytes.
    ExactText(u16),
    /// 16 bits.
    SmallInt,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInt,
    /// True or false.
    Bool,
    /// Bytes.
    Binary,
    /// A 64-bit floating point number.
    Double,
    /// JSON as text.
    Json,
    /// JSON as PostgreSQL keeps it for queries; as [`Json`](ColumnType::Json) elsewhere.
    Jsonb,
    /// A type of the application's own, taken as it is.
    Custom(CustomType),
}

/// How each database writes a type of the application's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomType {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
    /// For MySQL.
    pub mysql: &'static str,
}

impl ColumnType {
    /// The type in `CREATE TABLE`. `indexed` says that a key or an index contains the column.
    #[must_use]
    pub fn sql(self, dialect: Dialect, indexed: bool) -> String {
        let [sqlite, postgres, mysql] = match self {
            Self::Id => ["BLOB", "UUID", "BINARY(16)"],
            Self::Timestamp => ["TEXT", "TIMESTAMPTZ", "DATETIME(6)"],
            Self::DateTime => ["TEXT", "TIMESTAMP", "DATETIME(6)"],
            Self::Text if indexed => ["TEXT", "TEXT", "VARCHAR(255)"],
            Self::Text => ["TEXT", "TEXT", "TEXT"],
            Self::ShortText(length) if dialect == Dialect::Mysql => return format!("VARCHAR({length})"),
            // A character of UTF-8 has at most four bytes.
            Self::ExactText(length) if dialect == Dialect::Mysql => {
                return format!("VARBINARY({})", 4 * u32::from(length));
            }
            Self::ShortText(_) | Self::ExactText(_) => ["TEXT", "TEXT", "TEXT"],
            Self::SmallInt => ["INTEGER", "SMALLINT", "SMALLINT"],
            Self::Integer => ["INTEGER", "INTEGER", "INTEGER"],
            Self::BigInt => ["BIGINT", "BIGINT", "BIGINT"],
            Self::Bool => ["BOOLEAN", "BOOLEAN", "BOOLEAN"],
            Self::Binary if indexed => ["BLOB", "BYTEA", "VARBINARY(255)"],
            Self::Binary => ["BLOB", "BYTEA", "BLOB"],
            Self::Double => ["DOUBLE", "DOUBLE PRECISION", "DOUBLE"],
            Self::Json => ["TEXT", "JSON", "JSON"],
            Self::Jsonb => ["BLOB", "JSONB", "JSON"],
            Self::Custom(custom) => [custom.sqlite, custom.postgres, custom.mysql],
        };
        match dialect {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
            Dialect::Mysql => mysql,
        }
        .to_owned()
    }

    /// Whether values of this type fit a column whose type the database calls `found` (lower case).
    pub(super) fn accepts(self, dialect: Dialect, found: &str) -> bool {
        match dialect {
            Dialect::Sqlite => self.accepts_sqlite(found),
            Dialect::Postgres => self.postgres_names().is_none_or(|names| names.contains(&found)),
            Dialect::Mysql => self.mysql_names().is_none_or(|names| names.contains(&found)),
        }
    }

    /// SQLite knows affinities only. A column for numbers keeps text that is not a number as it is.
    fn accepts_sqlite(self, found: &str) -> bool {
        let has = |part: &str| found.contains(part);
        let integer = has("int");
        let text = !integer && (has("char") || has("clob") || has("text"));
        let blob = !integer && !text && (has("blob") || found.is_empty());
        let real = !integer && !text && !blob && (has("real") || has("floa") || has("doub"));
        let numeric = !integer && !text && !blob && !real;
        match self {
            Self::Id | Self::Binary => blob,
            Self::Timestamp | Self::DateTime => text || numeric,
            Self::Text | Self::ShortText(_) | Self::ExactText(_) => text,
            Self::SmallInt | Self::Integer | Self::BigInt | Self::Bool => integer || numeric,
            Self::Double => real || numeric,
            Self::Json | Self::Jsonb => text || blob || numeric,
            Self::Custom(_) => true,
        }
    }

    fn postgres_names(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Id => &["uuid"],
            Self::Timestamp => &["timestamptz"],
            Self::DateTime => &["timestamp"],
            Self::Text | Self::ShortText(_) => &["text", "varchar", "citext", "bpchar"],
            // `citext` ignores case, `bpchar` spaces at the end.
            Self::ExactText(_) => &["text", "varchar"],
            Self::SmallInt => &["int2"],
            Self::Integer => &["int4"],
            Self::BigInt => &["int8"],
            Self::Bool => &["bool"],
            Self::Binary => &["bytea"],
            Self::Double => &["float8"],
            Self::Json => &["json"],
            Self::Jsonb => &["jsonb"],
            Self::Custom(_) => return None,
        })
    }

    fn mysql_names(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Id | Self::Binary => &[
                "binary",
                "varbinary",
                "tinyblob",
                "blob",
                "mediumblob",
                "longblob",
            ],
            Self::Timestamp | Self::DateTime => &["datetime", "timestamp"],
            Self::Text | Self::ShortText(_) => {
                &["char", "varchar", "tinytext", "text", "mediumtext", "longtext"]
            }
            Self::ExactText(_) => &["varbinary"],
            Self::SmallInt => &["smallint"],
            Self::Integer => &["int", "mediumint"],
            Self::BigInt => &["bigint"],
            Self::Bool => &["tinyint", "bit"],
            Self::Double => &["double"],
            // MariaDB keeps JSON as text.
            Self::Json | Self::Jsonb => &["json", "longtext", "mediumtext", "text"],
            Self::Custom(_) => return None,
        })
    }
}

/// The SQL type of a Diesel column, as data.
///
/// Implement it for an SQL type of your own with [`ColumnType::Custom`].
#[diagnostic::on_unimplemented(
    message = "auth_runtime does not know how to create a column of the SQL type `{Self}`",
    note = "implement `auth_runtime::db::SchemaType` for it with `ColumnType::Custom`"
)]
pub trait SchemaType {
    /// What the column holds.
    const TYPE: ColumnType;
    /// Whether it may be NULL.
    const NULLABLE: bool = false;
}

impl<T> SchemaType for sql::Nullable<T>
where
    T: SchemaType + sql::SqlType,
{
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
}

macro_rules! schema_type {
    ($($(#[$cfg:meta])? $sql_type:ty => $ty:ident,)*) => {$(
        $(#[$cfg])?
        impl SchemaType for $sql_type {
            const TYPE: ColumnType = ColumnType::$ty;
        }
    )*};
}
schema_type! {
    SqlId => Id,
    SqlTimestamp => Timestamp,
    sql::Timestamp => DateTime,
    sql::Text => Text,
    sql::SmallInt => SmallInt,
    sql::Integer => Integer,
    sql::BigInt => BigInt,
    sql::Bool => Bool,
    sql::Binary => Binary,
    sql::Double => Double,
    sql::Json => Json,
    sql::Jsonb => Jsonb,
    #[cfg(feature = "postgres")] sql::Uuid => Id,
    #[cfg(feature = "postgres")] sql::Timestamptz => Timestamp,
    #[cfg(feature = "postgres")] sql::Citext => Text,
    #[cfg(feature = "sqlite")] sql::TimestamptzSqlite => Timestamp,
    #[cfg(feature = "mysql")] sql::Datetime => DateTime,
}
