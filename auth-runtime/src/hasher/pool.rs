//! The hashing pool: own threads, bounded in number, memory, queue and wait (promises FA-01 to FA-03).
//!
//! A call first takes one of K slots, waiting for at most two seconds among at most 8·K others; then a thread of
//! the lowest priority does the work. Dropping the call while it waits gives its place up; a hash that has begun runs
//! to its end, because nothing can interrupt it, and its slot is taken until then.

use std::{
    collections::VecDeque,
    fmt,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{Argon2Params, HashError, PasswordHashing, Permit, Verdict};

/// How long a call may wait for a slot.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// How many calls may wait for each thread.
const QUEUE_PER_WORKER: usize = 8;
/// After this long without work a thread gives its memory back.
const IDLE: Duration = Duration::from_secs(5);

/// How large a [`HashPool`] is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PoolOptions {
    /// What one hash needs, in KiB; each thread keeps that much while there is work.
    pub memory_kib: u32,
    /// What all of them together may use, in KiB.
    pub memory_budget_kib: u32,
    /// How many threads at most; `None` means as many as there are cores.
    pub workers: Option<NonZeroUsize>,
}

impl PoolOptions {
    /// A pool for hashes with `params`: 256 MiB altogether, one thread per core.
    #[must_use]
    pub const fn new(params: Argon2Params) -> Self {
        Self {
            memory_kib: params.memory_kib(),
            memory_budget_kib: 256 * 1024,
            workers: None,
        }
    }

    /// The same with room for hashes of `memory_kib`, if that is more.
    pub(crate) fn holding(mut self, memory_kib: u32) -> Self {
        self.memory_kib = self.memory_kib.max(memory_kib);
        self
    }

    /// K: as many threads as the cores and the budget allow, and at least one.
    fn workers(&self) -> usize {
        let affordable = self
            .memory_budget_kib
            .checked_div(self.memory_kib)
            .unwrap_or(u32::MAX);
        let affordable = usize::try_from(affordable).unwrap_or(usize::MAX);
        self.workers
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
            .min(affordable)
            .clamp(1, Semaphore::MAX_PERMITS)
    }
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self::new(Argon2Params::DEFAULT)
    }
}

/// The only way to hash or verify a password. Cheap to clone; all clones share the threads, which start with the
/// first hash and end with the last clone.
///
/// # Example
/// ```
/// use auth_runtime::hasher::{HashPool, PasswordHashing, PoolOptions, Verdict};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let pool = HashPool::new(PoolOptions::default());
/// let hashing = PasswordHashing::default();
/// let stored = pool.hash(&hashing, "correct horse battery staple".into()).await?;
/// let verdict = pool.verify(&hashing, "correct horse battery staple".into(), Some(stored)).await?;
/// assert_eq!(verdict, Verdict::Match { outdated: false });
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HashPool(Arc<Gate>);

impl HashPool {
    /// A pool of this size. No thread is started yet.
    #[must_use]
    pub fn new(options: PoolOptions) -> Self {
        let workers = options.workers();
        Self(Arc::new(Gate {
            workers,
            slots: Arc::new(Semaphore::new(workers)),
            entered: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            rejected: AtomicU64::new(0),
            started: Mutex::new(0),
            desk: Arc::new(Desk {
                queue: Mutex::new(Queue {
                    tasks: VecDeque::new(),
                    open: true,
                }),
                changed: Condvar::new(),
                memory_kib: options.memory_kib,
                large_memory: Arc::new(Mutex::new(())),
            }),
        }))
    }

    /// The text to store for `password`.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] when the pool is saturated, others when hashing itself fails.
    pub async fn hash(&self, hashing: &PasswordHashing, password: SecretString) -> Result<String, HashError> {
        let hashing = hashing.clone();
        self.run(move |permit| hashing.hash(permit, password.expose_secret()))
            .await
    }

    /// Checks `password` against what is stored. Nothing stored, or nothing that can be read, costs as much as a real
    /// check and never matches (promises PW-09 and EN-03).
    ///
    /// # Errors
    /// [`HashError::Overloaded`] when the pool is saturated, whatever is stored; others when the check cannot be made.
    pub async fn verify(
        &self,
        hashing: &PasswordHashing,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<Verdict, HashError> {
        let hashing = hashing.clone();
        self.run(move |permit| hashing.verify(permit, password.expose_secret(), stored.as_deref()))
            .await
    }

    /// Lets in an action that is going to hash, if there is room for it, before it does anything else. The action keeps the
    /// entry to its end; so whoever is turned away is turned away at once and has cost nothing, and there are never more
    /// actions under way than the pool serves in two seconds.
    ///
    /// # Errors
    /// [`HashError::Overloaded`].
    pub fn enter(&self) -> Result<Entry, HashError> {
        let gate = &self.0;
        let limit = gate.places().saturating_add(gate.workers);
        match take(&gate.entered, limit) {
            true => Ok(Entry(Arc::clone(gate))),
            false => Err(gate.overloaded()),
        }
    }

    /// How many threads the pool has at most.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.0.workers
    }

