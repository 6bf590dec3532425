//! The table `auth_outbox` and all Diesel code on it.

use std::future::Future;

use diesel::{Insertable, QueryResult, Queryable, Selectable};

use crate::db::{Column, Id, Table, UtcTimestamp};

diesel::table! {
    auth_outbox (id) {
        id -> crate::db::SqlId,
        subject_name -> Text,
        kind -> Text,
        strategy -> Text,
        subject -> Nullable<Text>,
        identity -> Nullable<Text>,
        fields -> Nullable<Text>,
        claims -> Nullable<Text>,
        data -> Text,
        attempts -> Integer,
        next_attempt_at -> crate::db::SqlTimestamp,
        claimed_until -> Nullable<crate::db::SqlTimestamp>,
        expires_at -> crate::db::SqlTimestamp,
        created_at -> crate::db::SqlTimestamp,
    }
}

/// The table as the schema describes it.
pub(crate) fn table() -> Table {
    Table::new("auth_outbox")
        .column(Column::of::<auth_outbox::id>())
        .column(Column::of::<auth_outbox::subject_name>())
        .column(Column::of::<auth_outbox::kind>())
        .column(Column::of::<auth_outbox::strategy>())
        .column(Column::of::<auth_outbox::subject>())
        .column(Column::of::<auth_outbox::identity>())
        .column(Column::of::<auth_outbox::fields>())
        .column(Column::of::<auth_outbox::claims>())
        .column(Column::of::<auth_outbox::data>())
        .column(Column::of::<auth_outbox::attempts>())
        .column(Column::of::<auth_outbox::next_attempt_at>())
        .column(Column::of::<auth_outbox::claimed_until>())
        .column(Column::of::<auth_outbox::expires_at>())
        .column(Column::of::<auth_outbox::created_at>())
        .primary_key("id")
        .index(&["subject_name", "next_attempt_at"])
        .index(&["expires_at"])
}

/// A message as it is stored.
#[doc(hidden)]
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_outbox, treat_none_as_default_value = false)]
pub struct OutboxRow {
    pub(super) id: Id,
    /// The resource.
    pub(super) subject_name: String,
    pub(super) kind: String,
    pub(super) strategy: String,
    /// The person, or the identity of somebody without an account.
    pub(super) subject: Option<String>,
    pub(super) identity: Option<String>,
    /// The columns of `select_for_senders` as a JSON object.
    pub(super) fields: Option<String>,
    /// The claims of the one-time token as a JSON object.
    pub(super) claims: Option<String>,
    pub(super) data: String,
    /// How many attempts have begun. Each claim raises it, so it also tells whose claim is the latest.
    pub(super) attempts: i32,
    pub(super) next_attempt_at: UtcTimestamp,
    pub(super) claimed_until: Option<UtcTimestamp>,
    pub(super) expires_at: UtcTimestamp,
    pub(super) created_at: UtcTimestamp,
}

/// Leaves out to whom it goes, and the claims.
impl std::fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxRow")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// The outbox on one kind of connection.
#[doc(hidden)]
pub trait OutboxStore: Sized {
    /// Writes a message.
    fn insert_message(&mut self, row: OutboxRow) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Messages of a resource that are due and that nobody has claimed, the longest due first.
    fn due_messages(
        &mut self,
        subject_name: &str,
        now: UtcTimestamp,
        limit: i64,
    ) -> impl Future<Output = QueryResult<Vec<Id>>> + Send;

