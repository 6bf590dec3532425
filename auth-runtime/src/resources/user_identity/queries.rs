/// Writes the `table!` and the store of an identity resource: all of its Diesel code.
#[doc(hidden)]
#[macro_export]
macro_rules! __user_identity_resource {
    (
        $resource:ident;
        table $table:literal;
        id $id:literal;
        realm $realm:literal;
        strategy $strategy:literal;
        issuer $issuer:literal;
        uid $uid:literal;
        subject $subject:literal;
        email $email:literal;
        email_verified $email_verified:literal;
        access_token $access_token:literal;
        refresh_token $refresh_token:literal;
        access_token_expires_at $access_token_expires_at:literal;
        scope $scope:literal;
        refreshing_until $refreshing_until:literal;
        created_at $created_at:literal;
        last_used_at $last_used_at:literal;
    ) => {
        const _: () = {
            $crate::__private::diesel::table! {
                #[sql_name = $table]
                auth_identities (id) {
                    #[sql_name = $id]
                    id -> ::auth_runtime::db::SqlId,
                    #[sql_name = $realm]
                    realm -> diesel::sql_types::Text,
                    #[sql_name = $strategy]
                    strategy -> diesel::sql_types::Text,
                    #[sql_name = $issuer]
                    issuer -> diesel::sql_types::Text,
                    #[sql_name = $uid]
                    uid -> diesel::sql_types::Text,
                    #[sql_name = $subject]
                    subject -> diesel::sql_types::Text,
                    #[sql_name = $email]
                    email -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $email_verified]
                    email_verified -> diesel::sql_types::Bool,
                    #[sql_name = $access_token]
                    access_token -> diesel::sql_types::Nullable<diesel::sql_types::Binary>,
                    #[sql_name = $refresh_token]
                    refresh_token -> diesel::sql_types::Nullable<diesel::sql_types::Binary>,
                    #[sql_name = $access_token_expires_at]
                    access_token_expires_at -> diesel::sql_types::Nullable<::auth_runtime::db::SqlTimestamp>,
                    #[sql_name = $scope]
                    scope -> diesel::sql_types::Nullable<diesel::sql_types::Text>,
                    #[sql_name = $refreshing_until]
                    refreshing_until -> diesel::sql_types::Nullable<::auth_runtime::db::SqlTimestamp>,
                    #[sql_name = $created_at]
                    created_at -> ::auth_runtime::db::SqlTimestamp,
                    #[sql_name = $last_used_at]
                    last_used_at -> ::auth_runtime::db::SqlTimestamp,
                }
            }

    $crate::__for_each_connection!($crate::__user_identity_store; $resource, $table);
        };
    };
}

