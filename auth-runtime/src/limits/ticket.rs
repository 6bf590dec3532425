//! What follows an attempt that was let through.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel::QueryResult;
use tokio::runtime::Handle;

use super::{LimitStore, counter::Counter};
use crate::{
    authentication::Authentication,
    db::UtcTimestamp,
    error::{Cause, Error, FieldError},
    user::Authenticated,
};

/// How long an answer waits for its attempt to be taken back. The transaction goes on without it.
const LINGER: Duration = Duration::from_secs(1);

/// An attempt that may run.
#[derive(Debug)]
pub(crate) struct Ticket {
    may_send: bool,
    failure: Option<CountedFailure>,
    keeps: Keeps,
    settled: AtomicBool,
}

/// What keeps the failure of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// The counter of the identity.
    Counter,
    /// An audit log. The counter knows only what is under way.
    Log,
    /// The counter, whatever comes of the attempt, unless that is nothing.
    Always,
}

/// An attempt that stands in the counters as a failure until it is known to be none.
#[derive(Debug)]
struct CountedFailure {
    identity: Option<Counted>,
    network: Counted,
}

/// One attempt in one counter.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) id: String,
    /// The latest end of the period that it was counted in.
    pub(super) latest_end: UtcTimestamp,
    /// The row that this attempt made, and what it would be without it.
    pub(super) undo: Option<(Counter, Counter)>,
}

impl Ticket {
    /// Of a request for a message, which is never taken back.
    pub(super) const fn of_request(may_send: bool) -> Self {
        Self {
            may_send,
            failure: None,
            keeps: Keeps::Counter,
            settled: AtomicBool::new(false),
        }
    }

    /// Of an attempt that may fail.
    pub(super) const fn of_attempt(identity: Option<Counted>, network: Counted, keeps: Keeps) -> Self {
        Self {
            may_send: true,
            failure: Some(CountedFailure { identity, network }),
            keeps,
            settled: AtomicBool::new(false),
        }
    }

    /// Whether the message that was asked for may go out.
    pub(crate) const fn may_send(&self) -> bool {
        self.may_send
    }

    /// Forgets the failures of the identity, and the attempt of the network. Runs in the transaction of the action.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn succeed<C: LimitStore>(&self, connection: &mut C) -> QueryResult<()> {
        let Some(failure) = self.failure.as_ref().filter(|_| self.keeps != Keeps::Always) else {
            return Ok(());
        };
        match &failure.identity {
            Some(identity) if self.keeps == Keeps::Log => {
                connection.take_back(&identity.id, identity.latest_end).await?;
            }
            Some(identity) => {
                connection.forget_counter(&identity.id).await?;
            }
            None => {}
        }
        // Last, because many share this row and it is locked until the end of the transaction.
        let network = &failure.network;
        connection.take_back(&network.id, network.latest_end).await?;
        self.settled.store(true, Ordering::Release);
        Ok(())
    }

    /// What follows an attempt that has run; `None` if nothing does.
    fn end(&self, error: Option<&Error>) -> Option<End> {
        let failure = self.failure.as_ref()?;
        let settled = self.settled.load(Ordering::Acquire);
        match error {
            Some(error) if !is_failed_attempt(error) => Some(End::Nothing),
            _ if settled || self.keeps == Keeps::Always => None,
            None => Some(End::Success),
            // What an audit log records is under way until its event is there.
            Some(_) => (failure.identity.is_some() && self.keeps == Keeps::Counter).then_some(End::Failure),
        }
    }

    /// Writes that.
    async fn close<U: Authenticated>(self: Arc<Self>, auth: Authentication<U>, end: End) {
        let closing = auth.write(move |connection| {
            let ticket = Arc::clone(&self);
            Box::pin(async move {
                match end {
                    End::Success => ticket.succeed(connection).await?,
                    End::Failure => ticket.fail(connection).await?,
                    End::Nothing => {
                        ticket.withdraw(connection).await?;
                        ticket.settled.store(true, Ordering::Release);
                    }
                }
                Ok(())
            })
        });
        if let Ok(Err(error)) = tokio::time::timeout(LINGER, closing).await {
            tracing::warn!(resource = U::SETTINGS.subject_name, %error, "an attempt stays counted as a failure");
        }
    }

    /// The event is in the audit log, so the attempt is no longer under way.
    pub(crate) async fn is_recorded<U: Authenticated>(self: Arc<Self>, auth: &Authentication<U>) {
        let recorded = self.keeps == Keeps::Log && self.has_identity();
        if recorded && !self.settled.swap(true, Ordering::AcqRel) {
            self.close(auth.clone(), End::Failure).await;
        }
    }

    fn has_identity(&self) -> bool {
        let failure = self.failure.as_ref();
        failure.is_some_and(|failure| failure.identity.is_some())
    }

    async fn fail<C: LimitStore>(&self, connection: &mut C) -> QueryResult<()> {
        let failure = self.failure.as_ref();
        match failure.and_then(|failure| failure.identity.as_ref()) {
            Some(identity) if self.keeps == Keeps::Log => {
                connection.take_back(&identity.id, identity.latest_end).await?;
            }
            Some(identity) => {
                connection.end_attempt(&identity.id).await?;
            }
            None => {}
        }
        Ok(())
    }

    async fn withdraw<C: LimitStore>(&self, connection: &mut C) -> QueryResult<()> {
        let Some(failure) = &self.failure else {
            return Ok(());
        };
        if let Some(identity) = &failure.identity
            && !identity.take_back(connection).await?
        {
            connection.end_attempt(&identity.id).await?;
        }
        failure.network.take_back(connection).await?;
        Ok(())
    }
}

