//! The audit log: one event for each action, whatever came of it (promise AU-01).
//!
//! Actions do not write events. Each runs inside [`perform`](crate::strategy::perform()), which opens the event before
//! the action begins and closes it when its result is there; what ends before an action could begin is recorded on the
//! way out, by [`Context::record`](crate::context::Context::record). There is no third way to an answer, so none is without its event. Which actions
//! are recorded was decided when the application was compiled.
//!
//! # Modes
//! - *Durable*: the event of a success commits with the action, or neither does (promise FA-09). The event of a failure
//!   has a transaction of its own, before the answer.
//! - *Batched*: events are gathered and written together. A full buffer makes actions wait and then refuses them.
//!   Answers wait for a writer that is more than a batch behind, so a process that is killed loses one batch at most.
//!
//! # Threats
//! - *Secrets in the log.* Events are made of named facts, never of whole requests. Arguments enter only as columns that
//!   the block lets an action accept; secrets have types that cannot become an event's value (promise AU-02).
//! - *Forged events.* Values are bounded, free of control characters, and stored as columns or JSON, never as lines.
//! - *The log as a list of visitors.* `ip_privacy_mode` changes addresses before they are stored, wherever they occur
//!   (promise AU-03).

mod buffer;
mod config;
mod entry;
mod expunger;
mod forwarded;
mod parts;
mod privacy;
mod recorder;
mod recording;

pub use buffer::Batching;
pub use config::{Config, Mode, Selection};
pub use parts::{Declared, Parts, table};
pub use privacy::IpPrivacyMode;
#[doc(hidden)]
pub use recorder::{Place, Recorder};

pub(crate) use recorder::{Answered, Facts};
pub(crate) use recording::Recording;

use crate::{authentication::Authentication, error::Error, user::Authenticated};

impl<U: Authenticated> Authentication<U> {
    pub(crate) fn recorders(&self) -> impl Iterator<Item = &dyn Recorder<U>> {
        self.parts().filter_map(|part| part.recorder())
    }

    /// Writes the audit events that wait in this process, and waits until that is done. Only a batched log has any.
    pub async fn flush_audit_log(&self) {
        for recorder in self.recorders() {
            recorder.flush().await;
        }
    }

    /// Deletes audit events that are older than `log_lifetime` now, in batches, and says how many (promise AU-04).
    ///
    /// The background task does this by itself; the call is for applications that run their own schedule.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn expunge_audit_log(&self) -> Result<usize, Error> {
        let mut total = 0;
        for recorder in self.recorders() {
            total += recorder.expunge(self).await?;
        }
        Ok(total)
    }

    /// Lets every buffered audit event be written, those of running actions too.
    pub(crate) async fn drain_audit_log(&self) {
        futures_util::future::join_all(self.recorders().map(|recorder| recorder.drain())).await;
    }

    /// Gives up what is not written, and says how many events that are.
    pub(crate) fn end_audit_log(&self) -> usize {
        self.recorders().map(|recorder| recorder.end()).sum()
    }
}