/// The store on one kind of connection.
#[doc(hidden)]
#[macro_export]
macro_rules! __user_identity_store {
    ($connection:ty; $resource:ident, $name:literal) => {
        #[automatically_derived]
        impl $crate::resources::user_identity::UserIdentityStore<$connection> for $resource {
            fn table() -> $crate::db::Table {
                use $crate::__private::diesel::Column as Named;
                use $crate::db::{Column, ColumnType};
                $crate::db::Table::new($name)
                    .column(Column::of::<auth_identities::id>())
                    .column(Column::of::<auth_identities::realm>().with_type(ColumnType::ExactText(255)))
                    .column(Column::of::<auth_identities::strategy>().with_type(ColumnType::ExactText(255)))
                    .column(Column::of::<auth_identities::issuer>().with_type(ColumnType::ShortText(512)))
                    .column(Column::of::<auth_identities::uid>().with_type(ColumnType::ExactText(255)))
                    .column(Column::of::<auth_identities::subject>().with_type(ColumnType::ExactText(255)))
                    .column(Column::of::<auth_identities::email>())
                    .column(Column::of::<auth_identities::email_verified>())
                    .column(Column::of::<auth_identities::access_token>())
                    .column(Column::of::<auth_identities::refresh_token>())
                    .column(Column::of::<auth_identities::access_token_expires_at>())
                    .column(Column::of::<auth_identities::scope>())
                    .column(Column::of::<auth_identities::refreshing_until>())
                    .column(Column::of::<auth_identities::created_at>())
                    .column(Column::of::<auth_identities::last_used_at>())
                    .primary_key(<auth_identities::id as Named>::NAME)
                    // No account is two people's, and no person has two accounts at one provider.
                    .unique(&[
                        <auth_identities::realm as Named>::NAME,
                        <auth_identities::strategy as Named>::NAME,
                        <auth_identities::uid as Named>::NAME,
                    ])
                    .unique(&[
                        <auth_identities::realm as Named>::NAME,
                        <auth_identities::subject as Named>::NAME,
                        <auth_identities::strategy as Named>::NAME,
                    ])
            }

            async fn insert(
                connection: &mut $connection,
                row: $crate::resources::user_identity::NewIdentity<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let now = $crate::db::UtcTimestamp::new(now);
                let tokens = row.asserted.tokens;
                let query = diesel::insert_into(auth_identities::table).values((
                    auth_identities::id.eq(row.id),
                    auth_identities::realm.eq(row.realm),
                    auth_identities::strategy.eq(row.strategy),
                    auth_identities::issuer.eq(row.issuer),
                    auth_identities::uid.eq(row.uid),
                    auth_identities::subject.eq(row.subject),
                    auth_identities::email.eq(row.asserted.email),
                    auth_identities::email_verified.eq(row.asserted.email_verified),
                    auth_identities::access_token.eq(tokens.map(|tokens| tokens.access_token)),
                    auth_identities::refresh_token.eq(tokens.and_then(|tokens| tokens.refresh_token)),
                    auth_identities::access_token_expires_at.eq(tokens
                        .and_then(|tokens| tokens.expires_at)
                        .map($crate::db::UtcTimestamp::new)),
                    auth_identities::scope.eq(tokens.and_then(|tokens| tokens.scope)),
                    auth_identities::created_at.eq(now),
                    auth_identities::last_used_at.eq(now),
                ));
                Run::execute(query, connection).await
            }

            async fn find(
                connection: &mut $connection,
                realm: &str,
                strategy: &str,
                uid: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Option<$crate::resources::user_identity::StoredIdentity>,
            > {
                use $crate::__private::query::*;
                let query = auth_identities::table
                    .filter(auth_identities::realm.eq($crate::__private::String::from(realm)))
                    .filter(auth_identities::strategy.eq($crate::__private::String::from(strategy)))
                    .filter(auth_identities::uid.eq($crate::__private::String::from(uid)));
                let found: $crate::__private::Option<$crate::resources::user_identity::Columns> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.map(::core::convert::From::from))
            }

            async fn find_by_id(
                connection: &mut $connection,
                id: $crate::db::Id,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Option<$crate::resources::user_identity::StoredIdentity>,
            > {
                use $crate::__private::query::*;
                let query = auth_identities::table.filter(auth_identities::id.eq(id));
                let found: $crate::__private::Option<$crate::resources::user_identity::Columns> =
                    ReadOne::read_one(connection, query).await?;
                $crate::__private::Ok(found.map(::core::convert::From::from))
            }

            async fn of_subject(
                connection: &mut $connection,
                realm: &str,
                subject: &str,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::user_identity::StoredIdentity>,
            > {
                use $crate::__private::query::*;
                let query = auth_identities::table
                    .filter(auth_identities::realm.eq(realm))
                    .filter(auth_identities::subject.eq(subject))
                    .order((auth_identities::created_at.asc(), auth_identities::id.asc()));
                let found: $crate::__private::Vec<$crate::resources::user_identity::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(found.into_iter().map(::core::convert::From::from).collect())
            }

            async fn note_sign_in(
                connection: &mut $connection,
                id: $crate::db::Id,
                asserted: $crate::resources::user_identity::Asserted<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::__private::{None, Option, Some};
                let tokens = asserted.tokens;
                // Left out of the statement: a refresh token that did not come again.
                let refresh_token = match tokens {
                    Some(tokens) => tokens.refresh_token.map(Some),
                    None => Some(None),
                };
                // Whoever refreshes has older tokens in hand than these.
                let no_refresh: Option<$crate::db::UtcTimestamp> = None;
                let row = auth_identities::table.filter(auth_identities::id.eq(id));
                let query = diesel::update(row).set((
                    auth_identities::email.eq(asserted.email),
                    auth_identities::email_verified.eq(asserted.email_verified),
                    auth_identities::last_used_at.eq($crate::db::UtcTimestamp::new(now)),
                    auth_identities::access_token.eq(tokens.map(|tokens| tokens.access_token)),
                    auth_identities::access_token_expires_at.eq(tokens
                        .and_then(|tokens| tokens.expires_at)
                        .map($crate::db::UtcTimestamp::new)),
                    auth_identities::scope.eq(tokens.and_then(|tokens| tokens.scope)),
                    refresh_token.map(|token| auth_identities::refresh_token.eq(token)),
                    auth_identities::refreshing_until.eq(no_refresh),
                ));
                Run::execute(query, connection).await
            }

            async fn delete(
                connection: &mut $connection,
                id: $crate::db::Id,
                realm: &str,
                subject: &str,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let own = auth_identities::table
                    .filter(auth_identities::id.eq(id))
                    .filter(auth_identities::realm.eq(realm))
                    .filter(auth_identities::subject.eq(subject));
                Run::execute(diesel::delete(own), connection).await
            }

            async fn delete_subject(
                connection: &mut $connection,
                realm: &str,
                subject: &str,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                let own = auth_identities::table
                    .filter(auth_identities::realm.eq(realm))
                    .filter(auth_identities::subject.eq(subject));
                Run::execute(diesel::delete(own), connection).await
            }

            async fn start_refresh(
                connection: &mut $connection,
                id: $crate::db::Id,
                seen: $crate::__private::Option<$crate::__private::OffsetDateTime>,
                until: $crate::__private::OffsetDateTime,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::__private::{None, Some};
                let free = auth_identities::table
                    .filter(auth_identities::id.eq(id))
                    .filter(
                        auth_identities::refreshing_until
                            .is_null()
                            .or(auth_identities::refreshing_until.le($crate::db::UtcTimestamp::new(now))),
                    );
                let until = auth_identities::refreshing_until.eq($crate::db::UtcTimestamp::new(until));
                match seen.map($crate::db::UtcTimestamp::new) {
                    Some(seen) => {
                        let as_seen = free.filter(auth_identities::access_token_expires_at.eq(seen));
                        Run::execute(diesel::update(as_seen).set(until), connection).await
                    }
                    None => {
                        let as_seen = free.filter(auth_identities::access_token_expires_at.is_null());
                        Run::execute(diesel::update(as_seen).set(until), connection).await
                    }
                }
            }

            async fn finish_refresh(
                connection: &mut $connection,
                id: $crate::db::Id,
                tokens: $crate::resources::user_identity::SealedTokens<'_>,
                now: $crate::__private::OffsetDateTime,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::__private::{None, Option, Some};
                let under_way = auth_identities::table
                    .filter(auth_identities::id.eq(id))
                    .filter(auth_identities::refreshing_until.is_not_null());
                let nothing: Option<$crate::db::UtcTimestamp> = None;
                let query = diesel::update(under_way).set((
                    auth_identities::access_token.eq(tokens.access_token),
                    auth_identities::access_token_expires_at
                        .eq(tokens.expires_at.map($crate::db::UtcTimestamp::new)),
                    tokens
                        .refresh_token
                        .map(|token| auth_identities::refresh_token.eq(Some(token))),
                    tokens
                        .scope
                        .map(|scope| auth_identities::scope.eq(Some(scope))),
                    auth_identities::refreshing_until.eq(nothing),
                    auth_identities::last_used_at.eq($crate::db::UtcTimestamp::new(now)),
                ));
                Run::execute(query, connection).await
            }

            async fn with_tokens_after(
                connection: &mut $connection,
                after: $crate::db::Id,
                limit: i64,
            ) -> $crate::__private::QueryResult<
                $crate::__private::Vec<$crate::resources::user_identity::StoredIdentity>,
            > {
                use $crate::__private::query::*;
                let query = auth_identities::table
                    .filter(auth_identities::id.gt(after))
                    .filter(
                        auth_identities::access_token
                            .is_not_null()
                            .or(auth_identities::refresh_token.is_not_null()),
                    )
                    .order(auth_identities::id.asc())
                    .limit(limit);
                let found: $crate::__private::Vec<$crate::resources::user_identity::Columns> =
                    Run::load(query, connection).await?;
                $crate::__private::Ok(found.into_iter().map(::core::convert::From::from).collect())
            }

            async fn reseal(
                connection: &mut $connection,
                id: $crate::db::Id,
                token: $crate::resources::user_identity::SealedToken,
                before: &[u8],
                after: &[u8],
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::{Some, query::*};
                use $crate::resources::user_identity::SealedToken;
                let row = auth_identities::table.filter(auth_identities::id.eq(id));
                match token {
                    SealedToken::Access => {
                        let as_before = row.filter(auth_identities::access_token.eq(before));
                        let query =
                            diesel::update(as_before).set(auth_identities::access_token.eq(Some(after)));
                        Run::execute(query, connection).await
                    }
                    SealedToken::Refresh => {
                        let as_before = row.filter(auth_identities::refresh_token.eq(before));
                        let query =
                            diesel::update(as_before).set(auth_identities::refresh_token.eq(Some(after)));
                        Run::execute(query, connection).await
                    }
                }
            }

            async fn fail_refresh(
                connection: &mut $connection,
                id: $crate::db::Id,
                broken: bool,
            ) -> $crate::__private::QueryResult<usize> {
                use $crate::__private::query::*;
                use $crate::__private::{None, Option, Vec};
                let under_way = auth_identities::table
                    .filter(auth_identities::id.eq(id))
                    .filter(auth_identities::refreshing_until.is_not_null());
                let no_token = || broken.then_some(None::<Vec<u8>>);
                let no_moment: Option<$crate::db::UtcTimestamp> = None;
                let no_scope = broken.then_some(None::<$crate::__private::String>);
                let query = diesel::update(under_way).set((
                    auth_identities::refreshing_until.eq(no_moment),
                    no_token().map(|token| auth_identities::access_token.eq(token)),
                    no_token().map(|token| auth_identities::refresh_token.eq(token)),
                    broken.then_some(auth_identities::access_token_expires_at.eq(no_moment)),
                    no_scope.map(|scope| auth_identities::scope.eq(scope)),
                ));
                Run::execute(query, connection).await
            }
        }
    };
}
