use std::fmt;

use super::{Schema, Table};
use crate::db::{Connection, Dialect, FoundTable, Repo, StorageError};

/// How the real database differs from the schema, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// There is no such table.
    MissingTable {
        /// The table.
        table: String,
        /// The statements that create it.
        sql: Vec<String>,
    },
    /// The table lacks a column.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The statement that adds it.
        sql: String,
    },
    /// The column cannot hold the values.
    WrongType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type it should have.
        expected: String,
        /// The type it has.
        found: String,
    },
    /// The column refuses NULL, which will be stored in it.
    NotNullable {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column that the schema does not know must be given a value, so every insert will fail.
    RequiredColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Nothing stops two rows from having the same values in these columns.
    MissingUnique {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
        /// The statement that adds the index.
        sql: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table, sql } => {
                write!(f, "table `{table}` is missing; create it:\n{};", sql.join(";\n"))
            }
            Self::MissingColumn { table, column, sql } => {
                write!(f, "table `{table}` has no column `{column}`; add it:\n{sql};")
            }
            Self::WrongType {
                table,
                column,
                expected,
                found,
            } => write!(
                f,
                "column `{table}.{column}` has the type `{found}`, but needs `{expected}`; change its type in a migration"
            ),
            Self::NotNullable { table, column } => write!(
                f,
                "column `{table}.{column}` refuses NULL, but the model stores it; drop NOT NULL or make the field required"
            ),
            Self::RequiredColumn { table, column } => write!(
                f,
                "column `{table}.{column}` is NOT NULL without a default and the model does not fill it; \
                 add it to the model, give it a default, or drop NOT NULL"
            ),
            Self::MissingUnique { table, columns, sql } => write!(
                f,
                "table `{table}` does not keep `{}` unique; add an index:\n{sql};",
                columns.join("`, `")
            ),
        }
    }
}

impl Schema {
    /// Names what the real database lacks. An empty answer means that the application can run on it.
    ///
    /// # Errors
    /// [`StorageError`] when the database cannot be asked.
    pub async fn compare<R: Repo>(&self, repo: &R) -> Result<Vec<Difference>, StorageError> {
        let mut guard = repo.get().await?;
        let mut differences = Vec::new();
        for table in &self.tables {
            let found = guard.describe(&table.name).await?;
            table.compare(R::Connection::DIALECT, found.as_ref(), &mut differences);
        }
        Ok(differences)
    }
}

impl Table {
    fn compare(&self, dialect: Dialect, found: Option<&FoundTable>, differences: &mut Vec<Difference>) {
        let table = || self.name.clone();
        let Some(found) = found else {
            return differences.push(Difference::MissingTable {
                table: table(),
                sql: self.create_sql(dialect),
            });
        };
        for column in &self.columns {
            let name = || column.name.clone();
            let Some(real) = found
                .columns
                .iter()
                .find(|real| real.name.eq_ignore_ascii_case(&column.name))
            else {
                let sql = format!(
                    "ALTER TABLE {} ADD COLUMN {}",
                    dialect.quote(&self.name),
                    self.column_sql(column, dialect)
                );
                differences.push(Difference::MissingColumn {
                    table: table(),
                    column: name(),
                    sql,
                });
                continue;
            };
            if !column.ty.accepts(dialect, &real.type_name) {
                differences.push(Difference::WrongType {
                    table: table(),
                    column: name(),
                    expected: column
                        .ty
                        .sql(dialect, self.is_indexed(column))
                        .to_ascii_lowercase(),
                    found: real.type_name.clone(),
                });
            }
            if column.nullable && !real.nullable {
                differences.push(Difference::NotNullable {
                    table: table(),
                    column: name(),
                });
            }
        }
        for real in &found.columns {
            let known = self
                .columns
                .iter()
                .any(|column| column.name.eq_ignore_ascii_case(&real.name));
            if !known && !real.nullable && !real.has_default {
                differences.push(Difference::RequiredColumn {
                    table: table(),
                    column: real.name.clone(),
                });
            }
        }
        let keys = (!self.primary_key.is_empty()).then_some(&self.primary_key);
        for columns in keys.into_iter().chain(&self.unique) {
            let mut wanted = columns.clone();
            wanted.sort();
            if !found.unique.contains(&wanted) {
                differences.push(Difference::MissingUnique {
                    table: table(),
                    columns: columns.clone(),
                    sql: self.unique_sql(dialect, columns),
                });
            }
        }
    }
}

/// Collects `(index, column)` pairs into one sorted list of columns per index.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(in crate::db) fn group_unique(pairs: impl Iterator<Item = (String, String)>) -> Vec<Vec<String>> {
    let mut groups = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (index, column) in pairs {
        groups.entry(index).or_default().push(column);
    }
    for columns in groups.values_mut() {
        columns.sort();
    }
    groups.into_values().collect()
}
