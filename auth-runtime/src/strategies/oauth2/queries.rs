/// The queries of an `oauth2` strategy on the application's table: all of its Diesel code. Stands inside the
/// `impl OAuth2` that the macro writes.
#[doc(hidden)]
#[macro_export]
macro_rules! __oauth2_queries {
    (
        connection $connection:ty;
        table $table:path;
        key $key:path: $key_type:ty;
        identity $identity:path;
        tenant $tenant_type:ty $(, $tenant:path)?;
        attributes $attributes:ident [$($attribute:path = $value:expr),* $(,)?];
        defaults [$($default:path = $default_value:expr),* $(,)?];
        updates [$($update:path = $update_value:expr),* $(,)?];
    ) => {
        #[allow(unused_variables)]
        async fn insert(
            connection: &mut $connection,
            key: $crate::__private::Option<$key_type>,
            tenant: &$tenant_type,
            identity: $crate::__private::Option<&str>,
            $attributes: Self::Attributes,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let query = diesel::insert_into($table).values((
                key.map(|key| $key.eq(key)),
                identity.map(|identity| $identity.eq(identity.to_owned())),
                $($tenant.eq(tenant.clone()),)?
                $($attribute.eq($value),)*
                $($default.eq($default_value),)*
            ));
            Run::execute(query, connection).await
        }

        $crate::__oauth2_update! {
            $connection; $table; $key: $key_type; $attributes [$($update = $update_value),*]
        }
    };
}

/// The query that lets columns follow the provider; nothing where none does.
#[doc(hidden)]
#[macro_export]
macro_rules! __oauth2_update {
    ($connection:ty; $table:path; $key:path: $key_type:ty; $attributes:ident []) => {
        async fn update(
            _: &mut $connection,
            _: &$key_type,
            _: Self::Attributes,
        ) -> $crate::__private::QueryResult<usize> {
            $crate::__private::Ok(0)
        }
    };
    ($connection:ty; $table:path; $key:path: $key_type:ty; $attributes:ident [$($update:path = $value:expr),+]) => {
        async fn update(
            connection: &mut $connection,
            key: &$key_type,
            $attributes: Self::Attributes,
        ) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let query = diesel::update($table.filter($key.eq(key))).set(($($update.eq($value),)+));
            Run::execute(query, connection).await
        }
    };
}
