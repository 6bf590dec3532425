//! Events that wait to be written together (promise FA-09).
//!
//! An action takes a [`Slot`] before it does anything and puts its event into it at the end, which cannot fail. So
//! when the buffer is full, actions wait and are then refused; an event is never dropped. One task writes the events
//! in their order and gives the places back.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{error::Error, resources::audit_log::LogEntry};

/// How an add-on gathers events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// As many events are written at once, as soon as they are there.
    pub batch_size: usize,
    /// The longest that an event waits, in seconds.
    pub batch_interval_seconds: u64,
    /// How many events there can be that are not written.
    pub buffer_size: usize,
}

/// How long an action waits for a place in a full buffer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The pauses between attempts to write, while the database does not take events.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The events of one add-on that are not written yet.
#[derive(Clone)]
pub(crate) struct Buffer(Arc<Shared>);

struct Shared {
    settings: Batching,
    slots: Arc<Semaphore>,
    queue: Mutex<Queue>,
    /// Something changed that the writer waits for.
    wake: Notify,
    /// How many events were written since the start. Tells of failed attempts too.
    written: watch::Sender<u64>,
    /// The last attempt to write failed.
    failing: AtomicBool,
    /// Nothing is written any more.
    end: CancellationToken,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<LogEntry>,
    /// When the first of those that wait came in.
    since: Option<Instant>,
    /// How many events came in since the start.
    received: u64,
    /// Whatever waits is to be written now.
    hurry: bool,
    /// Nothing more will come.
    closed: bool,
}

/// A place in the buffer.
pub(crate) struct Slot {
    shared: Arc<Shared>,
    permit: OwnedSemaphorePermit,
}

impl Slot {
    /// Hands the event over to be written.
    pub(crate) fn fill(self, entry: LogEntry) {
        // The writer gives the place back.
        self.permit.forget();
        let mut queue = self.shared.queue();
        queue.waiting.push_back(entry);
        queue.received += 1;
        queue.since.get_or_insert_with(Instant::now);
        drop(queue);
        self.shared.wake.notify_one();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next batch is due; `None` while nothing waits.
    fn due(&self) -> Option<Instant> {
        let queue = self.queue();
        let since = queue.since?;
        let now = queue.hurry || queue.closed || queue.waiting.len() >= self.settings.batch_size;
        Some(if now {
            since
        } else {
            since + Duration::from_secs(self.settings.batch_interval_seconds)
        })
    }

    fn take_batch(&self) -> Arc<[LogEntry]> {
        let mut queue = self.queue();
        let size = queue.waiting.len().min(self.settings.batch_size);
        let batch = queue.waiting.drain(..size).collect();
        if queue.waiting.is_empty() {
            queue.since = None;
            queue.hurry = false;
        }
        batch
    }

    /// How many events came in and are not written.
    fn unwritten(&self) -> usize {
        let received = self.queue().received;
        usize::try_from(received.saturating_sub(*self.written.borrow())).unwrap_or(usize::MAX)
    }
}

impl Buffer {
    pub(crate) fn new(settings: Batching) -> Self {
        Self(Arc::new(Shared {
            slots: Arc::new(Semaphore::new(settings.buffer_size)),
            queue: Mutex::default(),
            wake: Notify::new(),
            written: watch::Sender::new(0),
            failing: AtomicBool::new(false),
            end: CancellationToken::new(),
            settings,
        }))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when none becomes free in time. The action must then not run.
    pub(crate) async fn reserve(&self) -> Result<Slot, Error> {
        let slots = Arc::clone(&self.0.slots);
        match tokio::time::timeout(PATIENCE, slots.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Slot {
                shared: Arc::clone(&self.0),
                permit,
            }),
            Ok(Err(_)) | Err(_) => Err(Error::Overloaded {
                retry_after: Duration::from_secs(1),
            }),
        }
    }

    /// Writes batches, and never gives one up, until [`Buffer::end`], or until the buffer is closed and empty.
    ///
    /// `write` must write a batch as a whole or not at all. A batch is tried again as it is, so it can find itself
    /// written already, when only the answer was lost.
    pub(crate) async fn run<W, F>(self, write: W)
    where
        W: Fn(Arc<[LogEntry]>) -> F,
        F: Future<Output = Result<(), Error>>,
    {
        let work = async {
            while self.until_due().await {
                let batch = self.0.take_batch();
                self.until_written(&batch, &write).await;
                self.0
                    .written
                    .send_modify(|written| *written += batch.len() as u64);
                self.0.slots.add_permits(batch.len());
            }
        };
        tokio::select! {
            () = self.0.end.cancelled() => {}
            () = work => {}
        }
    }

    /// `false` when there will be no batch any more.
    async fn until_due(&self) -> bool {
        loop {
            match self.0.due() {
                None if self.0.queue().closed => return false,
                None => self.0.wake.notified().await,
                Some(due) if due <= Instant::now() => return true,
                Some(due) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(due) => {}
                        () = self.0.wake.notified() => {}
                    }
                }
            }
        }
    }

    async fn until_written<W, F>(&self, batch: &Arc<[LogEntry]>, write: &W)
    where
        W: Fn(Arc<[LogEntry]>) -> F,
        F: Future<Output = Result<(), Error>>,
    {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = write(Arc::clone(batch)).await {
            tracing::error!(
                %error,
                waiting = self.0.unwritten(),
                "audit events could not be written and will be tried again"
            );
            self.0.failing.store(true, Ordering::Relaxed);
            self.0.written.send_modify(|_| {});
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits, before an answer, until no more than one batch is not written: so much can a process lose that is killed.
    /// While the database is away, nobody waits here.
    pub(crate) async fn pace(&self) {
        let mut written = self.0.written.subscribe();
        let batch = u64::try_from(self.0.settings.batch_size).unwrap_or(u64::MAX);
        let caught_up = written.wait_for(|written| {
            self.0.queue().received.saturating_sub(*written) <= batch
                || self.0.failing.load(Ordering::Relaxed)
        });
        // One that hangs is as good as away.
        let _ = tokio::time::timeout(PATIENCE, caught_up).await;
    }

    /// Writes what came in so far, and waits until that is done.
    pub(crate) async fn flush(&self) {
        let received = {
            let mut queue = self.0.queue();
            // What is being written already needs no hurry, and the next event should not inherit it.
            queue.hurry = !queue.waiting.is_empty();
            queue.received
        };
        self.0.wake.notify_one();
        let mut written = self.0.written.subscribe();
        // The sender lives as long as this buffer.
        let _ = written.wait_for(|written| *written >= received).await;
    }

    /// Waits until nobody holds a place any more: every action that took one has ended and its event is written.
    pub(crate) async fn drain(&self) {
        let everything = u32::try_from(self.0.settings.buffer_size).unwrap_or(u32::MAX);
        let all = self.0.slots.acquire_many(everything);
        let hurry = async {
            loop {
                self.flush().await;
                // An action that still runs will leave one more event.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            _ = all => {}
            () = hurry => {}
        }
        self.0.slots.close();
    }

    /// Lets the task that writes end once everything is written.
    pub(crate) fn close(&self) {
        self.0.queue().closed = true;
        self.0.wake.notify_one();
    }

    /// Stops writing, and says how many events are not written.
    pub(crate) fn end(&self) -> usize {
        self.0.end.cancel();
        self.0.unwritten()
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer")
            .field("unwritten", &self.0.unwritten())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
