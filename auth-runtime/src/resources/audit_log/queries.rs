/// Writes the `table!` and the store of an audit log: all of its Diesel code.
#[doc(hidden)]
#[macro_export]
macro_rules! __audit_log_resource {
    (
        $resource:ident;
        table $table:literal;
        lifetime $lifetime:expr;
        interval $interval:literal;
        id $id:literal;
        logged_at $logged_at:literal;
        resource $resource_column:literal;
        audit_log $audit_log:literal;
        strategy $strategy:literal;
        action_name $action_name:literal;
        status $status:literal;
        cause $cause:literal;
        subject $subject:literal;
        identity $identity:literal;
        client_ip $client_ip:literal;
        tenant $tenant:literal;
        request_id $request_id:literal;
        extra_data $extra_data:literal;
    ) => {
        const _: () = {
            $crate::__private::diesel::table! {
                #[sql_name = $table]
                auth_audit_log (id) {
                    #[sql_name = $id]
                    id -> ::auth_runtime::db::SqlId,
                    #[sql_name = $logged_at]
                    logged_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $resource_column]
                    resource -> diesel::sql_types::Text,
                    #[sql_name = $audit_log]
                    audit_log -> diesel::sql_types::Text,
                    #[sql_name = $strategy]
                    strategy -> diesel::sql_types::Text,
                    #[sql_name = $action_name]
                    action_name -> diesel::sql_types::Text,
                    #[sql_name = $status]
                    status -> diesel::sql_types::Text,
                    #[sql_name = $cause]
                    cause -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $subject]
                    subject -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $identity]
                    identity -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $client_ip]
                    client_ip -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $tenant]
                    tenant -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $request_id]
                    request_id -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $extra_data]
                    extra_data -> diesel::sql_types::Text,
                }
            }

            #[automatically_derived]
            impl $crate::resources::audit_log::AuditLogResource for $resource {
                const LOG_LIFETIME: $crate::__private::Option<::core::time::Duration> = $lifetime;
                const EXPUNGE_INTERVAL: ::core::time::Duration = ::core::time::Duration::from_secs($interval);
            }

    $crate::__for_each_connection!($crate::__audit_log_store; $resource, $table);
        };
    };
}

