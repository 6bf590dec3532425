//! The table of counters, and all of its Diesel code.

use std::future::Future;

use diesel::QueryResult;

use super::counter::Counter;
use crate::db::{Column, ColumnType, Table, UtcTimestamp};

diesel::table! {
    /// Counters, each under the digest of what it counts.
    auth_limits (id) {
        id -> Text,
        attempts -> BigInt,
        pending -> BigInt,
        ends_at -> crate::db::SqlTimestamp,
        delayed_until -> crate::db::SqlTimestamp,
    }
}

/// The counters' table. The library owns it; an application that shares one database among several resources shares
/// it too, because the resource is part of each key.
pub(crate) fn table() -> Table {
    Table::new("auth_limits")
        .column(Column::of::<auth_limits::id>().with_type(ColumnType::ShortText(64)))
        .column(Column::of::<auth_limits::attempts>())
        .column(Column::of::<auth_limits::pending>())
        .column(Column::of::<auth_limits::ends_at>())
        .column(Column::of::<auth_limits::delayed_until>())
        .primary_key("id")
        .index(&["ends_at"])
}

/// Counters on one kind of connection. Every write is one conditional statement decided by its row count.
#[doc(hidden)]
pub trait LimitStore: Sized + Send {
    /// Counts an attempt, and `pending` under way, while it is one of the free ones: `1`. Anything else about the
    /// row: `0`.
    fn count_if_free(
        &mut self,
        id: &str,
        free: i64,
        pending: i64,
        now: UtcTimestamp,
        latest_end: UtcTimestamp,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// The row.
    fn counter(&mut self, id: &str) -> impl Future<Output = QueryResult<Option<Counter>>> + Send;

    /// Writes a new row.
    fn insert_counter(&mut self, id: &str, new: Counter) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Replaces the row if it is still `old`, whatever has ended of what was under way meanwhile.
    fn replace_counter(
        &mut self,
        id: &str,
        old: Counter,
        new: Counter,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Takes one attempt back from a period that ends by `latest_end`.
    fn take_back(
        &mut self,
        id: &str,
        latest_end: UtcTimestamp,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// One attempt is no longer under way.
    fn end_attempt(&mut self, id: &str) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Forgets the row.
    fn forget_counter(&mut self, id: &str) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes at most `limit` rows that ended before `before`. Says how many.
    fn purge_counters(
        &mut self,
        before: UtcTimestamp,
        limit: i64,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

macro_rules! limit_store {
    ($connection:ty;) => {
        impl LimitStore for $connection {
            async fn count_if_free(
                &mut self,
                id: &str,
                free: i64,
                pending: i64,
                now: UtcTimestamp,
                latest_end: UtcTimestamp,
            ) -> QueryResult<usize> {
                use crate::__private::query::*;
                let row = auth_limits::table
                    .filter(auth_limits::id.eq(id))
                    .filter(auth_limits::attempts.lt(free))
                    .filter(auth_limits::ends_at.gt(now))
                    .filter(auth_limits::ends_at.le(latest_end))
                    .filter(auth_limits::delayed_until.le(now));
                let query = diesel::update(row).set((
                    auth_limits::attempts.eq(auth_limits::attempts + 1_i64),
                    auth_limits::pending.eq(auth_limits::pending + pending),
                ));
                Run::execute(query, self).await
            }

            async fn counter(&mut self, id: &str) -> QueryResult<Option<Counter>> {
                use crate::__private::query::*;
                let query = auth_limits::table
                    .filter(auth_limits::id.eq(id.to_owned()))
                    .select((
                        auth_limits::attempts,
                        auth_limits::pending,
                        auth_limits::ends_at,
                        auth_limits::delayed_until,
                    ));
                let row: Option<(i64, i64, UtcTimestamp, UtcTimestamp)> =
                    ReadOne::read_one(self, query).await?;
                Ok(
                    row.map(|(attempts, pending, ends_at, delayed_until)| Counter {
                        attempts,
                        pending,
                        ends_at,
                        delayed_until,
                    }),
                )
            }

            async fn insert_counter(&mut self, id: &str, new: Counter) -> QueryResult<usize> {
                use crate::__private::query::*;
                let query = diesel::insert_into(auth_limits::table).values((
                    auth_limits::id.eq(id),
                    auth_limits::attempts.eq(new.attempts),
                    auth_limits::pending.eq(new.pending),
                    auth_limits::ends_at.eq(new.ends_at),
                    auth_limits::delayed_until.eq(new.delayed_until),
                ));
                Run::execute(query, self).await
            }

            async fn replace_counter(&mut self, id: &str, old: Counter, new: Counter) -> QueryResult<usize> {
                use crate::__private::query::*;
                let row = auth_limits::table
                    .filter(auth_limits::id.eq(id))
                    .filter(auth_limits::attempts.eq(old.attempts))
                    .filter(auth_limits::ends_at.eq(old.ends_at))
                    .filter(auth_limits::delayed_until.eq(old.delayed_until));
                let query = diesel::update(row).set((
                    auth_limits::attempts.eq(new.attempts),
                    auth_limits::pending.eq(auth_limits::pending + (new.pending - old.pending)),
                    auth_limits::ends_at.eq(new.ends_at),
                    auth_limits::delayed_until.eq(new.delayed_until),
                ));
                Run::execute(query, self).await
            }

            async fn take_back(&mut self, id: &str, latest_end: UtcTimestamp) -> QueryResult<usize> {
                use crate::__private::query::*;
                let row = auth_limits::table
                    .filter(auth_limits::id.eq(id))
                    .filter(auth_limits::attempts.gt(0_i64))
                    .filter(auth_limits::ends_at.le(latest_end));
                let query = diesel::update(row).set(auth_limits::attempts.eq(auth_limits::attempts - 1_i64));
                Run::execute(query, self).await
            }

            async fn end_attempt(&mut self, id: &str) -> QueryResult<usize> {
                use crate::__private::query::*;
                let row = auth_limits::table
                    .filter(auth_limits::id.eq(id))
                    .filter(auth_limits::pending.gt(0_i64));
                let query = diesel::update(row).set(auth_limits::pending.eq(auth_limits::pending - 1_i64));
                Run::execute(query, self).await
            }

            async fn forget_counter(&mut self, id: &str) -> QueryResult<usize> {
                use crate::__private::query::*;
                let query = diesel::delete(auth_limits::table.filter(auth_limits::id.eq(id)));
                Run::execute(query, self).await
            }

            async fn purge_counters(&mut self, before: UtcTimestamp, limit: i64) -> QueryResult<usize> {
                use crate::__private::query::*;
                // Two statements, because not every database deletes with a limit. The second one asks again, because
                // a row may have begun anew in between.
                let query = auth_limits::table
                    .filter(auth_limits::ends_at.lt(before))
                    .select(auth_limits::id)
                    .limit(limit);
                let ended: Vec<String> = Run::load(query, self).await?;
                let found = ended.len();
                let rows = auth_limits::table
                    .filter(auth_limits::id.eq_any(ended))
                    .filter(auth_limits::ends_at.lt(before));
                Run::execute(diesel::delete(rows), self).await?;
                Ok(found)
            }
        }
    };
}

crate::__for_each_connection!(limit_store;);
