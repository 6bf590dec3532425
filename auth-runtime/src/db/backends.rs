/// Calls `$macro!(ConnectionType; arguments…)` once for each database this crate was built with.
///
/// Generated code cannot ask which features are on (it would ask the user's crate), so this one answers.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_connection {
    ($macro:path; $($arguments:tt)*) => {
        $crate::__for_sqlite!($macro; $($arguments)*);
        $crate::__for_postgres!($macro; $($arguments)*);
        $crate::__for_mysql!($macro; $($arguments)*);
    };
    ($macro:path) => {
        $crate::__for_each_connection!($macro;);
    };
}

macro_rules! for_connection {
    ($dollar:tt $name:ident, $feature:literal, $connection:ident) => {
        #[doc(hidden)]
        #[cfg(feature = $feature)]
        #[macro_export]
        macro_rules! $name {
                            ($dollar macro:path; $dollar($dollar arguments:tt)*) => {
                                $dollar macro! { $dollar crate::db::$connection; $dollar($dollar arguments)* }
                            };
                        }

        #[doc(hidden)]
        #[cfg(not(feature = $feature))]
        #[macro_export]
        macro_rules! $name {
            ($dollar($dollar arguments:tt)*) => {};
        }
    };
}

for_connection!($ __for_sqlite, "sqlite", SqliteConnection);
for_connection!($ __for_postgres, "postgres", PgConnection);
for_connection!($ __for_mysql, "mysql", MysqlConnection);
