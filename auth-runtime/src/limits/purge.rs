//! Deleting rows whose period has ended (promise FA-11).

use std::time::Duration;

use super::LimitStore;
use crate::{authentication::Authentication, db::UtcTimestamp, error::Error, user::Authenticated};

/// Rows deleted in one transaction, so that a purge never holds the write lock for long.
const BATCH: i64 = 500;
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(50);

/// Deletes what has ended, in batches. Says how many rows there were.
pub(crate) async fn purge<U: Authenticated>(authentication: &Authentication<U>) -> Result<usize, Error> {
    let before = UtcTimestamp::new(authentication.now());
    let mut total = 0;
    loop {
        let rows = authentication
            .write(move |connection| {
                Box::pin(async move { Ok(connection.purge_counters(before, BATCH).await?) })
            })
            .await?;
        total += rows;
        if i64::try_from(rows).is_ok_and(|rows| rows < BATCH) {
            return Ok(total);
        }
        tokio::time::sleep(PAUSE_BETWEEN_BATCHES).await;
    }
}
