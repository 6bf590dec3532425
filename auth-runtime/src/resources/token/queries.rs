/// Writes the `table!` and the store of a token resource: all of its Diesel code.
#[doc(hidden)]
#[macro_export]
macro_rules! __token_resource {
    (
        $resource:ident;
        table $table:literal;
        jti $jti:literal;
        subject $subject:literal;
        purpose $purpose:literal;
        expires_at $expires_at:literal;
        extra_data $extra_data:literal;
        family $family:literal;
        successor $successor:literal;
        signed_in_at $signed_in_at:literal;
        last_seen_at $last_seen_at:literal;
        user_agent $user_agent:literal;
        client_address $client_address:literal;
        created_at $created_at:literal;
        updated_at $updated_at:literal;
    ) => {
        const _: () = {
            $crate::__private::diesel::table! {
                #[sql_name = $table]
                auth_tokens (jti) {
                    #[sql_name = $jti]
                    jti -> diesel::sql_types::Text,
                    #[sql_name = $subject]
                    subject -> diesel::sql_types::Text,
                    #[sql_name = $purpose]
                    purpose -> diesel::sql_types::Text,
                    #[sql_name = $expires_at]
                    expires_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $extra_data]
                    extra_data -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $family]
                    family -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $successor]
                    successor -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $signed_in_at]
                    signed_in_at -> diesel::sql_types::Nullable<::auth_runtime::db::SqlTimestamp>,
                    #[sql_name = $last_seen_at]
                    last_seen_at -> diesel::sql_types::Nullable<::auth_runtime::db::SqlTimestamp>,
                    #[sql_name = $user_agent]
                    user_agent -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $client_address]
                    client_address -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $created_at]
                    created_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $updated_at]
                    updated_at -> ::auth_runtime::db::SqlTimestamp,
                }
            }

            #[automatically_derived]
            impl $crate::resources::token::TokenTable for $resource {
                type Table = auth_tokens::table;
                type Jti = auth_tokens::jti;
                type Subject = auth_tokens::subject;
                type Purpose = auth_tokens::purpose;
                type ExpiresAt = auth_tokens::expires_at;
                type ExtraData = auth_tokens::extra_data;
                type Family = auth_tokens::family;
                type LastSeenAt = auth_tokens::last_seen_at;
            }

    $crate::__for_each_connection!($crate::__token_store; $resource, $table);
        };
    };
}

