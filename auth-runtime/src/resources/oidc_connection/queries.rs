/// Writes the `table!` and the store of a connection resource: all of its Diesel code.
#[doc(hidden)]
#[macro_export]
macro_rules! __oidc_connection_resource {
    (
        $resource:ident;
        table $table:literal;
        id $id:literal;
        tenant $tenant:literal;
        slug $slug:literal;
        base_url $base_url:literal;
        client_id $client_id:literal;
        client_secret $client_secret:literal;
        display_name $display_name:literal;
        icon_url $icon_url:literal;
        email_domains $email_domains:literal;
        enabled $enabled:literal;
        created_at $created_at:literal;
        updated_at $updated_at:literal;
    ) => {
        const _: () = {
            $crate::__private::diesel::table! {
                #[sql_name = $table]
                auth_connections (id) {
                    #[sql_name = $id]
                    id -> ::auth_runtime::db::SqlId,
                    #[sql_name = $tenant]
                    tenant -> diesel::sql_types::Text,
                    #[sql_name = $slug]
                    slug -> diesel::sql_types::Text,
                    #[sql_name = $base_url]
                    base_url -> diesel::sql_types::Text,
                    #[sql_name = $client_id]
                    client_id -> diesel::sql_types::Text,
                    #[sql_name = $client_secret]
                    client_secret -> diesel::sql_types::Nullable<diesel::sql_types::Binary>,
                    #[sql_name = $display_name]
                    display_name -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $icon_url]
                    icon_url -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $email_domains]
                    email_domains -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $enabled]
                    enabled -> diesel::sql_types::Bool,
                    #[sql_name = $created_at]
                    created_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $updated_at]
                    updated_at -> ::auth_runtime::db::SqlTimestamp,
                }
            }

    $crate::__for_each_connection!($crate::__oidc_connection_store; $resource, $table);
        };
    };
}

