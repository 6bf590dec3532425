//! The tables an application needs, as data.

mod column;
mod compare;
mod create;

pub use column::{Column, ColumnType, CustomType, SchemaType};
pub use compare::Difference;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(super) use compare::group_unique;

/// The tables an application needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The tables, in the order of creation.
    pub tables: Vec<Table>,
}

impl Schema {
    /// A schema without tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table, unless the very same is there already.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        if !self.tables.contains(&table) {
            self.tables.push(table);
        }
        self
    }

    /// Adds the library's own tables, which all resources of an application share. Creating them once for each resource
    /// is harmless.
    #[must_use]
    pub fn with_shared_tables(self) -> Self {
        self.table(crate::limits::table())
            .table(crate::sender::outbox::table())
    }
}

/// One table.
///
/// # Example
/// ```
/// use auth_runtime::db::{Column, Table};
/// diesel::table! {
///     users (id) {
///         id -> auth_runtime::db::SqlId,
///         email -> Text,
///         confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
///     }
/// }
/// let table = Table::new("users")
///     .column(Column::of::<users::id>())
///     .column(Column::of::<users::email>())
///     .column(Column::of::<users::confirmed_at>())
///     .primary_key("id")
///     .unique(&["email"]);
/// assert!(table.columns[2].nullable);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Its name, without quotes.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The columns of the primary key. A single integer is numbered by the database.
    pub primary_key: Vec<String>,
    /// Sets of columns that must be unique.
    pub unique: Vec<Vec<String>>,
    /// Sets of columns that are looked up.
    pub indexes: Vec<Vec<String>>,
}

impl Table {
    /// A table without columns.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique: Vec::new(),
            indexes: Vec::new(),
        }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Adds a column to the primary key.
    #[must_use]
    pub fn primary_key(mut self, column: impl Into<String>) -> Self {
        self.primary_key.push(column.into());
        self
    }

    /// Demands that no two rows have the same values in these columns.
    #[must_use]
    pub fn unique(mut self, columns: &[&str]) -> Self {
        self.unique
            .push(columns.iter().map(|&name| name.to_owned()).collect());
        self
    }

    /// Makes look-ups by these columns fast.
    #[must_use]
    pub fn index(mut self, columns: &[&str]) -> Self {
        self.indexes
            .push(columns.iter().map(|&name| name.to_owned()).collect());
        self
    }

    /// Whether the database numbers the rows by this column.
    pub(super) fn is_numbered(&self, column: &Column) -> bool {
        matches!(column.ty, ColumnType::Integer | ColumnType::BigInt)
            && matches!(self.primary_key.as_slice(), [only] if *only == column.name)
    }

    /// Whether a key or an index contains this column.
    pub(super) fn is_indexed(&self, column: &Column) -> bool {
        self.primary_key.contains(&column.name)
            || self
                .unique
                .iter()
                .chain(&self.indexes)
                .any(|columns| columns.contains(&column.name))
    }
}
