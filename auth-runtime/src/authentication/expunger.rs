//! Purging of rows that have expired: tokens and counters.

use std::time::Duration;

use super::{Authentication, WeakAuthentication};
use crate::{error::Error, limits, resources::token::TokenStore, user::Authenticated};

/// Rows deleted in one transaction, so that a purge never holds the write lock for long.
const BATCH: i64 = 500;
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(50);

/// Rows stay this much longer than the token, beyond the leeway with which tokens are verified, so that a
/// revocation always outlives what it revokes (promise TK-12).
const MARGIN_SECONDS: u64 = 120;

/// Counters live for minutes, so they are looked after more often than tokens.
const COUNTER_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// What is purged, each at an interval of its own.
#[derive(Debug, Clone, Copy)]
enum Expired {
    Tokens,
    Counters,
}

/// Purges soon after the start, at a random moment so that several processes do not meet, and then at each interval.
pub(super) fn spawn<U: Authenticated>(authentication: &Authentication<U>) {
    if U::SETTINGS.tokens.enabled {
        let interval = Duration::from_secs(U::SETTINGS.tokens.expunge_interval_seconds.max(1));
        repeat(authentication, Expired::Tokens, interval);
    }
    repeat(authentication, Expired::Counters, COUNTER_INTERVAL);
}

fn repeat<U: Authenticated>(authentication: &Authentication<U>, what: Expired, interval: Duration) {
    let weak = authentication.downgrade();
    let stop = authentication.stopped();
    let first = Duration::from_millis(rand::random_range(1_000..=60_000)).min(interval);
    authentication.tasks().spawn(async move {
        let mut pause = first;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            if !tick(&weak, what).await {
                return;
            }
            pause = interval;
        }
    });
}

/// One scheduled run. `false` once the authentication is gone.
async fn tick<U: Authenticated>(weak: &WeakAuthentication<U>, what: Expired) -> bool {
    let Some(authentication) = weak.upgrade() else {
        return false;
    };
    let purged = match what {
        Expired::Tokens => purge_tokens(&authentication).await,
        Expired::Counters => limits::purge(&authentication).await,
    };
    match purged {
        Ok(rows) => tracing::info!(
            resource = U::SETTINGS.subject_name,
            ?what,
            rows,
            "expired rows were purged"
        ),
        Err(error) => {
            tracing::error!(resource = U::SETTINGS.subject_name, ?what, %error, "a purge of expired rows failed")
        }
    }
    true
}

/// Everything that has expired by now.
pub(super) async fn run<U: Authenticated>(authentication: &Authentication<U>) -> Result<usize, Error> {
    Ok(purge_tokens(authentication).await? + limits::purge(authentication).await?)
}

async fn purge_tokens<U: Authenticated>(authentication: &Authentication<U>) -> Result<usize, Error> {
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
