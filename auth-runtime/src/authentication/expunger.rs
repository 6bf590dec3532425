//! Purging of expired token rows.

use std::time::Duration;

use super::{Authentication, WeakAuthentication};
use crate::{error::Error, resources::token::TokenStore, user::Authenticated};

/// Rows deleted in one transaction, so that a purge never holds the write lock for long.
const BATCH: i64 = 500;
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(50);

/// Rows stay this much longer than the token, beyond the leeway with which tokens are verified, so that a
/// revocation always outlives what it revokes (promise TK-12).
const MARGIN_SECONDS: u64 = 120;

/// Purges soon after the start, at a random moment so that several processes do not meet, and then at each interval.
pub(super) fn spawn<U: Authenticated>(authentication: &Authentication<U>) {
    if !U::SETTINGS.tokens.enabled {
        return;
    }
    let weak = authentication.downgrade();
    let stop = authentication.stopped();
    let interval = Duration::from_secs(U::SETTINGS.tokens.expunge_interval_seconds.max(1));
    let first = Duration::from_millis(rand::random_range(1_000..=60_000)).min(interval);
    authentication.tasks().spawn(async move {
        let mut pause = first;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if !tick(&weak).await {
                return;
            }
            pause = interval;
        }
    });
}

/// One scheduled run. `false` once the authentication is gone.
async fn tick<U: Authenticated>(weak: &WeakAuthentication<U>) -> bool {
    let Some(authentication) = weak.upgrade() else {
        return false;
    };
    match run(&authentication).await {
        Ok(rows) => tracing::info!(
            resource = U::SETTINGS.subject_name,
            rows,
            "expired tokens were purged"
        ),
        Err(error) => {
            tracing::error!(resource = U::SETTINGS.subject_name, %error, "the purge of expired tokens failed")
        }
    }
    true
}

pub(super) async fn run<U: Authenticated>(authentication: &Authentication<U>) -> Result<usize, Error> {
    let kept = U::SETTINGS.tokens.leeway_seconds + MARGIN_SECONDS;
    let before = authentication.now() - Duration::from_secs(kept);
    let mut total = 0;
    loop {
        let rows = authentication
            .write(move |connection| {
                Box::pin(async move { Ok(U::Tokens::purge(connection, before, BATCH).await?) })
            })
            .await?;
        total += rows;
        if i64::try_from(rows).is_ok_and(|rows| rows < BATCH) {
            return Ok(total);
        }
        tokio::time::sleep(PAUSE_BETWEEN_BATCHES).await;
    }
}
