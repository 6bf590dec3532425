//! The outbox: what is to be delivered, in a table of its own (promise FA-08).
//!
//! - An action writes its [`Letter`] in its own transaction, so there is a message if and only if the action happened.
//!   For people who do not exist it writes a row that costs the same and leads to nothing (promise EN-02).
//! - A row holds the *claims* of a one-time token. The token itself is signed again, from those claims, when the message
//!   is handed to the sender, so nothing in the database works as a link (promises SU-01, TK-09).
//! - After the commit the same process delivers at once. What it cannot deliver, or leaves behind when it dies, any
//!   process on the database takes over: a row belongs to whoever's conditional update claims it, for a limited time.
//! - Failed attempts are repeated, ever more seldom, until the token is over or the attempts are used up.

mod attempt;
mod letter;
mod queries;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::{sync::Semaphore, task::JoinHandle};
use tracing::Instrument;
use url::Url;

pub use letter::{Letter, Queued};
pub(crate) use queries::table;
pub(crate) use queries::{OutboxRow, OutboxStore};
pub(crate) use worker::spawn;

use super::{SendContext, SenderError, SharedSender};
use crate::{
    authentication::Authentication,
    db::{Id, UtcTimestamp},
    error::Error,
    user::{Authenticated, Conn},
};
use attempt::Attempt;

/// For so long after the commit a message is left to the process that wrote it.
const GRACE: Duration = Duration::from_secs(5);

/// A claim lasts this much longer than an attempt may take, because the clocks of two processes may differ.
const CLAIM_MARGIN: Duration = Duration::from_secs(30);

/// No duration of [`DeliveryOptions`] counts for more.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How messages are delivered: [`Builder::delivery`](crate::authentication::Builder::delivery). Durations of more than a
/// year count as a year.
///
/// # Example
/// ```
/// # use auth_runtime::sender::DeliveryOptions;
/// # use std::time::Duration;
/// let mut options = DeliveryOptions::default();
/// options.attempt_deadline = Duration::from_secs(10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryOptions {
    /// How many messages of a resource are with their sender at once in this process; 16 by default, at least one.
    pub concurrency: usize,
    /// How long a sender may take for one message; 30 seconds by default.
    pub attempt_deadline: Duration,
    /// How often a message is tried; 20 times by default, at least once. The end of its token ends it earlier.
    pub max_attempts: u32,
    /// The pause after the first failed attempt; 5 seconds by default. Each further one is twice as long, and all are
    /// lengthened by up to a quarter at random.
    pub first_pause: Duration,
    /// The longest pause; an hour by default.
    pub longest_pause: Duration,
    /// How long a message without a token is worth delivering; 24 hours by default.
    pub notice_lifetime: Duration,
    /// How often this process looks for messages that are due; every 5 seconds by default.
    pub poll_interval: Duration,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            attempt_deadline: Duration::from_secs(30),
            max_attempts: 20,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60 * 60),
            notice_lifetime: Duration::from_secs(24 * 60 * 60),
            poll_interval: Duration::from_secs(5),
        }
    }
}

impl DeliveryOptions {
    fn within_a_year(mut self) -> Self {
        for duration in [
            &mut self.attempt_deadline,
            &mut self.first_pause,
            &mut self.longest_pause,
            &mut self.notice_lifetime,
            &mut self.poll_interval,
        ] {
            *duration = YEAR.min(*duration);
        }
        self
    }

    /// The pause after the `attempts`th attempt, without what chance adds.
    fn pause(&self, attempts: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.first_pause.saturating_mul(factor).min(self.longest_pause)
    }

    const fn claim(&self) -> Duration {
        self.attempt_deadline.saturating_add(CLAIM_MARGIN)
    }
}

/// An attempt to deliver a message failed. What the listener of
/// [`Builder::on_delivery_failed`](crate::authentication::Builder::on_delivery_failed) is told.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedDelivery<'a> {
    /// The message; see [`Message::id`](super::Message::id).
    pub id: Id,
    /// The kind of message, in snake case.
    pub kind: &'a str,
    /// The strategy or add-on that sent it.
    pub strategy: &'a str,
    /// The person it is for, such as `user?id=42`; `None` for somebody without an account.
    pub subject: Option<&'a str>,
    /// How many attempts were made.
    pub attempts: u32,
    /// Why the last one failed.
    pub error: &'a SenderError,
    /// When it is tried again; `None` when it was given up.
    pub next_attempt_at: Option<OffsetDateTime>,
}

/// Where people of a tenant reach the application.
pub(crate) type TenantUrl = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

pub(crate) type OnFailed = Box<dyn Fn(&FailedDelivery<'_>) + Send + Sync>;

/// What [`Authentication::deliver_due`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryReport {
    /// Messages that a sender accepted.
    pub delivered: usize,
    /// Messages that will be tried again.
    pub failed: usize,
    /// Messages that were given up.
    pub given_up: usize,
    /// Messages that were not worth sending any more: to nobody, to somebody deleted, with a token that was replaced.
    pub dropped: usize,
    /// Rows of an earlier declaration that expired and were deleted.
    pub purged: usize,
}

