use diesel::QueryResult;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::buffer::Slot;
use crate::{
    authentication::Authentication,
    context::RequestMetadata,
    db::Id,
    error::Error,
    resources::audit_log::{FailureKey, LogEntry, Status},
    strategy::Event,
    user::{Authenticated, Conn},
};

/// A started audit log, whatever its table.
#[doc(hidden)]
pub trait Recorder<U: Authenticated>: Send + Sync {
    /// The audit log's name in the block.
    fn name(&self) -> &'static str;

    /// Whether this action is recorded here.
    fn records(&self, strategy: &str, action: &str) -> bool;

    /// Takes a place for the event of an action that is about to begin.
    fn open(&self, now: OffsetDateTime) -> BoxFuture<'_, Result<Place, Error>>;

    /// The event as it is stored.
    fn entry(&self, facts: &Facts<'_>) -> LogEntry;

    /// Writes an event in an open transaction. `again` says that an earlier transaction may have done so.
    fn write<'a>(
        &'a self,
        connection: &'a mut Conn<U>,
        entry: &'a LogEntry,
        again: bool,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Waits until the log may fall no further behind.
    fn pace(&self) -> BoxFuture<'_, ()>;

    /// How many attempts have failed, as far as their events are written.
    fn count_failures<'a>(
        &'a self,
        connection: &'a mut Conn<U>,
        key: FailureKey<'a>,
    ) -> BoxFuture<'a, QueryResult<i64>>;

    /// Deletes events that are too old.
    fn expunge<'a>(&'a self, authentication: &'a Authentication<U>) -> BoxFuture<'a, Result<usize, Error>>;

    /// Writes what waits.
    fn flush(&self) -> BoxFuture<'_, ()>;

    /// Waits for running actions and writes their events too.
    fn drain(&self) -> BoxFuture<'_, ()>;

    /// Stops writing, and says how many events are not written.
    fn end(&self) -> usize;
}

/// A place for one event.
#[doc(hidden)]
#[derive(Debug)]
pub struct Place {
    /// The event's key: an action leaves one event, however often its transaction is tried.
    pub(crate) id: Id,
    /// The place in the buffer of a batched log.
    pub(crate) slot: Option<Slot>,
}

/// What an event is made of.
#[doc(hidden)]
#[derive(Debug)]
pub struct Facts<'a> {
    pub(crate) id: Id,
    pub(crate) now: OffsetDateTime,
    pub(crate) status: Status,
    pub(crate) event: &'a Event,
    /// The tenant of the action.
    pub(crate) tenant: Option<String>,
    /// The identity that was submitted.
    pub(crate) identity: Option<&'a str>,
    /// Whose session the request came with.
    pub(crate) actor: Option<&'a str>,
    pub(crate) request: &'a RequestMetadata,
    /// Accepted columns.
    pub(crate) params: Option<&'a Map<String, Value>>,
}

/// How the action was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// As a success, which may hide a failure that only the event knows of.
    Well,
    /// As a failure.
    Badly,
    /// Nobody waits for the answer any more.
    Never,
}

impl Answered {
    pub(crate) fn status(self, event: &Event) -> Status {
        match (self, event.cause) {
            (Self::Never, _) => Status::Unknown,
            (Self::Well, None) => Status::Success,
            (Self::Well, Some(_)) | (Self::Badly, _) => Status::Failure,
        }
    }
}
