/// Writes the `table!` and the store of an API key resource: all of its Diesel code.
#[doc(hidden)]
#[macro_export]
macro_rules! __api_key_resource {
    (
        $resource:ident;
        table $table:literal;
        id $id:literal;
        key_hash $key_hash:literal;
        prefix $prefix:literal;
        subject $subject:literal;
        name $name:literal;
        scopes $scopes:literal;
        created_at $created_at:literal;
        expires_at $expires_at:literal;
        revoked_at $revoked_at:literal;
        last_used_at $last_used_at:literal;
        replaced_by $replaced_by:literal;
    ) => {
        const _: () = {
            $crate::__private::diesel::table! {
                #[sql_name = $table]
                auth_api_keys (id) {
                    #[sql_name = $id]
                    id -> ::auth_runtime::db::SqlId,
                    #[sql_name = $key_hash]
                    key_hash -> diesel::sql_types::Binary,
                    #[sql_name = $prefix]
                    prefix -> diesel::sql_types::Text,
                    #[sql_name = $subject]
                    subject -> diesel::sql_types::Text,
                    #[sql_name = $name]
                    name -> diesel::sql_types::Text,
                    #[sql_name = $scopes]
                    scopes -> diesel::sql_types::Text,
                    #[sql_name = $created_at]
                    created_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $expires_at]
                    expires_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $revoked_at]
                    revoked_at -> diesel::sql_types::Nullable<::auth_runtime::db::SqlTimestamp>,
                    #[sql_name = $last_used_at]
                    last_used_at -> diesel::sql_types::Nullable<::auth_runtime::db::SqlTimestamp>,
                    #[sql_name = $replaced_by]
                    replaced_by -> diesel::sql_types::Nullable<::auth_runtime::db::SqlId>,
                }
            }

    $crate::__for_each_connection!($crate::__api_key_store; $resource, $table);
        };
    };
}

/// The store on one kind of connection.
#[doc(hidden)]
#[macro_export]
macro_rules! __api_key_store {
    ($connection:ty; $resource:ident, $name:literal) => {
        #[automatically_derived]
        impl $crate::resources::api_key::ApiKeyStore<$connection> for $resource {
            fn table() -> $crate::db::Table {
                use $crate::db::Column;
                $crate::db::Table::new($name)
                    .column(Column::of::<auth_api_keys::id>())
                    .column(Column::of::<auth_api_keys::key_hash>())
                    .column(Column::of::<auth_api_keys::prefix>())
                    .column(Column::of::<auth_api_keys::subject>())
                    .column(Column::of::<auth_api_keys::name>())
                    .column(Column::of::<auth_api_keys::scopes>())
                    .column(Column::of::<auth_api_keys::created_at>())
                    .column(Column::of::<auth_api_keys::expires_at>())
                    .column(Column::of::<auth_api_keys::revoked_at>())
                    .column(Column::of::<auth_api_keys::last_used_at>())
                    .column(Column::of::<auth_api_keys::replaced_by>())
                    .primary_key(<auth_api_keys::id as $crate::__private::diesel::Column>::NAME)
                    .index(&[<auth_api_keys::subject as $crate::__private::diesel::Column>::NAME])
            }

            async fn insert(
                connection: &mut $connection,
                row: $crate::resources::api_key::NewApiKeyRow<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let query = diesel::insert_into(auth_api_keys::table).values((
                    auth_api_keys::id.eq(row.id),
                    auth_api_keys::key_hash.eq(row.key_hash),
                    auth_api_keys::prefix.eq(row.prefix),
                    auth_api_keys::subject.eq(row.subject),
                    auth_api_keys::name.eq(row.name),
                    auth_api_keys::scopes.eq(row.scopes),
                    auth_api_keys::created_at.eq($crate::db::UtcTimestamp::new(now)),
                    auth_api_keys::expires_at.eq($crate::db::UtcTimestamp::new(row.expires_at)),
                ));
                Run::execute(query, connection).await
            }

            async fn find(
                connection: &mut $connection,
                id: $crate::db::Id,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Option<$crate::resources::api_key::StoredApiKey>,
            > {
                use $crate::__private::query::*;
                let query = auth_api_keys::table.filter(auth_api_keys::id.eq(id));
                let found: $crate::__private::Option<$crate::resources::api_key::Columns> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.map(::core::convert::From::from))
            }

            async fn of_subject(
                connection: &mut $connection,
                subject: &str,
                prefix: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::api_key::StoredApiKey>,
            > {
                use $crate::__private::query::*;
                let query = auth_api_keys::table
                    .filter(auth_api_keys::subject.eq(subject))
                    .filter(auth_api_keys::prefix.eq(prefix))
                    .order((auth_api_keys::created_at.desc(), auth_api_keys::id.desc()));
                let found: $crate::__private::Vec<$crate::resources::api_key::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(found.into_iter().map(::core::convert::From::from).collect())
            }

            async fn revoke(
                connection: &mut $connection,
                id: $crate::db::Id,
                subject: &str,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let unrevoked = auth_api_keys::table
                    .filter(auth_api_keys::id.eq(id))
                    .filter(auth_api_keys::subject.eq(subject))
                    .filter(auth_api_keys::revoked_at.is_null());
                let now = $crate::db::UtcTimestamp::new(now);
                let query = diesel::update(unrevoked).set(auth_api_keys::revoked_at.eq(now));
                Run::execute(query, connection).await
            }

            async fn revoke_subject(
                connection: &mut $connection,
                subject: &str,
                prefix: &str,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let unrevoked = auth_api_keys::table
                    .filter(auth_api_keys::subject.eq(subject))
                    .filter(auth_api_keys::prefix.eq(prefix))
                    .filter(auth_api_keys::revoked_at.is_null());
                let now = $crate::db::UtcTimestamp::new(now);
                let query = diesel::update(unrevoked).set(auth_api_keys::revoked_at.eq(now));
                Run::execute(query, connection).await
            }

            async fn replace(
                connection: &mut $connection,
                id: $crate::db::Id,
                by: $crate::db::Id,
                at: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let replaced = auth_api_keys::table.filter(auth_api_keys::id.eq(id));
                let query = diesel::update(replaced).set(auth_api_keys::replaced_by.eq(by));
                Run::execute(query, connection).await?;
                let at = $crate::db::UtcTimestamp::new(at);
                let later = auth_api_keys::table
                    .filter(auth_api_keys::id.eq(id))
                    .filter(auth_api_keys::expires_at.gt(at));
                let query = diesel::update(later).set(auth_api_keys::expires_at.eq(at));
                Run::execute(query, connection).await
            }

            async fn note_use(
                connection: &mut $connection,
                id: $crate::db::Id,
                now: $crate::__private::OffsetDateTime,
                before: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let before = $crate::db::UtcTimestamp::new(before);
                let unnoted = auth_api_keys::table
                    .filter(auth_api_keys::id.eq(id))
                    .filter(
                        auth_api_keys::last_used_at
                            .is_null()
                            .or(auth_api_keys::last_used_at.le(before)),
                    );
                let now = $crate::db::UtcTimestamp::new(now);
                let query = diesel::update(unnoted).set(auth_api_keys::last_used_at.eq(now));
                Run::execute(query, connection).await
            }

            async fn delete(
                connection: &mut $connection,
                ids: $crate::__private::Vec<$crate::db::Id>,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let query = diesel::delete(auth_api_keys::table.filter(auth_api_keys::id.eq_any(ids)));
                Run::execute(query, connection).await
            }
        }
    };
}
