//! Counting an attempt before it runs.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    GuardedAttempt, LimitStore, Recorded, Settings, Verdict,
    counter::{Counter, Rule, Step, Then, UNDER_WAY},
    key::{Counts, Whose, key},
    ticket::{Counted, Keeps, Ticket, UnderWay},
};
use crate::{
    authentication::Authentication,
    context::RequestMetadata,
    db::{AsStorage, Problem, StorageError, UtcTimestamp, classify},
    error::{AuthenticationFailed, Cause, Error},
    strategy::{Act, Sort},
    tenant::Tenant,
    user::{Authenticated, Conn},
};

/// How often counting starts over because the row appeared or changed meanwhile.
const TRIES: usize = 8;

/// The bucket of those without an address holds this many networks (promise RL-04).
const SHARED_BUCKET: i64 = 4;

/// An attempt that an audit log is going to record is under way for a minute at most, with room to spare: by then every
/// deadline has passed, or its process is gone.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(60);

/// The most failures in a window that an identity can have whatever guards it.
const FLOOR: u32 = 100;

/// Registrations out of one network in the window of messages. Several people in a class or an office register in an
/// hour, and each of them hashes a password, writes a row and causes a message.
const NETWORK_REGISTRATIONS: u32 = 300;

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
    let recorded = settings.recorded.filter(|_| act.sort != Sort::Account);
    let mut patience = Patience::new();
    loop {
        let now = auth.now();
        let plan = Arc::new(Plan::of::<U>(
            &settings,
            recorded,
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
                    let keeps = match sort {
                        Sort::Request => return UnderWay::new(auth, Ticket::of_request(true)),
                        Sort::Registration | Sort::Begin => Keeps::Always,
                        Sort::Proof if recorded.is_some() => Keeps::Log,
                        Sort::Proof | Sort::Account => Keeps::Counter,
                    };
                    UnderWay::new(auth, Ticket::of_attempt(identity, network, keeps))
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
            let retry_after = refusal.until.map(|until| (until - now).unsigned_abs());
            return Err(refused(act, retry_after));
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

/// Waits for those who are before it, as long as they get on: how long each takes is the machine's affair. Without it, more
/// sign-ins of one person at the same moment than there are free failures would be refused although every one of them is
/// right.
struct Patience {
    /// When it ends, unless one of them ends before.
    ends: Instant,
    /// When it ends in any case.
    latest: Instant,
    seen: Option<Counter>,
}

impl Patience {
    /// How long nothing may happen.
    const STANDSTILL: Duration = Duration::from_secs(2);

    fn new() -> Self {
        let now = Instant::now();
        Self {
            ends: now + Self::STANDSTILL,
            latest: now + UNDER_WAY,
            seen: None,
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
    /// The audit log that knows the failures, of whom, and at which strategy.
    recorded: Option<(Recorded, Arc<str>, &'static str)>,
    now: OffsetDateTime,
}

impl Plan {
    fn of<U: Authenticated>(
        settings: &Settings,
        recorded: Option<Recorded>,
        guarded: bool,
        act: &Act,
        tenant: &str,
        request: &RequestMetadata,
        now: OffsetDateTime,
    ) -> Self {
        let (messages, message_window) = (settings.max_messages, settings.message_window());
        let (counts, window, of_identity, of_network, then) = match act.sort {
            Sort::Request => {
                let network = settings.network_max_messages;
                (Counts::Messages, message_window, messages, network, Then::Wait)
            }
            Sort::Registration => {
                let network = NETWORK_REGISTRATIONS;
                (
                    Counts::Registrations,
                    message_window,
                    messages,
                    network,
                    Then::Wait,
                )
            }
            Sort::Begin => {
                let network = settings.network_max_failures;
                (Counts::Begun, settings.window(), network, network, Then::Wait)
            }
            Sort::Proof | Sort::Account => {
                let failures = if guarded { FLOOR } else { settings.max_failures };
                let network = settings.network_max_failures;
                (
                    Counts::Failures,
                    settings.window(),
                    failures,
                    network,
                    Then::Delay,
                )
            }
        };
        let recorded = act
            .about
            .clone()
            .and_then(|about| Some((recorded?, about, act.strategy)));
        // What somebody who is signed in does with their account says nothing about guesses at another action, so no
        // success there may forget them.
        let action = match act.sort {
            Sort::Account => act.action,
            Sort::Proof | Sort::Request | Sort::Registration | Sort::Begin => "",
        };
        let place = [U::SETTINGS.subject_name, tenant, act.strategy, action];
        let id = |whose| key(place, counts, whose);
        let rule = |max: i64, then| Rule {
            max: max.max(1),
            window,
            then,
        };
        let address = request.client_address;
        let buckets = if address.is_some() { 1 } else { SHARED_BUCKET };
        Self {
            identity: act.about.as_deref().map(|identity| match &recorded {
                Some((recorded, ..)) if act.sort == Sort::Proof => (
                    key(place, Counts::UnderWay, Whose::Identity(identity)),
                    Rule {
                        max: recorded.max(),
                        window: LONGEST_ATTEMPT,
                        then: Then::Queue,
                    },
                ),
                _ => (id(Whose::Identity(identity)), rule(of_identity.into(), then)),
            }),
            network: (
                id(Whose::Network(address)),
                rule(i64::from(of_network) * buckets, Then::Wait),
            ),
            recorded,
            now,
        }
    }
}

/// A counter that is exhausted.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    /// When the wait ends, where that is known.
    until: Option<OffsetDateTime>,
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

type Both = (Option<Counted>, Counted);

/// Counts in both counters or, when one of them is exhausted, in none.
async fn count<U: Authenticated>(
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
