use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::Event;
use crate::{error::Cause, limits::Ticket, sender::Queued};

/// What is being tried: the action, and whose account it is about as far as the caller says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Act {
    /// The strategy's name.
    pub strategy: &'static str,
    /// The action's kind, such as `sign_in`.
    pub action: &'static str,
    /// What sort of action it is; limits count each sort in its own way.
    pub sort: Sort,
    /// The canonical identity that was submitted, or the subject of the session that acts.
    pub about: Option<Arc<str>>,
    /// It is going to hash a password, so it is turned away where there is no room for that, before it costs the
    /// database anything.
    pub hashes: bool,
}

/// What sort of action it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Somebody proves who they are, or tries to: failures are counted.
    Proof,
    /// Something is sent on request: every request is counted (promise RL-05).
    Request,
    /// Somebody new may be written, and the answer does not say whether: every run counts that was not refused for its
    /// arguments (promise FA-11).
    Registration,
    /// Something begins that ends in another action: every run counts for its network, as long as a failure does and as
    /// many as there may be of those (promise FA-11).
    Begin,
    /// Somebody who is signed in does something with their account.
    Account,
}

impl Act {
    /// `action` of `strategy`.
    #[must_use]
    pub const fn new(strategy: &'static str, action: &'static str, sort: Sort) -> Self {
        Self {
            strategy,
            action,
            sort,
            about: None,
            hashes: false,
        }
    }

    /// Whose account it is about: a canonical identity, or a subject.
    #[must_use]
    pub fn about(mut self, about: impl Into<Arc<str>>) -> Self {
        self.about = Some(about.into());
        self
    }

    /// It is going to hash a password.
    #[must_use]
    pub const fn hashing(mut self) -> Self {
        self.hashes = true;
        self
    }
}

/// One run of an action: what it is, and what is known of it so far. The context of the action carries it.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) act: Act,
    subject: Mutex<Option<Arc<str>>>,
    reason: OnceLock<Cause>,
    left_session: AtomicBool,
    voided: OnceLock<Arc<str>>,
    queued: Mutex<Vec<Queued>>,
    ticket: OnceLock<Arc<Ticket>>,
}

impl Attempt {
    pub(crate) fn new(act: Act) -> Self {
        Self {
            act,
            ticket: OnceLock::new(),
            subject: Mutex::default(),
            reason: OnceLock::new(),
            left_session: AtomicBool::new(false),
            voided: OnceLock::new(),
            queued: Mutex::default(),
        }
    }

    /// It may run, and this is what it was counted as.
    pub(crate) fn admitted(&self, ticket: Arc<Ticket>) {
        self.ticket.get_or_init(|| ticket);
    }

    pub(crate) fn ticket(&self) -> Option<&Ticket> {
        self.ticket.get().map(|ticket| &**ticket)
    }

    /// The same, to be closed.
    pub(crate) fn shared_ticket(&self) -> Option<Arc<Ticket>> {
        self.ticket.get().cloned()
    }

    /// What is known of it so far.
    pub(crate) fn event(&self) -> Event {
        Event {
            strategy: self.act.strategy,
            action: self.act.action,
            subject: self.subject(),
            about: self.act.about.clone(),
            cause: self.silent_failure(),
        }
    }

    /// Whom it turned out to concern. A transaction that is tried again may say something else, and is right.
    pub(crate) fn concerns(&self, subject: &str) {
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = Some(subject.into());
    }

    pub(crate) fn subject(&self) -> Option<Arc<str>> {
        self.subject
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What went wrong behind an answer that does not say so.
    pub(crate) fn silently_failed(&self, cause: Cause) {
        self.reason.get_or_init(|| cause);
    }

    /// Everything that this subject held has ended.
    pub(crate) fn voids(&self, subject: &str) {
        self.voided.get_or_init(|| subject.into());
    }

    pub(crate) fn voided(&self) -> Option<Arc<str>> {
        self.voided.get().cloned()
    }

    /// A message is to be delivered after the commit. Of a transaction that is tried again there are several, all but
    /// the last of which lead to nothing.
    pub(crate) fn queue(&self, queued: Queued) {
        self.queued
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(queued);
    }

    /// The messages so far. They are handed out once.
    pub(crate) fn take_queued(&self) -> Vec<Queued> {
        std::mem::take(&mut *self.queued.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn leaves_session(&self) {
        self.left_session.store(true, Ordering::Relaxed);
    }

    /// Whether the session that the request came with has ended.
    pub(crate) fn left_session(&self) -> bool {
        self.left_session.load(Ordering::Relaxed)
    }

    pub(crate) fn silent_failure(&self) -> Option<Cause> {
        self.reason.get().copied()
    }
}
