//! Counting an attempt before it runs.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    GuardedAttempt, LimitStore, Settings, Verdict,
    counter::{Counter, Rule, Step, Then},
    key::{Counts, Whose, digest},
    ticket::{Counted, Ticket, UnderWay},
};
use crate::{
    authentication::Authentication,
    context::RequestMetadata,
    db::{AsStorage, Problem, StorageError, UtcTimestamp, classify},
    error::{AuthenticationFailed, Cause, Error},
    strategy::{Act, Sort},
    tenant::Tenant,
    user::Authenticated,
};

/// How often counting starts over because the row appeared or changed meanwhile.
const TRIES: usize = 8;

/// The bucket of those without an address holds this many networks (promise RL-04).
const SHARED_BUCKET: i64 = 4;

/// The most failures in a window that an identity can have whatever guards it.
const FLOOR: u32 = 100;

/// How many attempts may wait at once for those before them.
const WAITERS: usize = 64;

/// Asks whether an attempt may run, and counts it. `enter` gets the attempt in where there is only so much room; nobody
/// keeps that room while waiting for others.
///
/// # Errors
/// Those of `enter`;
/// [`Error::AuthenticationFailed`] with [`Cause::TooManyAttempts`]; [`Error::Storage`] when the counters cannot be
/// asked, [`Error::GuardFailed`] when the application's guard cannot (promise FA-06).
pub(crate) async fn admit<U: Authenticated, E>(
    auth: &Authentication<U>,
    act: &Act,
    request: &RequestMetadata,
    enter: impl Fn() -> Result<E, Error>,
) -> Result<(UnderWay<U>, E), Error> {
    let unlimited = |may_send| UnderWay::new(auth.clone(), Ticket::of_request(may_send));
    let mut entry = enter()?;
    let settings = U::LIMITS
        .iter()
        .find(|(strategy, _)| *strategy == act.strategy)
        .map_or(Settings::DEFAULT, |(_, settings)| *settings);
    let guard = auth.guard(act.strategy);
    if let Some(guard) = guard {
        let seen = GuardedAttempt {
            strategy: act.strategy,
            action: act.action,
            identity: act.about.as_deref(),
            request,
        };
        match guard.admit(&seen).await? {
            Verdict::Admit => {}
            Verdict::Refuse { .. } if act.sort == Sort::Request => {
                return Ok((unlimited(false), entry));
            }
            Verdict::Refuse { retry_after } => return Err(refused(act, retry_after)),
        }
    }
    // Without tenants there is no text, and this place in the key is empty.
    let tenant = auth.tenant()?.to_text().unwrap_or_default();
    let mut patience = Patience::new();
    loop {
        let now = auth.now();
        let plan = Arc::new(Plan::of::<U>(
            &settings,
            guard.is_some(),
            act,
            &tenant,
            request,
            now,
        ));
        let sort = act.sort;
        let counting = {
            let (auth, plan) = (auth.clone(), Arc::clone(&plan));
            // A task of its own: whoever goes away now must not leave something counted that nobody ends.
            tokio::spawn(async move {
                let counted = count(&auth, &plan).await?;
                Ok::<_, Error>(counted.map(|(identity, network)| {
                    let ticket = match sort {
                        Sort::Request => Ticket::of_request(true),
                        Sort::Proof | Sort::Account => Ticket::of_attempt(identity, network),
                    };
                    UnderWay::new(auth, ticket)
                }))
            })
        };
        let counted = counting
            .await
            .map_err(|_| Error::internal("the counting of an attempt did not end"))?;
        let refusal = match counted? {
            Ok(under_way) => return Ok((under_way, entry)),
            Err(_) if sort == Sort::Request => return Ok((unlimited(false), entry)),
            Err(refusal) => refusal,
        };
        drop(entry);
        if !refusal.under_way || !patience.wait(auth, &plan).await? {
            return Err(refused(act, Some((refusal.until - now).unsigned_abs())));
        }
        entry = enter()?;
    }
}

/// Where attempts wait for those before them. Whoever finds it full is refused without a wait.
#[derive(Debug)]
pub(crate) struct WaitingRoom(Semaphore);

impl Default for WaitingRoom {
    fn default() -> Self {
        Self(Semaphore::new(WAITERS))
    }
}

/// Waits for those who are before it. Without it, more sign-ins of one person at the same moment than there are free
/// failures would be refused although every one of them is right.
struct Patience {
    ends: Instant,
}

impl Patience {
    const LIMIT: Duration = Duration::from_secs(2);

    fn new() -> Self {
        Self {
            ends: Instant::now() + Self::LIMIT,
        }
    }

