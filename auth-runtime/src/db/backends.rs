/// Calls `$macro!(ConnectionType; arguments…)` once for each database this crate was built with.
///
/// Generated code cannot ask which features are on (it would ask the user's crate), so this one answers.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_connection {
    ($macro:path; $($arguments:tt)*) => {
        $crate::__for_sqlite! { $macro; $($arguments)* }
        $crate::__for_postgres! { $macro; $($arguments)* }
        $crate::__for_mysql! { $macro; $($arguments)* }
    };
    ($macro:path) => {
        $crate::__for_each_connection! { $macro; }
    };
}

#[doc(hidden)]
#[cfg(feature = "sqlite")]
#[macro_export]
macro_rules! __for_sqlite {
    ($macro:path; $($arguments:tt)*) => {
        $macro! { $crate::db::SqliteConnection; $($arguments)* }
    };
}

#[doc(hidden)]
#[cfg(not(feature = "sqlite"))]
#[macro_export]
macro_rules! __for_sqlite {
    ($($arguments:tt)*) => {};
}

#[doc(hidden)]
#[cfg(feature = "postgres")]
#[macro_export]
macro_rules! __for_postgres {
    ($macro:path; $($arguments:tt)*) => {
        $macro! { $crate::db::PgConnection; $($arguments)* }
    };
}

#[doc(hidden)]
#[cfg(not(feature = "postgres"))]
#[macro_export]
macro_rules! __for_postgres {
    ($($arguments:tt)*) => {};
}

#[doc(hidden)]
#[cfg(feature = "mysql")]
#[macro_export]
macro_rules! __for_mysql {
    ($macro:path; $($arguments:tt)*) => {
        $macro! { $crate::db::MysqlConnection; $($arguments)* }
    };
}

#[doc(hidden)]
#[cfg(not(feature = "mysql"))]
#[macro_export]
macro_rules! __for_mysql {
    ($($arguments:tt)*) => {};
}
