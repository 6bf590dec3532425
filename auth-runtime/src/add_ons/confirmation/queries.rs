/// The query of a confirmation on the application's table: all of its Diesel code. Stands inside the
/// `impl Confirmation` that the macro writes.
#[doc(hidden)]
#[macro_export]
macro_rules! __confirmation_queries {
    (
        connection $connection:ty;
        table $table:path;
        key $key:path: $key_type:ty;
        address $address:path;
        confirmed_at $confirmed_at:path;
    ) => {
        async fn write(
            connection: &mut $connection,
            key: &$key_type,
            address: &str,
            confirmed_at: $crate::__private::Option<$crate::__private::OffsetDateTime>,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let confirmed_at = confirmed_at.map($crate::db::UtcTimestamp::new);
            let query = diesel::update($table.filter($key.eq(key)))
                .set(($address.eq(address), $confirmed_at.eq(confirmed_at)));
            Run::execute(query, connection).await
        }
    };
}
