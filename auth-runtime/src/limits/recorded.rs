use std::future::Future;

use diesel::QueryResult;
use time::OffsetDateTime;

use crate::db::Connection;

/// Which failures to count.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RecordedFailures<'a> {
    /// The audit log's name in the block.
    pub audit_log: &'a str,
    /// The strategy, all of whose actions count.
    pub strategy: &'a str,
    /// The canonical identity.
    pub identity: &'a str,
    /// Older ones do not count, and neither do those that were refused for too many attempts.
    pub since: OffsetDateTime,
}

/// A record of failures that can be counted, for `brute_force_strategy: audit_log(name)`.
#[doc(hidden)]
pub trait FailureCounter<C: Connection>: Send + Sync + 'static {
    /// How many there are.
    fn count_failures(
        connection: &mut C,
        failures: RecordedFailures<'_>,
    ) -> impl Future<Output = QueryResult<i64>> + Send;
}