/// The store on one kind of connection.
#[doc(hidden)]
#[macro_export]
macro_rules! __oidc_connection_store {
    ($connection:ty; $resource:ident, $name:literal) => {
        #[automatically_derived]
        impl $crate::resources::oidc_connection::OidcConnectionStore<$connection> for $resource {
            fn table() -> $crate::db::Table {
                use $crate::__private::diesel::Column as Named;
                use $crate::db::{Column, ColumnType};
                $crate::db::Table::new($name)
                    .column(Column::of::<auth_connections::id>())
                    .column(Column::of::<auth_connections::tenant>().with_type(ColumnType::ExactText(255)))
                    .column(Column::of::<auth_connections::slug>().with_type(ColumnType::ExactText(255)))
                    .column(Column::of::<auth_connections::base_url>())
                    .column(Column::of::<auth_connections::client_id>())
                    .column(Column::of::<auth_connections::client_secret>())
                    .column(Column::of::<auth_connections::display_name>())
                    .column(Column::of::<auth_connections::icon_url>())
                    .column(Column::of::<auth_connections::email_domains>())
                    .column(Column::of::<auth_connections::enabled>())
                    .column(Column::of::<auth_connections::created_at>())
                    .column(Column::of::<auth_connections::updated_at>())
                    .primary_key(<auth_connections::id as Named>::NAME)
                    .unique(&[
                        <auth_connections::tenant as Named>::NAME,
                        <auth_connections::slug as Named>::NAME,
                    ])
            }

            async fn insert(
                connection: &mut $connection,
                row: $crate::resources::oidc_connection::NewConnection<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let now = $crate::db::UtcTimestamp::new(now);
                let query = diesel::insert_into(auth_connections::table).values((
                    auth_connections::id.eq(row.id),
                    auth_connections::tenant.eq(row.tenant),
                    auth_connections::slug.eq(row.slug),
                    auth_connections::base_url.eq(row.base_url),
                    auth_connections::client_id.eq(row.client_id),
                    auth_connections::client_secret.eq(row.client_secret),
                    auth_connections::display_name.eq(row.display_name),
                    auth_connections::icon_url.eq(row.icon_url),
                    auth_connections::email_domains.eq(row.email_domains),
                    auth_connections::enabled.eq(row.enabled),
                    auth_connections::created_at.eq(now),
                    auth_connections::updated_at.eq(now),
                ));
                Run::execute(query, connection).await
            }

            async fn find(
                connection: &mut $connection,
                tenant: &str,
                id: $crate::db::Id,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Option<$crate::resources::oidc_connection::StoredConnection>,
            > {
                use $crate::__private::query::*;
                let query = auth_connections::table
                    .filter(auth_connections::id.eq(id))
                    .filter(auth_connections::tenant.eq($crate::__private::String::from(tenant)));
                let found: $crate::__private::Option<$crate::resources::oidc_connection::Columns> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.map(::core::convert::From::from))
            }

            async fn find_by_slug(
                connection: &mut $connection,
                tenant: &str,
                slug: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Option<$crate::resources::oidc_connection::StoredConnection>,
            > {
                use $crate::__private::query::*;
                let query = auth_connections::table
                    .filter(auth_connections::tenant.eq($crate::__private::String::from(tenant)))
                    .filter(auth_connections::slug.eq($crate::__private::String::from(slug)));
                let found: $crate::__private::Option<$crate::resources::oidc_connection::Columns> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.map(::core::convert::From::from))
            }

            async fn enabled_of(
                connection: &mut $connection,
                tenant: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::oidc_connection::StoredConnection>,
            > {
                use $crate::__private::query::*;
                let query = auth_connections::table
                    .filter(auth_connections::tenant.eq(tenant))
                    .filter(auth_connections::enabled.eq(true))
                    .order(auth_connections::slug.asc());
                let found: $crate::__private::Vec<$crate::resources::oidc_connection::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(found.into_iter().map(::core::convert::From::from).collect())
            }

            async fn of_tenant(
                connection: &mut $connection,
                tenant: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::oidc_connection::StoredConnection>,
            > {
                use $crate::__private::query::*;
                let query = auth_connections::table
                    .filter(auth_connections::tenant.eq(tenant))
                    .order(auth_connections::slug.asc());
                let found: $crate::__private::Vec<$crate::resources::oidc_connection::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(found.into_iter().map(::core::convert::From::from).collect())
            }

            async fn update(
                connection: &mut $connection,
                tenant: &str,
                id: $crate::db::Id,
                change: $crate::resources::oidc_connection::ConnectionChange<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let row = auth_connections::table
                    .filter(auth_connections::id.eq(id))
                    .filter(auth_connections::tenant.eq(tenant));
                let query = diesel::update(row).set((
                    change.slug.map(|new| auth_connections::slug.eq(new)),
                    change
                        .base_url
                        .map(|new| auth_connections::base_url.eq(new)),
                    change
                        .client_id
                        .map(|new| auth_connections::client_id.eq(new)),
                    change
                        .client_secret
                        .map(|new| auth_connections::client_secret.eq(new)),
                    change
                        .display_name
                        .map(|new| auth_connections::display_name.eq(new)),
                    change
                        .icon_url
                        .map(|new| auth_connections::icon_url.eq(new)),
                    change
                        .email_domains
                        .map(|new| auth_connections::email_domains.eq(new)),
                    auth_connections::updated_at.eq($crate::db::UtcTimestamp::new(now)),
                ));
                Run::execute(query, connection).await
            }

            async fn set_enabled(
                connection: &mut $connection,
                tenant: &str,
                id: $crate::db::Id,
                enabled: bool,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let row = auth_connections::table
                    .filter(auth_connections::id.eq(id))
                    .filter(auth_connections::tenant.eq(tenant));
                let query = diesel::update(row).set((
                    auth_connections::enabled.eq(enabled),
                    auth_connections::updated_at.eq($crate::db::UtcTimestamp::new(now)),
                ));
                Run::execute(query, connection).await
            }

            async fn with_secrets_after(
                connection: &mut $connection,
                after: $crate::db::Id,
                limit: i64,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::oidc_connection::StoredConnection>,
            > {
                use $crate::__private::query::*;
                let query = auth_connections::table
                    .filter(auth_connections::id.gt(after))
                    .filter(auth_connections::client_secret.is_not_null())
                    .order(auth_connections::id.asc())
                    .limit(limit);
                let found: $crate::__private::Vec<$crate::resources::oidc_connection::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(found.into_iter().map(::core::convert::From::from).collect())
            }

            async fn reseal(
                connection: &mut $connection,
                id: $crate::db::Id,
                before: &[u8],
                after: &[u8],
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::{Some, query::*};
                let as_before = auth_connections::table
                    .filter(auth_connections::id.eq(id))
                    .filter(auth_connections::client_secret.eq(before));
                let query = diesel::update(as_before).set(auth_connections::client_secret.eq(Some(after)));
                Run::execute(query, connection).await
            }

            async fn delete(
                connection: &mut $connection,
                tenant: &str,
                id: $crate::db::Id,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let own = auth_connections::table
                    .filter(auth_connections::id.eq(id))
                    .filter(auth_connections::tenant.eq(tenant));
                Run::execute(diesel::delete(own), connection).await
            }
        }
    };
}