    /// Takes a message that is due by `due_by` and that nobody has claimed. `1` for the one caller that gets it.
    fn claim_message(
        &mut self,
        id: Id,
        due_by: UtcTimestamp,
        now: UtcTimestamp,
        until: UtcTimestamp,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Reads a message.
    fn message(&mut self, id: Id) -> impl Future<Output = QueryResult<Option<OutboxRow>>> + Send;

    /// Gives a message back until its next attempt. `0` when another process has claimed it since.
    fn release_message(
        &mut self,
        id: Id,
        attempts: i32,
        next_attempt_at: UtcTimestamp,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes a message that is done with. `0` when another process has claimed it since.
    fn delete_message(&mut self, id: Id, attempts: i32) -> impl Future<Output = QueryResult<usize>> + Send;

    /// How many messages of a resource there are.
    fn count_messages(&mut self, subject_name: &str) -> impl Future<Output = QueryResult<i64>> + Send;

    /// Deletes messages of any resource that expired before `before`, at most `limit` of them.
    fn purge_messages(
        &mut self,
        before: UtcTimestamp,
        limit: i64,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    expect(
        unused_macros,
        reason = "without a database there is no connection to implement it for"
    )
)]
macro_rules! outbox_store {
    ($connection:ty;) => {
        impl OutboxStore for $connection {
            async fn insert_message(&mut self, row: OutboxRow) -> QueryResult<usize> {
                use crate::__private::query::*;
                Run::execute(diesel::insert_into(auth_outbox::table).values(row), self).await
            }

            async fn due_messages(
                &mut self,
                subject_name: &str,
                now: UtcTimestamp,
                limit: i64,
            ) -> QueryResult<Vec<Id>> {
                use crate::__private::query::*;
                let unclaimed = auth_outbox::claimed_until
                    .is_null()
                    .or(auth_outbox::claimed_until.lt(now));
                let query = auth_outbox::table
                    .filter(auth_outbox::subject_name.eq(subject_name.to_owned()))
                    .filter(auth_outbox::next_attempt_at.le(now))
                    .filter(unclaimed)
                    .order(auth_outbox::next_attempt_at)
                    .select(auth_outbox::id)
                    .limit(limit);
                Run::load(query, self).await
            }

            async fn claim_message(
                &mut self,
                id: Id,
                due_by: UtcTimestamp,
                now: UtcTimestamp,
                until: UtcTimestamp,
            ) -> QueryResult<usize> {
                use crate::__private::query::*;
                let unclaimed = auth_outbox::claimed_until
                    .is_null()
                    .or(auth_outbox::claimed_until.lt(now));
                let free = auth_outbox::table
                    .filter(auth_outbox::id.eq(id))
                    .filter(auth_outbox::next_attempt_at.le(due_by))
                    .filter(unclaimed);
                let query = diesel::update(free).set((
                    auth_outbox::claimed_until.eq(until),
                    auth_outbox::attempts.eq(auth_outbox::attempts + 1),
                ));
                Run::execute(query, self).await
            }

            async fn message(&mut self, id: Id) -> QueryResult<Option<OutboxRow>> {
                use crate::__private::query::*;
                let query = auth_outbox::table
                    .filter(auth_outbox::id.eq(id))
                    .select(OutboxRow::as_select());
                ReadOne::read_one(self, query).await
            }

            async fn release_message(
                &mut self,
                id: Id,
                attempts: i32,
                next_attempt_at: UtcTimestamp,
            ) -> QueryResult<usize> {
                use crate::__private::query::*;
                let ours = auth_outbox::table
                    .filter(auth_outbox::id.eq(id))
                    .filter(auth_outbox::attempts.eq(attempts));
                let query = diesel::update(ours).set((
                    auth_outbox::claimed_until.eq(None::<UtcTimestamp>),
                    auth_outbox::next_attempt_at.eq(next_attempt_at),
                ));
                Run::execute(query, self).await
            }

            async fn delete_message(&mut self, id: Id, attempts: i32) -> QueryResult<usize> {
                use crate::__private::query::*;
                let ours = auth_outbox::table
                    .filter(auth_outbox::id.eq(id))
                    .filter(auth_outbox::attempts.eq(attempts));
                Run::execute(diesel::delete(ours), self).await
            }

            async fn count_messages(&mut self, subject_name: &str) -> QueryResult<i64> {
                use crate::__private::query::*;
                let query = auth_outbox::table
                    .filter(auth_outbox::subject_name.eq(subject_name.to_owned()))
                    .select(diesel::dsl::count_star());
                Run::get_result(query, self).await
            }

            async fn purge_messages(&mut self, before: UtcTimestamp, limit: i64) -> QueryResult<usize> {
                use crate::__private::query::*;
                // Two statements, because not every database deletes with a limit.
                let query = auth_outbox::table
                    .filter(auth_outbox::expires_at.lt(before))
                    .select(auth_outbox::id)
                    .limit(limit);
                let expired: Vec<Id> = Run::load(query, self).await?;
                let query = diesel::delete(auth_outbox::table.filter(auth_outbox::id.eq_any(expired)));
                Run::execute(query, self).await
            }
        }
    };
}
crate::__for_each_connection!(outbox_store);
