//! Waiting for attempts that are under way.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::Instant};

use super::{
    LimitStore,
    counter::{Counter, Step, UNDER_WAY},
    plan::Plan,
};
use crate::{authentication::Authentication, error::Error, user::Authenticated};

/// How many attempts may wait at once for those before them.
const WAITERS: usize = 64;

/// Where attempts wait for those before them. Whoever finds it full is refused without a wait.
#[derive(Debug)]
pub(crate) struct WaitingRoom(Semaphore);

impl Default for WaitingRoom {
    fn default() -> Self {
        Self(Semaphore::new(WAITERS))
    }
}

/// Waits for those who are before it, as long as they get on: how long each takes is the machine's affair. Without it, more
/// sign-ins of one person at the same moment than there are free failures would be refused although every one of them is
/// right.
pub(super) struct Patience {
    /// When it ends, unless one of them ends before.
    ends: Instant,
    /// When it ends in any case.
    latest: Instant,
    seen: Option<Counter>,
}

impl Patience {
    /// How long nothing may happen.
    const STANDSTILL: Duration = Duration::from_secs(2);

    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            ends: now + Self::STANDSTILL,
            latest: now + UNDER_WAY,
            seen: None,
        }
    }

    /// `true` as soon as it may be worth trying again, `false` at the end of patience.
    pub(super) async fn wait<U: Authenticated>(
        &mut self,
        auth: &Authentication<U>,
        plan: &Arc<Plan>,
    ) -> Result<bool, Error> {
        let Some((id, rule)) = &plan.identity else {
            return Ok(false);
        };
        let Ok(_place) = auth.waiting_room().0.try_acquire() else {
            return Ok(false);
        };
        while Instant::now() < self.ends {
            tokio::time::sleep(Duration::from_millis(rand::random_range(60..=120))).await;
            let key = id.clone();
            let row = auth
                .read(move |connection| {
                    let key = key.clone();
                    Box::pin(async move { connection.counter(&key).await })
                })
                .await?;
            if row != self.seen {
                self.seen = row;
                self.ends = self.latest.min(Instant::now() + Self::STANDSTILL);
            }
            let step = row.map(|row| rule.step(row, plan.now));
            match step {
                Some(Step::Refuse { under_way: true, .. }) => {}
                Some(Step::Refuse { .. }) => return Ok(false),
                Some(Step::Count(_)) | None => return Ok(true),
            }
        }
        Ok(false)
    }
}
