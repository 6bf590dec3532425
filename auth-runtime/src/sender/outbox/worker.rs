//! The background half: takes over what is due.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use time::OffsetDateTime;
use tokio::task::JoinHandle;

use super::{
    DeliveryReport, OutboxStore,
    attempt::{Attempt, attempt},
    stamp,
};
use crate::{authentication::Authentication, db::Id, error::Error, user::Authenticated};

/// Messages looked up at once.
const BATCH: i64 = 64;

/// Rows deleted in one transaction.
const PURGE_BATCH: i64 = 500;

/// Rows that nobody reads, because their resource is not declared any more, stay this much longer than the message.
/// Those of a declared resource are given up, and reported, before.
const PURGE_MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

const PURGE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The pause after a look into a database that did not answer.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(30);

type Started = JoinHandle<Result<Attempt, Error>>;

/// Looks for due messages soon after the start, when a predecessor may have left some, and then at each interval.
pub(crate) fn spawn<U: Authenticated>(auth: &Authentication<U>) {
    let (weak, stop, tasks) = (auth.downgrade(), auth.stopped(), auth.tasks().clone());
    let interval = auth.outbox().options.poll_interval.max(Duration::from_millis(10));
    let first = Duration::from_secs(1).min(interval);
    tasks.spawn(async move {
        let mut pause = first.mul_f64(rand::random_range(0.1..=1.0));
        let mut purged_at: Option<Instant> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let Some(auth) = weak.upgrade() else { return };
            let is_purge_due = purged_at.is_none_or(|at| at.elapsed() >= PURGE_INTERVAL);
            let round = tokio::select! {
                () = stop.cancelled() => return,
                round = round(&auth, is_purge_due) => round,
            };
            pause = match round {
                Ok(found) => {
                    if is_purge_due {
                        purged_at = Some(Instant::now());
                    }
                    // A full batch means that there is more.
                    let pause = if found == BATCH.unsigned_abs() {
                        Duration::from_millis(100)
                    } else {
                        interval
                    };
                    pause.mul_f64(rand::random_range(0.9..=1.1))
                }
                Err(error) => {
                    tracing::error!(resource = U::SETTINGS.subject_name, %error, "the outbox could not be read");
                    interval.max(PAUSE_AFTER_ERROR)
                }
            };
        }
    });
}

/// Starts what is due, one batch of it. Does not wait for the senders: a slow one holds up its own place only.
async fn round<U: Authenticated>(auth: &Authentication<U>, purge_too: bool) -> Result<u64, Error> {
    let now = auth.now();
    let due = due(auth, now).await?;
    let found = due.len();
    for id in due {
        drop(start(auth, id, now).await);
    }
    if purge_too {
        purge(auth).await?;
    }
    Ok(u64::try_from(found).unwrap_or(u64::MAX))
}

async fn due<U: Authenticated>(auth: &Authentication<U>, now: OffsetDateTime) -> Result<Vec<Id>, Error> {
    auth.read(move |connection| {
        Box::pin(async move {
            connection
                .due_messages(U::SETTINGS.subject_name, stamp(now), BATCH)
                .await
        })
    })
    .await
}

/// Waits for a free place and starts one attempt.
async fn start<U: Authenticated>(auth: &Authentication<U>, id: Id, due_by: OffsetDateTime) -> Started {
    // The semaphore is never closed.
    let slot = Arc::clone(&auth.outbox().slots).acquire_owned().await.ok();
    let auth = auth.clone();
    auth.tasks().clone().spawn(async move {
        let _slot = slot;
        let attempt = attempt(&auth, id, due_by).await;
        if let Err(error) = &attempt {
            tracing::error!(%id, %error, "the outbox could not be updated; the message will be tried again");
        }
        attempt
    })
}

pub(super) async fn deliver_due<U: Authenticated>(auth: &Authentication<U>) -> Result<DeliveryReport, Error> {
    let mut report = DeliveryReport::default();
    // What fails now is due later, so this ends.
    let now = auth.now();
    loop {
        let due = due(auth, now).await?;
        if due.is_empty() {
            report.purged = purge(auth).await?;
            return Ok(report);
        }
        let mut started = Vec::with_capacity(due.len());
        for id in due {
            started.push(start(auth, id, now).await);
        }
        for task in started {
            match task.await.map_err(Error::internal)?? {
                Attempt::NotOurs => {}
                Attempt::Dropped => report.dropped += 1,
                Attempt::Delivered => report.delivered += 1,
                Attempt::Failed(_) => report.failed += 1,
                Attempt::GivenUp(_) => report.given_up += 1,
            }
        }
    }
}

async fn purge<U: Authenticated>(auth: &Authentication<U>) -> Result<usize, Error> {
    let before = stamp(auth.now() - PURGE_MARGIN);
    let mut total = 0;
    loop {
        let rows = auth
            .write(move |connection| {
                Box::pin(async move { Ok(connection.purge_messages(before, PURGE_BATCH).await?) })
            })
            .await?;
        total += rows;
        if i64::try_from(rows).is_ok_and(|rows| rows < PURGE_BATCH) {
            return Ok(total);
        }
    }
}