/// What a started resource needs to deliver.
pub(crate) struct Outbox<U> {
    senders: Vec<(&'static str, SharedSender<U>)>,
    context: SendContext,
    tenant_url: Option<TenantUrl>,
    options: DeliveryOptions,
    slots: Arc<Semaphore>,
    on_failed: Option<OnFailed>,
}

impl<U> Outbox<U> {
    pub(crate) fn new(
        senders: Vec<(&'static str, SharedSender<U>)>,
        context: SendContext,
        tenant_url: Option<TenantUrl>,
        options: DeliveryOptions,
        on_failed: Option<OnFailed>,
    ) -> Self {
        let options = options.within_a_year();
        let slots = options.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            senders,
            context,
            tenant_url,
            options,
            slots: Arc::new(Semaphore::new(slots)),
            on_failed,
        }
    }

    /// What the sender may know of one message.
    fn context_of(
        &self,
        tenant: Option<String>,
        fields: Map<String, Value>,
    ) -> Result<SendContext, SenderError> {
        let mut context = self.context.clone();
        let url = match (&self.tenant_url, &tenant) {
            (Some(of), Some(tenant)) => of(tenant),
            _ => None,
        };
        if let Some(url) = url {
            let url = Url::parse(&url).map_err(|_| SenderError::new("the URL of a tenant is not one"))?;
            context.public_url = Some(url);
        }
        context.tenant = tenant;
        context.fields = fields;
        Ok(context)
    }

    fn sender(&self, strategy: &str) -> Option<(&'static str, &SharedSender<U>)> {
        let (name, sender) = self.senders.iter().find(|(name, _)| *name == strategy)?;
        Some((name, sender))
    }
}

/// A delivery under way. Dropping it does not stop the delivery.
pub struct Delivery(Option<JoinHandle<Result<(), SenderError>>>);

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}

impl Delivery {
    /// There is nothing to wait for. To a client this looks the same.
    pub(crate) const fn nothing() -> Self {
        Self(None)
    }

    /// Waits until the sender has accepted or refused the message for the first time. A message that it refused stays in
    /// the outbox and is tried again. With every sender busy there is nothing to wait for: the message goes out later.
    ///
    /// # Errors
    /// [`SenderError`] when this attempt failed.
    pub async fn delivered(self) -> Result<(), SenderError> {
        match self.0 {
            None => Ok(()),
            Some(task) => task
                .await
                .unwrap_or_else(|stopped| Err(SenderError::new(stopped))),
        }
    }
}

impl<U: Authenticated> Authentication<U> {
    /// Whether the strategy or add-on of that name has a sender.
    #[must_use]
    pub fn has_sender(&self, strategy: &str) -> bool {
        self.outbox().sender(strategy).is_some()
    }

    /// Writes a message into the outbox, in the transaction of the action that it belongs to. After the commit, give
    /// the result to [`deliver`](Self::deliver).
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn enqueue(&self, connection: &mut Conn<U>, letter: Letter) -> Result<Queued, Error> {
        let now = self.now();
        let id = Id::new(now);
        let lifetime = self.outbox().options.notice_lifetime;
        let row = letter.row(U::SETTINGS.subject_name, id, now, now + GRACE, now + lifetime)?;
        connection.insert_message(row).await?;
        Ok(Queued { id })
    }

    /// The same where there may be nothing to deliver.
    #[cfg_attr(not(feature = "password"), allow(dead_code, reason = "asked by strategies"))]
    pub(crate) fn deliver_if(&self, queued: Option<Queued>) -> Delivery {
        queued.map_or_else(Delivery::nothing, |queued| self.deliver(queued))
    }

    /// Delivers a message whose transaction has committed, beside the caller. When every place is taken the message
    /// stays where it is, and the background worker delivers it.
    pub fn deliver(&self, queued: Queued) -> Delivery {
        let Ok(slot) = Arc::clone(&self.outbox().slots).try_acquire_owned() else {
            return Delivery::nothing();
        };
        let auth = self.clone();
        let task = async move {
            let _slot = slot;
            let due_by = auth.now() + GRACE;
            match attempt::attempt(&auth, queued.id, due_by).await {
                Ok(Attempt::Failed(error) | Attempt::GivenUp(error)) => Err(error),
                Ok(Attempt::NotOurs | Attempt::Dropped | Attempt::Delivered) => Ok(()),
                Err(error) => Err(SenderError::new(error)),
            }
        };
        Delivery(Some(self.tasks().spawn(task.in_current_span())))
    }

    /// Delivers every message that is due now, waits for all of them and says what became of them.
    ///
    /// The background worker does this by itself; the call is for applications that run their own schedule, and for
    /// tests.
    ///
    /// # Errors
    /// [`Error::Storage`] when the outbox cannot be read; what is in it stays there.
    pub async fn deliver_due(&self) -> Result<DeliveryReport, Error> {
        worker::deliver_due(self).await
    }

    /// How many messages of this resource wait in the outbox, those under way included.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn undelivered(&self) -> Result<u64, Error> {
        let count = self
            .read(|connection| {
                Box::pin(async move { connection.count_messages(U::SETTINGS.subject_name).await })
            })
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

fn stamp(moment: OffsetDateTime) -> UtcTimestamp {
    UtcTimestamp::new(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fa_08_pauses_double_up_to_the_longest() {
        let options = DeliveryOptions::default();
        let pauses: Vec<u64> = (1..=12).map(|n| options.pause(n).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(options.pause(u32::MAX), options.longest_pause);

        let endless = DeliveryOptions {
            longest_pause: Duration::MAX,
            notice_lifetime: Duration::MAX,
            ..options
        };
        assert_eq!(endless.within_a_year().pause(u32::MAX), YEAR);
    }
}
