//! Counting in both counters, or in none.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{
    LimitStore,
    counter::{Counter, Rule, Step, Then},
    plan::Plan,
    ticket::Counted,
};
use crate::{
    authentication::Authentication,
    db::{AsStorage, Problem, StorageError, UtcTimestamp, classify},
    error::Error,
    user::{Authenticated, Conn},
};

/// How often counting starts over because the row appeared or changed meanwhile.
const TRIES: usize = 8;

/// A counter that is exhausted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    /// When the wait ends, where that is known.
    pub(super) until: Option<OffsetDateTime>,
    /// Attempts are under way whose success would end the wait.
    pub(super) under_way: bool,
}

/// Why an attempt was not counted.
#[derive(Debug)]
enum NotCounted {
    Refused {
        refusal: Refusal,
        /// A row that was written before the clock was moved back, and what it has to become.
        repair: Option<(String, Counter, Counter)>,
    },
    Failed(Error),
}

impl<E: Into<Error>> From<E> for NotCounted {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl AsStorage for NotCounted {
    fn as_storage(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Refused { .. } => None,
            Self::Failed(error) => error.as_storage(),
        }
    }
}

pub(super) type Both = (Option<Counted>, Counted);

/// Counts in both counters or, when one of them is exhausted, in none.
pub(super) async fn count<U: Authenticated>(
    auth: &Authentication<U>,
    plan: &Arc<Plan>,
) -> Result<Result<Both, Refusal>, Error> {
    for _ in 0..TRIES {
        let job = (auth.clone(), Arc::clone(plan));
        let counted = auth
            .transact(move |connection| {
                let (auth, plan) = job.clone();
                Box::pin(async move {
                    let identity = match &plan.identity {
                        Some((id, rule)) => Some(count_one(connection, id, rule, plan.now).await?),
                        None => None,
                    };
                    check_recorded(&auth, connection, &plan).await?;
                    // Last, because many share this row and it is locked until the end of the transaction.
                    let (id, rule) = &plan.network;
                    let network = count_one(connection, id, rule, plan.now).await?;
                    Ok((identity, network))
                })
            })
            .await;
        match counted {
            Ok(both) => return Ok(Ok(both)),
            Err(NotCounted::Refused { refusal, repair }) => {
                if let Some(repair) = repair {
                    mend(auth, repair).await?;
                }
                return Ok(Err(refusal));
            }
            // Somebody else made the row first, so it is there now.
            Err(NotCounted::Failed(error)) if is_duplicate(&error) => {}
            Err(NotCounted::Failed(error)) => return Err(error),
        }
    }
    Err(contended().into())
}

/// What was recorded and what is under way leave room for this attempt. The row of what is under way is locked by now, so
/// nobody else asks at the same moment, and no attempt can end between the two numbers without being in one of them.
async fn check_recorded<U: Authenticated>(
    auth: &Authentication<U>,
    connection: &mut Conn<U>,
    plan: &Plan,
) -> Result<(), NotCounted> {
    let Some((recorded, identity, strategy)) = &plan.recorded else {
        return Ok(());
    };
    // Before what was recorded: an event is written before its attempt is taken off this row.
    let running = match &plan.identity {
        Some((id, rule)) if rule.then == Then::Queue => {
            connection.counter(id).await?.map_or(1, |row| row.attempts)
        }
        _ => 1,
    };
    let failures = recorded.failures(auth, connection, strategy, identity).await?;
    if failures + running <= recorded.max() {
        return Ok(());
    }
    Err(NotCounted::Refused {
        refusal: Refusal {
            until: None,
            under_way: failures < recorded.max(),
        },
        repair: None,
    })
}

async fn count_one<C: LimitStore>(
    connection: &mut C,
    id: &str,
    rule: &Rule,
    now: OffsetDateTime,
) -> Result<Counted, NotCounted> {
    let latest_end = rule.latest_end(now);
    let counted = |latest_end, undo| Counted {
        id: id.to_owned(),
        latest_end,
        undo,
    };
    for _ in 0..TRIES {
        let moment = UtcTimestamp::new(rule.free_until(now));
        if connection
            .count_if_free(id, rule.free(), rule.pending(), moment, latest_end)
            .await?
            == 1
        {
            return Ok(counted(rule.counted_until(now), None));
        }
        let Some(stored) = connection.counter(id).await? else {
            let first = rule.first(now);
            connection.insert_counter(id, first).await?;
            return Ok(match rule.then {
                Then::Queue => counted(rule.counted_until(now), None),
                Then::Delay | Then::Wait => counted(first.ends_at, Some((first, rule.without(None, first)))),
            });
        };
        match rule.step(stored, now) {
            Step::Count(next) => {
                if connection.replace_counter(id, stored, next).await? == 1 {
                    let without = rule.without(Some(stored), next);
                    return Ok(match rule.then {
                        Then::Queue => counted(rule.counted_until(now), None),
                        Then::Delay | Then::Wait => counted(next.ends_at, Some((next, without))),
                    });
                }
            }
            Step::Refuse {
                until,
                under_way,
                repaired,
            } => {
                return Err(NotCounted::Refused {
                    refusal: Refusal {
                        until: (rule.then != Then::Queue).then_some(until),
                        under_way,
                    },
                    repair: repaired.map(|repaired| (id.to_owned(), stored, repaired)),
                });
            }
        }
    }
    Err(contended().into())
}

/// Writes a row anew whose moments are out of reach, so that a wait ends although the clock was moved back.
async fn mend<U: Authenticated>(
    auth: &Authentication<U>,
    repair: (String, Counter, Counter),
) -> Result<(), Error> {
    auth.write(move |connection| {
        let (id, stored, repaired) = repair.clone();
        Box::pin(async move {
            connection.replace_counter(&id, stored, repaired).await?;
            Ok(())
        })
    })
    .await
}

fn is_duplicate(error: &Error) -> bool {
    let problem = error.as_storage().map(classify);
    matches!(problem, Some(Problem::UniqueViolation { .. }))
}

fn contended() -> StorageError {
    StorageError::Unavailable("a counter changes too often".into())
}