/// An attempt that runs. Whoever goes away in the middle leaves a failure, but nothing under way for which others would
/// wait.
pub(crate) struct UnderWay<U: Authenticated> {
    auth: Authentication<U>,
    ticket: Option<Arc<Ticket>>,
}

impl<U: Authenticated> UnderWay<U> {
    pub(super) fn new(auth: Authentication<U>, ticket: Ticket) -> Self {
        Self {
            auth,
            ticket: Some(Arc::new(ticket)),
        }
    }

    /// What it was counted as.
    pub(crate) const fn ticket(&self) -> Option<&Arc<Ticket>> {
        self.ticket.as_ref()
    }

    /// It has run: success that was not settled in a transaction is settled now, what has told nobody anything is taken
    /// back, and a failure is no longer under way. The answer does not depend on whether this works: an attempt that
    /// cannot be taken back stays counted.
    pub(crate) async fn close(mut self, error: Option<&Error>) {
        if let Some(ticket) = self.ticket.take()
            && let Some(end) = ticket.end(error)
        {
            ticket.close(self.auth.clone(), end).await;
        }
    }
}

impl<U: Authenticated> Drop for UnderWay<U> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        // What an audit log is going to keep stays under way until the event of the abandoned action is written.
        let ends = ticket.keeps == Keeps::Counter && ticket.has_identity();
        if ends
            && !ticket.settled.load(Ordering::Acquire)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(ticket.close(self.auth.clone(), End::Failure));
        }
    }
}

impl Counted {
    /// Takes the attempt back. `true` if the row is what it was before, so that nothing is under way either.
    async fn take_back<C: LimitStore>(&self, connection: &mut C) -> QueryResult<bool> {
        if let Some((after, without)) = self.undo
            && connection.replace_counter(&self.id, after, without).await? == 1
        {
            return Ok(true);
        }
        connection.take_back(&self.id, self.latest_end).await?;
        Ok(false)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
enum End {
    Success,
    Failure,
    /// It came to nothing that counts.
    Nothing,
}

/// Whether an error told the caller something about a secret or a person. Anything else was no attempt at guessing.
fn is_failed_attempt(error: &Error) -> bool {
    match error {
        Error::AuthenticationFailed(failed) => !matches!(
            failed.cause,
            Cause::RegistrationDisabled | Cause::SignInDisabled | Cause::NotSignedIn
        ),
        Error::InvalidToken { .. } => true,
        #[cfg(feature = "oauth")]
        Error::Provider(error) => !error.cause().is_fault(),
        Error::Invalid(fields) => fields
            .iter()
            .flat_map(|(_, errors)| errors)
            .any(|error| matches!(error, FieldError::Taken | FieldError::Wrong)),
        _ => false,
    }
}
