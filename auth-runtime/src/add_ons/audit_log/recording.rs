//! The events of one running action.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Map, Value};

use super::{Answered, Facts, Place};
use crate::{
    authentication::Authentication,
    context::{Context, RequestMetadata},
    db::{AsStorage, Problem, classify},
    error::Error,
    resources::audit_log::LogEntry,
    strategy::{Attempt, Event, Sort},
    user::{Authenticated, Conn},
};

/// The open events of one action, one for each log that records it.
///
/// The contexts of the action share it. Should the action be given up, because a client went away, the last of them
/// closes its events, after a transaction that still ran has ended.
pub(crate) struct Recording<U: Authenticated> {
    auth: Authentication<U>,
    request: Arc<RequestMetadata>,
    actor: Option<String>,
    attempt: Arc<Attempt>,
    params: OnceLock<Map<String, Value>>,
    open: Mutex<Vec<Open>>,
    /// An event of it could not be written.
    lost: AtomicBool,
}

/// An event that is not closed.
struct Open {
    /// Which of the logs.
    log: usize,
    place: Place,
    /// The event was written in a transaction of the action, which may have been rolled back since.
    told: bool,
}

impl<U: Authenticated> Recording<U> {
    /// Opens the events of an action that is about to begin. `None` when nothing records it.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when a log has no place. The action must then not run.
    pub(crate) async fn begin(
        context: &Context<U>,
        attempt: &Arc<Attempt>,
    ) -> Result<Option<Arc<Self>>, Error> {
        let auth = &context.auth;
        let mut open = Vec::new();
        for (log, recorder) in auth.recorders().enumerate() {
            if recorder.records(attempt.act.strategy, attempt.act.action) {
                let place = recorder.open(auth.now()).await?;
                open.push(Open {
                    log,
                    place,
                    told: false,
                });
            }
        }
        Ok((!open.is_empty()).then(|| {
            Arc::new(Self {
                auth: auth.clone(),
                request: Arc::clone(&context.request),
                actor: context.session().map(|session| session.subject().to_owned()),
                attempt: Arc::clone(attempt),
                params: OnceLock::new(),
                open: Mutex::new(open),
                lost: AtomicBool::new(false),
            })
        }))
    }

    /// Notes the accepted columns.
    #[cfg_attr(
        not(feature = "password"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) fn note_params(&self, params: impl FnOnce() -> Map<String, Value>) {
        self.params.get_or_init(params);
    }

    /// Writes the events of durable logs in the transaction that makes the action a success.
    pub(crate) async fn succeed(&self, connection: &mut Conn<U>) -> Result<(), Error> {
        let event = self.attempt.event();
        let mut entries = Vec::new();
        for open in &mut *self.open() {
            if open.place.slot.is_none() {
                entries.push((open.log, self.entry(open, &event, Answered::Well), open.told));
                open.told = true;
            }
        }
        for (log, entry, again) in entries
            .into_iter()
            .flat_map(|(log, entry, again)| entry.map(|entry| (log, entry, again)))
        {
            if let Some(recorder) = self.auth.recorders().nth(log) {
                recorder.write(connection, &entry, again).await?;
            }
        }
        Ok(())
    }

    /// Closes the events, before the answer.
    ///
    /// # Errors
    /// The event of a success could not be written, and no transaction of the action had written it. That of a failure
    /// is no reason for another answer: it is logged.
    pub(crate) async fn settle(&self, event: &Event, answered: Answered) -> Result<(), Error> {
        let mut result = Ok(());
        while let Some(closing) = self.close_next(event, answered) {
            let Some((log, entry)) = closing else { continue };
            if let Err(error) = write_late(&self.auth, log, entry).await {
                self.lost.store(true, Ordering::Release);
                tracing::error!(
                    strategy = event.strategy,
                    action = event.action,
                    request_id = self.request.request_id.as_deref(),
                    %error,
                    "an audit event could not be written"
                );
                if answered == Answered::Well {
                    result = Err(error);
                }
            }
        }
        for recorder in self.auth.recorders() {
            recorder.pace().await;
        }
        result
    }

    /// Whether every event that had to be written by now is written.
    pub(crate) fn is_complete(&self) -> bool {
        !self.lost.load(Ordering::Acquire)
    }

    /// Takes the next open event. What is left to do, if anything, is to write it.
    fn close_next(&self, event: &Event, answered: Answered) -> Option<Option<(usize, LogEntry)>> {
        let open = self.open().pop()?;
        let entry = self.entry(&open, event, answered);
        Some(match (open.place.slot, entry) {
            (_, None) => None,
            (Some(slot), Some(entry)) => {
                slot.fill(entry);
                None
            }
            // A success that told of itself has committed with its event.
            (None, Some(_)) if open.told && answered == Answered::Well => None,
            (None, Some(entry)) => Some((open.log, entry)),
        })
    }

    fn entry(&self, open: &Open, event: &Event, answered: Answered) -> Option<LogEntry> {
        let recorder = self.auth.recorders().nth(open.log)?;
        let identity = (self.attempt.act.sort != Sort::Account).then_some(event.about.as_deref());
        Some(recorder.entry(&Facts {
            id: open.place.id,
            now: self.auth.now(),
            status: answered.status(event),
            event,
            tenant: self.auth.tenant_text(),
            identity: identity.flatten(),
            actor: self.actor.as_deref(),
            request: &self.request,
            params: self.params.get(),
        }))
    }

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes an event in a transaction of its own. Where one of the action's has committed after all, that event stands.
async fn write_late<U: Authenticated>(
    auth: &Authentication<U>,
    log: usize,
    entry: LogEntry,
) -> Result<(), Error> {
    let job = Arc::new((auth.clone(), entry));
    let written = auth.write(move |connection| {
        let job = Arc::clone(&job);
        Box::pin(async move {
            let (auth, entry) = &*job;
            match auth.recorders().nth(log) {
                Some(recorder) => recorder.write(connection, entry, false).await,
                None => Ok(()),
            }
        })
    });
    written
        .await
        .or_else(|error| match error.as_storage().map(classify) {
            Some(Problem::UniqueViolation { .. }) => Ok(()),
            _ => Err(error),
        })
}

impl<U: Authenticated> Drop for Recording<U> {
    fn drop(&mut self) {
        let event = self.attempt.event();
        let mut late = Vec::new();
        while let Some(closing) = self.close_next(&event, Answered::Never) {
            late.extend(closing);
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if late.is_empty() {
            return;
        }
        let (auth, ticket) = (self.auth.clone(), self.attempt.shared_ticket());
        let write = async move {
            let mut all_written = true;
            for (log, entry) in late {
                if let Err(error) = write_late(&auth, log, entry).await {
                    all_written = false;
                    tracing::error!(%error, "the audit event of an action that was given up could not be written");
                }
            }
            if let Some(ticket) = ticket.filter(|_| all_written) {
                ticket.is_recorded(&auth).await;
            }
        };
        runtime.spawn(self.auth.tasks().track_future(write));
    }
}