    /// How many slots are taken now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.workers.saturating_sub(self.0.slots.available_permits())
    }

    /// How many calls wait for a slot now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// How many calls have been turned away so far.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.0.rejected.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Permit) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let slot = self.slot().await?;
        let (reply, answer) = oneshot::channel();
        self.0.submit(Box::new(move |permit| {
            if reply.is_closed() {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| work(permit))).unwrap_or_else(|_| {
                permit.release();
                Err(HashError::Panicked)
            });
            // The slot first, so that whoever has the answer finds it free.
            drop(slot);
            // A caller that went away meanwhile wants no answer.
            let _ = reply.send(result);
        }))?;
        answer.await.unwrap_or(Err(HashError::Panicked))
    }

    /// Takes a slot, or a place in the queue until there is one.
    async fn slot(&self) -> Result<OwnedSemaphorePermit, HashError> {
        let gate = &*self.0;
        if let Ok(slot) = Arc::clone(&gate.slots).try_acquire_owned() {
            return Ok(slot);
        }
        let _place = Place::take(gate).ok_or_else(|| gate.overloaded())?;
        match tokio::time::timeout(MAX_WAIT, Arc::clone(&gate.slots).acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            // The semaphore is never closed, so this is the time-out.
            Ok(Err(_)) | Err(_) => Err(gate.overloaded()),
        }
    }
}

impl Default for HashPool {
    fn default() -> Self {
        Self::new(PoolOptions::default())
    }
}

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashPool")
            .field("workers", &self.workers())
            .field("in_flight", &self.in_flight())
            .field("waiting", &self.waiting())
            .field("rejected", &self.rejected())
            .finish()
    }
}

/// What the callers share. The threads hold only the [`Desk`], so dropping the last handle is seen by them.
struct Gate {
    workers: usize,
    slots: Arc<Semaphore>,
    entered: AtomicUsize,
    waiting: AtomicUsize,
    rejected: AtomicU64,
    started: Mutex<usize>,
    desk: Arc<Desk>,
}

impl Gate {
    /// How many calls may wait.
    const fn places(&self) -> usize {
        self.workers.saturating_mul(QUEUE_PER_WORKER)
    }

    fn overloaded(&self) -> HashError {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        HashError::Overloaded {
            retry_after: MAX_WAIT,
        }
    }

    fn submit(&self, task: Task) -> Result<(), HashError> {
        self.start_thread()?;
        lock(&self.desk.queue).tasks.push_back(task);
        self.desk.changed.notify_one();
        Ok(())
    }

    /// Starts one more thread until there are K. With at least one, work goes on even if the system gives no more.
    fn start_thread(&self) -> Result<(), HashError> {
        let mut started = lock(&self.started);
        if *started == self.workers {
            return Ok(());
        }
        let desk = Arc::clone(&self.desk);
        match thread::Builder::new()
            .name(format!("auth-hash-{started}"))
            .spawn(move || serve(&desk))
        {
            Ok(_) => *started += 1,
            Err(error) if *started == 0 => return Err(HashError::Thread(error)),
            Err(error) => tracing::warn!(%error, "fewer hashing threads than configured could be started"),
        }
        Ok(())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        lock(&self.desk.queue).open = false;
        self.desk.changed.notify_all();
    }
}

/// One more, unless there are `limit`.
fn take(count: &AtomicUsize, limit: usize) -> bool {
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            (taken < limit).then_some(taken + 1)
        })
        .is_ok()
}

/// Room for one action that hashes; given up when dropped.
pub struct Entry(Arc<Gate>);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.entered.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

/// A place in the queue; given up when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(gate: &'a Gate) -> Option<Self> {
        take(&gate.waiting, gate.places()).then(|| Self(&gate.waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Task = Box<dyn FnOnce(&mut Permit) + Send>;

/// Where callers leave work for the threads. Each task holds a slot, so there are never more than K.
struct Desk {
    queue: Mutex<Queue>,
    changed: Condvar,
    memory_kib: u32,
    large_memory: Arc<Mutex<()>>,
}

struct Queue {
    tasks: VecDeque<Task>,
    open: bool,
}

impl Desk {
    /// The next task, or `None` when the pool is gone.
    fn next(&self, permit: &mut Permit) -> Option<Task> {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(task) = queue.tasks.pop_front() {
                return Some(task);
            }
            if !queue.open {
                return None;
            }
            if !permit.holds_memory() {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (guard, wait) = self
                .changed
                .wait_timeout(queue, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            queue = guard;
            if wait.timed_out() && queue.tasks.is_empty() {
                drop(queue);
                permit.release();
                queue = lock(&self.queue);
            }
        }
    }
}

fn serve(desk: &Desk) {
    lower_priority();
    let mut permit = Permit::new(desk.memory_kib, Arc::clone(&desk.large_memory));
    while let Some(task) = desk.next(&mut permit) {
        task(&mut permit);
    }
    permit.release();
}

/// Requests go before hashes: with the lowest priority, hashing takes the processor time that nobody else wants.
fn lower_priority() {
    // On Linux the call concerns the calling thread alone; elsewhere it would slow the whole process down.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::debug!(%error, "the priority of a hashing thread could not be lowered");
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No lock here is held across code that can panic half-way through a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fa_01_larger_hashes_make_fewer_threads() {
        let options = PoolOptions {
            workers: NonZeroUsize::new(64),
            ..PoolOptions::default()
        };
        assert_eq!(options.workers(), 13);
        assert_eq!(options.holding(64 * 1024).workers(), 4);
        assert_eq!(options.holding(1).workers(), 13);
    }

    #[tokio::test]
    async fn fa_01_threads_start_with_the_first_hash_and_end_with_the_last_handle() {
        let pool = HashPool::new(PoolOptions::new(Argon2Params::fast()));
        let desk = Arc::downgrade(&pool.0.desk);
        assert_eq!((*lock(&pool.0.started), desk.strong_count()), (0, 1));
        let hashing = PasswordHashing::new(super::super::Argon2id::new(Argon2Params::fast()));
        pool.hash(&hashing, "a".into()).await.unwrap();
        assert_eq!(desk.strong_count(), 2);

        drop(pool.clone());
        pool.hash(&hashing, "b".into()).await.unwrap();
        drop(pool);
        while desk.strong_count() > 0 {
            thread::yield_now();
        }
    }
}
