/// The queries of a magic-link strategy on the application's table: all of its Diesel code. Stands inside the
/// `impl MagicLink` that the macro writes.
#[doc(hidden)]
#[macro_export]
macro_rules! __magic_link_queries {
    (
        connection $connection:ty;
        table $table:path;
        key $key:path: $key_type:ty;
        identity $identity:path;
        tenant $tenant_type:ty $(, $tenant:path)?;
        defaults [$($default:path = $value:expr),* $(,)?];
    ) => {
        #[allow(unused_variables)]
        async fn insert(
            connection: &mut $connection,
            key: $crate::__private::Option<$key_type>,
            tenant: &$tenant_type,
            identity: &str,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let query = diesel::insert_into($table).values((
                key.map(|key| $key.eq(key)),
                $identity.eq(identity),
                $($tenant.eq(tenant.clone()),)?
                $($default.eq($value),)*
            ));
            Run::execute(query, connection).await
        }
    };
}