    /// `true` as soon as it may be worth trying again, `false` at the end of patience.
    async fn wait<U: Authenticated>(
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

fn refused(act: &Act, retry_after: Option<Duration>) -> Error {
    AuthenticationFailed::new(act.strategy, act.action, Cause::TooManyAttempts)
        .with_retry_after(retry_after)
        .into()
}

/// The counters of an attempt with their rules.
#[derive(Debug)]
struct Plan {
    identity: Option<(String, Rule)>,
    network: (String, Rule),
    now: OffsetDateTime,
}

impl Plan {
    fn of<U: Authenticated>(
        settings: &Settings,
        guarded: bool,
        act: &Act,
        tenant: &str,
        request: &RequestMetadata,
        now: OffsetDateTime,
    ) -> Self {
        let (counts, window, of_identity, of_network, then) = if act.sort == Sort::Request {
            let (messages, network) = (settings.max_messages, settings.network_max_messages);
            (
                Counts::Messages,
                settings.message_window(),
                messages,
                network,
                Then::Wait,
            )
        } else {
            let failures = if guarded { FLOOR } else { settings.max_failures };
            let network = settings.network_max_failures;
            (
                Counts::Failures,
                settings.window(),
                failures,
                network,
                Then::Delay,
            )
        };
        // What somebody who is signed in does with their account says nothing about guesses at another action, so no
        // success there may forget them.
        let action = match act.sort {
            Sort::Account => act.action,
            Sort::Proof | Sort::Request => "",
        };
        let id = |whose| {
            digest(
                [U::SETTINGS.subject_name, tenant, act.strategy, action],
                counts,
                whose,
            )
        };
        let rule = |max: i64, then| Rule {
            max: max.max(1),
            window,
            then,
        };
        let address = request.client_address;
        let buckets = if address.is_some() { 1 } else { SHARED_BUCKET };
        Self {
            identity: act
                .about
                .as_deref()
                .map(|identity| (id(Whose::Identity(identity)), rule(of_identity.into(), then))),
            network: (
                id(Whose::Network(address)),
                rule(i64::from(of_network) * buckets, Then::Wait),
            ),
            now,
        }
    }
}

/// A counter that is exhausted.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    until: OffsetDateTime,
    /// Attempts are under way whose success would end the wait.
    under_way: bool,
}

/// Why an attempt was not counted.
#[derive(Debug)]
enum NotCounted {
    Refused {
        refusal: Refusal,
        /// A row that was written before the clock was moved back, and what it has to become.
        repair: Option<(String, Counter, Counter)>,
    },
    Storage(StorageError),
}

impl From<StorageError> for NotCounted {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<diesel::result::Error> for NotCounted {
    fn from(error: diesel::result::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl AsStorage for NotCounted {
    fn as_storage(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Refused { .. } => None,
            Self::Storage(error) => error.as_storage(),
        }
    }
}

type Both = (Option<Counted>, Counted);

/// Counts in both counters or, when one of them is exhausted, in none.
async fn count<U: Authenticated>(
    auth: &Authentication<U>,
    plan: &Arc<Plan>,
) -> Result<Result<Both, Refusal>, Error> {
    for _ in 0..TRIES {
        let job = Arc::clone(plan);
        let counted = auth
            .transact(move |connection| {
                let plan = Arc::clone(&job);
                Box::pin(async move {
                    let identity = match &plan.identity {
                        Some((id, rule)) => Some(count_one(connection, id, rule, plan.now).await?),
                        None => None,
                    };
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
            Err(NotCounted::Storage(error)) if is_duplicate(&error) => {}
            Err(NotCounted::Storage(error)) => return Err(error.into()),
        }
    }
    Err(contended().into())
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
        let moment = UtcTimestamp::new(now);
        if connection
            .count_if_free(id, rule.free(), rule.pending(), moment, latest_end)
            .await?
            == 1
        {
            return Ok(counted(latest_end, None));
        }
        let Some(stored) = connection.counter(id).await? else {
            let first = rule.first(now);
            connection.insert_counter(id, first).await?;
            return Ok(counted(first.ends_at, Some((first, rule.without(None, first)))));
        };
        match rule.step(stored, now) {
            Step::Count(next) => {
                if connection.replace_counter(id, stored, next).await? == 1 {
                    let without = rule.without(Some(stored), next);
                    return Ok(counted(next.ends_at, Some((next, without))));
                }
            }
            Step::Refuse {
                until,
                under_way,
                repaired,
            } => {
                return Err(NotCounted::Refused {
                    refusal: Refusal { until, under_way },
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

fn is_duplicate(error: &StorageError) -> bool {
    let problem = error.as_storage().map(classify);
    matches!(problem, Some(Problem::UniqueViolation { .. }))
}

fn contended() -> StorageError {
    StorageError::Unavailable("a counter changes too often".into())
}