/// The store on one kind of connection.
#[doc(hidden)]
#[macro_export]
macro_rules! __audit_log_store {
    ($connection:ty; $resource:ident, $name:literal) => {
        #[automatically_derived]
        impl $crate::resources::audit_log::AuditLogStore<$connection> for $resource {
            fn table() -> $crate::db::Table {
                use $crate::{__private::diesel::Column as Named, db::{Column, ColumnType::ShortText}};
                // The longest index is within what MySQL can do: 3072 bytes, four for each character.
                $crate::db::Table::new($name)
                    .column(Column::of::<auth_audit_log::id>())
                    .column(Column::of::<auth_audit_log::logged_at>())
                    .column(Column::of::<auth_audit_log::resource>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::audit_log>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::strategy>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::action_name>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::status>().with_type(ShortText(10)))
                    .column(Column::of::<auth_audit_log::cause>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::subject>().with_type(ShortText(255)))
                    .column(Column::of::<auth_audit_log::identity>().with_type(ShortText(255)))
                    .column(Column::of::<auth_audit_log::client_ip>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::tenant>().with_type(ShortText(255)))
                    .column(Column::of::<auth_audit_log::request_id>().with_type(ShortText(100)))
                    .column(Column::of::<auth_audit_log::extra_data>())
                    .primary_key(<auth_audit_log::id as Named>::NAME)
                    .index(&[
                        <auth_audit_log::subject as Named>::NAME,
                        <auth_audit_log::logged_at as Named>::NAME,
                    ])
                    .index(&[
                        <auth_audit_log::strategy as Named>::NAME,
                        <auth_audit_log::identity as Named>::NAME,
                        <auth_audit_log::status as Named>::NAME,
                        <auth_audit_log::logged_at as Named>::NAME,
                    ])
                    .index(&[<auth_audit_log::logged_at as Named>::NAME])
            }

            async fn insert(
                connection: &mut $connection,
                entries: &[$crate::resources::audit_log::LogEntry],
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let rows: $crate::__private::Vec<_> = entries
                    .iter()
                    .map(|entry| {
                        (
                            auth_audit_log::id.eq(entry.id),
                            auth_audit_log::logged_at.eq(entry.timestamp()),
                            auth_audit_log::resource.eq(entry.resource.clone()),
                            auth_audit_log::audit_log.eq(entry.audit_log.clone()),
                            auth_audit_log::strategy.eq(entry.strategy.clone()),
                            auth_audit_log::action_name.eq(entry.action_name.clone()),
                            auth_audit_log::status.eq(entry.status.as_str()),
                            auth_audit_log::cause.eq(entry.cause.clone()),
                            auth_audit_log::subject.eq(entry.subject.clone()),
                            auth_audit_log::identity.eq(entry.identity.clone()),
                            auth_audit_log::client_ip.eq(entry.client_ip.clone()),
                            auth_audit_log::tenant.eq(entry.tenant.clone()),
                            auth_audit_log::request_id.eq(entry.request_id.clone()),
                            auth_audit_log::extra_data.eq(entry.extra_data_text()),
                        )
                    })
                    .collect();
                if rows.is_empty() {
                    return $crate::__private::Ok(0);
                }
                let query = diesel::insert_into(auth_audit_log::table).values(rows);
                InsertRows::insert_rows(connection, query).await
            }

            async fn is_there(
                connection: &mut $connection,
                id: $crate::db::Id,
            ) -> $crate::__private::QueryResult<bool> {
                use $crate::__private::query::*;
                let query = auth_audit_log::table
                    .filter(auth_audit_log::id.eq(id))
                    .select(auth_audit_log::id);
                let found: $crate::__private::Option<$crate::db::Id> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.is_some())
            }

            async fn page(
                connection: &mut $connection,
                filter: &$crate::resources::audit_log::LogFilter,
                after: $crate::__private::Option<$crate::resources::audit_log::Cursor>,
                limit: i64,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::audit_log::LogEntry>,
            > {
                use $crate::__private::query::*;
                use $crate::__private::Some;
                let mut query = auth_audit_log::table
                    .select((
                        auth_audit_log::id,
                        auth_audit_log::logged_at,
                        auth_audit_log::resource,
                        auth_audit_log::audit_log,
                        auth_audit_log::strategy,
                        auth_audit_log::action_name,
                        auth_audit_log::status,
                        auth_audit_log::cause,
                        auth_audit_log::subject,
                        auth_audit_log::identity,
                        auth_audit_log::client_ip,
                        auth_audit_log::tenant,
                        auth_audit_log::request_id,
                        auth_audit_log::extra_data,
                    ))
                    .order((auth_audit_log::logged_at.desc(), auth_audit_log::id.desc()))
                    .limit(limit)
                    .into_boxed::<Backend<$connection>>();
                if let Some(resource) = &filter.resource {
                    query = query.filter(auth_audit_log::resource.eq(resource));
                }
                if let Some(audit_log) = &filter.audit_log {
                    query = query.filter(auth_audit_log::audit_log.eq(audit_log));
                }
                if let Some(tenant) = &filter.tenant {
                    query = query.filter(auth_audit_log::tenant.eq(tenant));
                }
                if let Some(subject) = &filter.subject {
                    query = query.filter(auth_audit_log::subject.eq(subject));
                }
                if let Some(identities) = &filter.identities {
                    query = query.filter(auth_audit_log::identity.eq_any(identities));
                }
                if let Some(strategy) = &filter.strategy {
                    query = query.filter(auth_audit_log::strategy.eq(strategy));
                }
                if let Some(action_name) = &filter.action_name {
                    query = query.filter(auth_audit_log::action_name.eq(action_name));
                }
                if let Some(status) = filter.status {
                    query = query.filter(auth_audit_log::status.eq(status.as_str()));
                }
                if let Some(since) = filter.since {
                    query = query.filter(auth_audit_log::logged_at.ge(since));
                }
                if let Some(until) = filter.until {
                    query = query.filter(auth_audit_log::logged_at.lt(until));
                }
                if let Some(after) = after {
                    // The first condition is one that an index can begin with.
                    query = query.filter(auth_audit_log::logged_at.le(after.logged_at)).filter(
                        auth_audit_log::logged_at
                            .lt(after.logged_at)
                            .or(auth_audit_log::id.lt(after.id)),
                    );
                }
                let rows: $crate::__private::Vec<$crate::resources::audit_log::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(
                    rows.into_iter()
                        .map($crate::resources::audit_log::LogEntry::of)
                        .collect(),
                )
            }

            async fn count_failures(
                connection: &mut $connection,
                key: &$crate::resources::audit_log::FailureKey<'_>,
            ) -> $crate::__private::QueryResult<i64> {
                use $crate::__private::query::*;
                use $crate::__private::{None, Some};
                let success = $crate::resources::audit_log::Status::Success.as_str();
                let mut query = auth_audit_log::table
                    .filter(auth_audit_log::strategy.eq(key.strategy))
                    .filter(
                        auth_audit_log::logged_at.ge($crate::resources::token::timestamp(key.since)),
                    )
                    .filter(auth_audit_log::resource.eq(key.resource))
                    .filter(
                        auth_audit_log::cause
                            .is_null()
                            .or(auth_audit_log::cause.ne_all(key.except.to_vec())),
                    )
                    .count()
                    .into_boxed::<Backend<$connection>>();
                query = if key.every_run_of.is_empty() {
                    query.filter(auth_audit_log::status.ne(success))
                } else {
                    let every_run = auth_audit_log::action_name.eq_any(key.every_run_of.to_vec());
                    query.filter(auth_audit_log::status.ne(success).or(every_run))
                };
                if let Some(identity) = key.identity {
                    query = query.filter(auth_audit_log::identity.eq(identity));
                }
                if let Some(subject) = key.subject {
                    query = query.filter(auth_audit_log::subject.eq(subject));
                }
                query = match key.tenant {
                    Some(tenant) => query.filter(auth_audit_log::tenant.eq(tenant)),
                    None => query.filter(auth_audit_log::tenant.is_null()),
                };
                Run::get_result(query, connection).await
            }

            async fn purge(
                connection: &mut $connection,
                until: $crate::__private::OffsetDateTime,
                limit: i64,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                // Two statements, because not every database deletes with a limit. An old event stays old, so
                // whatever happens in between is harmless.
                let query = auth_audit_log::table
                    .filter(auth_audit_log::logged_at.le($crate::resources::token::timestamp(until)))
                    .select(auth_audit_log::id)
                    .limit(limit);
                let old: $crate::__private::Vec<$crate::db::Id> = Run::load(query, connection).await?;
                let query = diesel::delete(auth_audit_log::table.filter(auth_audit_log::id.eq_any(old)));
                Run::execute(query, connection).await
            }
        }
    };
}
