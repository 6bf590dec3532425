/// The queries of a password strategy on the application's table: all of its Diesel code. Stands inside the
/// `impl Password` that the macro writes.
#[doc(hidden)]
#[macro_export]
macro_rules! __password_queries {
    (
        user $user:ty;
        connection $connection:ty;
        table $table:path;
        key $key:path: $key_type:ty;
        identity $identity:path;
        hash $hash:path;
        tenant $tenant_type:ty $(, $tenant:path)?;
        extras $extras:ident [$($extra:path = $value:expr),* $(,)?];
    ) => {
        #[allow(unused_variables)]
        async fn find(
            connection: &mut $connection,
            tenant: &$tenant_type,
            identity: &str,
        ) -> $crate::__private::QueryResult<
            $crate::__private::Option<($user, $crate::__private::Option<$crate::__private::String>)>,
        > {
            use $crate::__private::query::*;
            let query = $table
                .filter($identity.eq(identity.to_owned()))
                $(.filter($tenant.eq(tenant.clone())))?
                .select((<$user as SelectableHelper<_>>::as_select(), $hash.nullable()));
            ReadOne::read_one(connection, query).await
        }

        async fn hash_of(
            connection: &mut $connection,
            key: &$key_type,
        ) -> $crate::__private::QueryResult<$crate::__private::Option<$crate::__private::String>> {
            use $crate::__private::query::*;
            let query = $table.filter($key.eq(key.clone())).select($hash.nullable());
            let found: $crate::__private::Option<$crate::__private::Option<$crate::__private::String>> =
                ReadOne::read_one(connection, query).await?;
            $crate::__private::Ok(found.flatten())
        }

        async fn replace_hash(
            connection: &mut $connection,
            key: &$key_type,
            old: &str,
            new: &str,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let unchanged = $table.filter($key.eq(key)).filter($hash.eq(old));
            Run::execute(diesel::update(unchanged).set($hash.eq(new)), connection).await
        }

        async fn set_hash(
            connection: &mut $connection,
            key: &$key_type,
            new: &str,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let query = diesel::update($table.filter($key.eq(key))).set($hash.eq(new));
            Run::execute(query, connection).await
        }

        #[allow(unused_variables)]
        async fn insert(
            connection: &mut $connection,
            key: $crate::__private::Option<$key_type>,
            tenant: &$tenant_type,
            identity: &str,
            hash: &str,
            $extras: Self::Extras,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let query = diesel::insert_into($table).values((
                key.map(|key| $key.eq(key)),
                $identity.eq(identity),
                $hash.eq(hash),
                $($tenant.eq(tenant.clone()),)?
                $($extra.eq($value),)*
            ));
            Run::execute(query, connection).await
        }
    };
}