/// The store on one kind of connection.
#[doc(hidden)]
#[macro_export]
macro_rules! __token_store {
    ($connection:ty; $resource:ident, $name:literal) => {
        #[automatically_derived]
        impl $crate::resources::token::TokenStore<$connection> for $resource {
            fn table() -> $crate::db::Table {
                use $crate::db::Column;
                $crate::db::Table::new($name)
                    .column(Column::of::<auth_tokens::jti>())
                    .column(Column::of::<auth_tokens::subject>())
                    .column(Column::of::<auth_tokens::purpose>())
                    .column(Column::of::<auth_tokens::expires_at>())
                    .column(Column::of::<auth_tokens::extra_data>())
                    .column(Column::of::<auth_tokens::family>())
                    .column(Column::of::<auth_tokens::successor>())
                    .column(Column::of::<auth_tokens::signed_in_at>())
                    .column(Column::of::<auth_tokens::last_seen_at>())
                    .column(Column::of::<auth_tokens::user_agent>())
                    .column(Column::of::<auth_tokens::client_address>())
                    .column(Column::of::<auth_tokens::created_at>())
                    .column(Column::of::<auth_tokens::updated_at>())
                    .primary_key(<auth_tokens::jti as $crate::__private::diesel::Column>::NAME)
                    .index(&[<auth_tokens::subject as $crate::__private::diesel::Column>::NAME])
                    .index(&[<auth_tokens::family as $crate::__private::diesel::Column>::NAME])
                    .index(&[<auth_tokens::expires_at as $crate::__private::diesel::Column>::NAME])
            }

            async fn store(
                connection: &mut $connection,
                row: $crate::resources::token::NewTokenRow<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::resources::token::timestamp;
                let (now, session) = (timestamp(now), row.session);
                let query = diesel::insert_into(auth_tokens::table).values((
                    auth_tokens::jti.eq(row.jti),
                    auth_tokens::subject.eq(row.subject),
                    auth_tokens::purpose.eq(row.purpose.as_str()),
                    auth_tokens::expires_at.eq(timestamp(row.expires_at)),
                    auth_tokens::extra_data.eq(row.extra_data),
                    auth_tokens::family.eq(session.map(|session| session.family)),
                    auth_tokens::signed_in_at.eq(session.map(|session| timestamp(session.signed_in_at))),
                    auth_tokens::last_seen_at.eq(session.map(|_| now)),
                    auth_tokens::user_agent.eq(session.and_then(|session| session.user_agent)),
                    auth_tokens::client_address.eq(session.and_then(|session| session.client_address)),
                    auth_tokens::created_at.eq(now),
                    auth_tokens::updated_at.eq(now),
                ));
                Run::execute(query, connection).await
            }

            async fn is_live(
                connection: &mut $connection,
                jti: &str,
                purpose: $crate::token::Purpose,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<bool> {
                use $crate::__private::query::*;
                let query = auth_tokens::table
                    .filter(auth_tokens::jti.eq(jti.to_owned()))
                    .filter(auth_tokens::purpose.eq(purpose.as_str()))
                    .filter(auth_tokens::expires_at.gt($crate::resources::token::timestamp(now)))
                    .select(auth_tokens::jti);
                let found: $crate::__private::Option<$crate::__private::String> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.is_some())
            }

            async fn is_revoked(
                connection: &mut $connection,
                jti: &str,
            ) -> $crate::__private::QueryResult<bool> {
                use $crate::__private::query::*;
                let query = auth_tokens::table
                    .filter(auth_tokens::jti.eq(jti.to_owned()))
                    .filter(auth_tokens::purpose.eq($crate::token::Purpose::Revocation.as_str()))
                    .select(auth_tokens::jti);
                let found: $crate::__private::Option<$crate::__private::String> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.is_some())
            }

            async fn find(
                connection: &mut $connection,
                jti: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Option<$crate::resources::token::StoredToken>,
            > {
                use $crate::__private::query::*;
                let query = auth_tokens::table
                    .filter(auth_tokens::jti.eq(jti.to_owned()))
                    .select((
                        auth_tokens::jti,
                        auth_tokens::subject,
                        auth_tokens::purpose,
                        auth_tokens::expires_at,
                        auth_tokens::extra_data,
                        auth_tokens::family,
                        auth_tokens::successor,
                        auth_tokens::signed_in_at,
                        auth_tokens::last_seen_at,
                        auth_tokens::user_agent,
                        auth_tokens::client_address,
                        auth_tokens::created_at,
                        auth_tokens::updated_at,
                    ));
                ReadOne::read_one(connection, query).await
            }

            async fn live_of_subject(
                connection: &mut $connection,
                subject: &str,
                purposes: &[$crate::token::Purpose],
                now: $crate::__private::OffsetDateTime,
                limit: i64,
            ) -> $crate::__private::QueryResult<$crate::__private::Vec<$crate::resources::token::StoredToken>>
            {
                use $crate::__private::query::*;
                let purposes = purposes.iter().map(|purpose| purpose.as_str());
                let query = auth_tokens::table
                    .filter(auth_tokens::subject.eq(subject))
                    .filter(auth_tokens::purpose.eq_any(purposes))
                    .filter(auth_tokens::expires_at.gt($crate::resources::token::timestamp(now)))
                    .order((auth_tokens::created_at.desc(), auth_tokens::jti))
                    .limit(limit)
                    .select((
                        auth_tokens::jti,
                        auth_tokens::subject,
                        auth_tokens::purpose,
                        auth_tokens::expires_at,
                        auth_tokens::extra_data,
                        auth_tokens::family,
                        auth_tokens::successor,
                        auth_tokens::signed_in_at,
                        auth_tokens::last_seen_at,
                        auth_tokens::user_agent,
                        auth_tokens::client_address,
                        auth_tokens::created_at,
                        auth_tokens::updated_at,
                    ));
                Run::load(query, connection).await
            }

            async fn spend(
                connection: &mut $connection,
                jti: &str,
                subject: &str,
                purpose: $crate::token::Purpose,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let now = $crate::resources::token::timestamp(now);
                let unspent = auth_tokens::table
                    .filter(auth_tokens::jti.eq(jti))
                    .filter(auth_tokens::subject.eq(subject))
                    .filter(auth_tokens::purpose.eq(purpose.as_str()))
                    .filter(auth_tokens::expires_at.gt(now));
                let query = diesel::update(unspent).set((
                    auth_tokens::purpose.eq($crate::token::Purpose::Revocation.as_str()),
                    auth_tokens::updated_at.eq(now),
                ));
                Run::execute(query, connection).await
            }

            async fn rotate(
                connection: &mut $connection,
                jti: &str,
                subject: &str,
                purpose: $crate::token::Purpose,
                successor: &str,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let now = $crate::resources::token::timestamp(now);
                let unspent = auth_tokens::table
                    .filter(auth_tokens::jti.eq(jti))
                    .filter(auth_tokens::subject.eq(subject))
                    .filter(auth_tokens::purpose.eq(purpose.as_str()))
                    .filter(auth_tokens::expires_at.gt(now));
                let query = diesel::update(unspent).set((
                    auth_tokens::purpose.eq($crate::token::Purpose::Revocation.as_str()),
                    auth_tokens::successor.eq(successor),
                    auth_tokens::updated_at.eq(now),
                ));
                Run::execute(query, connection).await
            }

            async fn revoke(
                connection: &mut $connection,
                jti: &str,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let revocation = $crate::token::Purpose::Revocation.as_str();
                let live = auth_tokens::table
                    .filter(auth_tokens::jti.eq(jti))
                    .filter(auth_tokens::purpose.ne(revocation));
                let query = diesel::update(live).set((
                    auth_tokens::purpose.eq(revocation),
                    auth_tokens::updated_at.eq($crate::resources::token::timestamp(now)),
                ));
                Run::execute(query, connection).await
            }

            async fn revoke_subject(
                connection: &mut $connection,
                subject: &str,
                purpose: $crate::__private::Option<$crate::token::Purpose>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let revocation = $crate::token::Purpose::Revocation.as_str();
                let now = $crate::resources::token::timestamp(now);
                let ended = (
                    auth_tokens::purpose.eq(revocation),
                    auth_tokens::updated_at.eq(now),
                );
                let live = auth_tokens::table
                    .filter(auth_tokens::subject.eq(subject))
                    .filter(auth_tokens::purpose.ne(revocation));
                if let $crate::__private::Some(purpose) = purpose {
                    let of_purpose = live.filter(auth_tokens::purpose.eq(purpose.as_str()));
                    Run::execute(diesel::update(of_purpose).set(ended), connection).await
                } else {
                    Run::execute(diesel::update(live).set(ended), connection).await
                }
            }

            async fn revoke_selected(
                connection: &mut $connection,
                subject: &str,
                selection: &$crate::resources::token::Selection<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::resources::token::timestamp;
                let revocation = $crate::token::Purpose::Revocation.as_str();
                let mut query = diesel::update(
                    auth_tokens::table
                        .filter(auth_tokens::subject.eq(subject))
                        .filter(auth_tokens::purpose.ne(revocation)),
                )
                .set((
                    auth_tokens::purpose.eq(revocation),
                    auth_tokens::updated_at.eq(timestamp(now)),
                ))
                .into_boxed();
                if let $crate::__private::Some(purposes) = selection.purposes {
                    let purposes = purposes.iter().map(|purpose| purpose.as_str());
                    query = query.filter(auth_tokens::purpose.eq_any(purposes));
                }
                for purpose in selection.excluded_purposes {
                    query = query.filter(auth_tokens::purpose.ne(purpose.as_str()));
                }
                if let $crate::__private::Some(moment) = selection.issued_before {
                    let moment = timestamp(moment);
                    let signed_in = auth_tokens::signed_in_at.lt(moment);
                    query = query.filter(auth_tokens::created_at.lt(moment).or(signed_in));
                }
                // A row of no family is a session of its own, under its own identifier.
                if let $crate::__private::Some(id) = selection.session {
                    let own = auth_tokens::family.is_null().and(auth_tokens::jti.eq(id));
                    query = query.filter(auth_tokens::family.eq(id).or(own));
                }
                if let $crate::__private::Some(id) = selection.except_session {
                    let other = auth_tokens::family.is_null().and(auth_tokens::jti.ne(id));
                    query = query.filter(auth_tokens::family.ne(id).or(other));
                }
                Run::execute(query, connection).await
            }

            async fn touch(
                connection: &mut $connection,
                jti: &str,
                family: $crate::__private::Option<&str>,
                seen: $crate::__private::OffsetDateTime,
                before: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::resources::token::timestamp;
                let live = auth_tokens::purpose.ne($crate::token::Purpose::Revocation.as_str());
                let unseen = auth_tokens::last_seen_at
                    .is_null()
                    .or(auth_tokens::last_seen_at.lt(timestamp(before)));
                let unseen = auth_tokens::table.filter(live).filter(unseen);
                let seen = auth_tokens::last_seen_at.eq(timestamp(seen));
                if let $crate::__private::Some(family) = family {
                    let of_family = unseen.filter(auth_tokens::family.eq(family));
                    Run::execute(diesel::update(of_family).set(seen), connection).await
                } else {
                    let own = unseen.filter(auth_tokens::jti.eq(jti));
                    Run::execute(diesel::update(own).set(seen), connection).await
                }
            }

            async fn purge(
                connection: &mut $connection,
                before: $crate::__private::OffsetDateTime,
                limit: i64,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                // Two statements, because not every database deletes with a limit. A row that expired stays
                // expired, so whatever happens in between is harmless.
                let query = auth_tokens::table
                    .filter(auth_tokens::expires_at.lt($crate::resources::token::timestamp(before)))
                    .select(auth_tokens::jti)
                    .limit(limit);
                let expired: $crate::__private::Vec<$crate::__private::String> =
                    Run::load(query, connection).await?;
                let query = diesel::delete(auth_tokens::table.filter(auth_tokens::jti.eq_any(expired)));
                Run::execute(query, connection).await
            }
        }
    };
}
