//! Purging of old events (promise AU-04).

use std::time::Duration;

use crate::{
    authentication::{Authentication, WeakAuthentication},
    error::Error,
    resources::audit_log::AuditLogStore,
    user::{Authenticated, Conn},
};

/// Events deleted in one transaction, so that a purge never holds the write lock for long.
const BATCH: i64 = 500;
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(50);

/// Purges soon after the start, at a random moment so that several processes do not meet, and then at each interval.
pub(super) fn spawn<U: Authenticated, L: AuditLogStore<Conn<U>>>(authentication: &Authentication<U>) {
    if L::LOG_LIFETIME.is_none() {
        return;
    }
    let weak = authentication.downgrade();
    let stop = authentication.stopped();
    let interval = L::EXPUNGE_INTERVAL;
    let first = Duration::from_millis(rand::random_range(1_000..=60_000)).min(interval);
    authentication.tasks().spawn(async move {
        let mut pause = first;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                there = tick::<U, L>(&weak) => if !there { return },
            }
            pause = interval;
        }
    });
}

/// One scheduled run. `false` once the authentication is gone.
async fn tick<U: Authenticated, L: AuditLogStore<Conn<U>>>(weak: &WeakAuthentication<U>) -> bool {
    let Some(authentication) = weak.upgrade() else {
        return false;
    };
    match run::<U, L>(&authentication).await {
        Ok(rows) => tracing::info!(
            resource = U::SETTINGS.subject_name,
            rows,
            "old audit events were purged"
        ),
        Err(error) => {
            tracing::error!(resource = U::SETTINGS.subject_name, %error, "the purge of old audit events failed");
        }
    }
    true
}

pub(super) async fn run<U: Authenticated, L: AuditLogStore<Conn<U>>>(
    authentication: &Authentication<U>,
) -> Result<usize, Error> {
    let Some(lifetime) = L::LOG_LIFETIME else {
        return Ok(0);
    };
    let until = authentication.now() - lifetime;
    let mut total = 0;
    loop {
        let rows = authentication
            .write(move |connection| Box::pin(async move { Ok(L::purge(connection, until, BATCH).await?) }))
            .await?;
        total += rows;
        if i64::try_from(rows).is_ok_and(|rows| rows < BATCH) {
            return Ok(total);
        }
        tokio::time::sleep(PAUSE_BETWEEN_BATCHES).await;
    }
}
