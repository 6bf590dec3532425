use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use futures_util::FutureExt;

use super::*;

/// Hashes nothing, and only when told to.
struct Gated {
    release: Mutex<mpsc::Receiver<()>>,
}

fn gated() -> (PasswordHashing, mpsc::Sender<()>) {
    let (sender, receiver) = mpsc::channel();
    let release = Mutex::new(receiver);
    (PasswordHashing::new(Gated { release }), sender)
}

impl HashProvider for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn hash(&self, _: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
        self.release.lock().unwrap().recv().map_err(ProviderError::new)?;
        Ok(String::from_utf8_lossy(password).into_owned())
    }

    fn verify(&self, _: &mut Permit, _: &[u8], _: &str) -> Result<Verification, ProviderError> {
        Ok(Verification::Unknown)
    }

    fn simulate(&self, _: &mut Permit, _: &[u8]) -> Result<(), ProviderError> {
        Ok(())
    }
}

fn spawn_hash(
    pool: &HashPool,
    hashing: &PasswordHashing,
) -> tokio::task::JoinHandle<Result<String, HashError>> {
    let (pool, hashing) = (pool.clone(), hashing.clone());
    tokio::spawn(async move { pool.hash(&hashing, MARTY.into()).await })
}

async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn fa_01_past_the_queue_the_answer_is_immediate() {
    let pool = one_worker();
    let (hashing, release) = gated();
    let admitted: Vec<_> = (0..9).map(|_| spawn_hash(&pool, &hashing)).collect();
    until(|| pool.in_flight() == 1 && pool.waiting() == 8).await;

    for rejected in 1..=50 {
        // One poll is enough: no waiting, no thread, no hash.
        let answer = pool.verify(&hashing, MARTY.into(), None).now_or_never();
        assert!(
            matches!(answer, Some(Err(HashError::Overloaded { retry_after })) if retry_after > Duration::ZERO),
            "{answer:?}"
        );
        assert_eq!(pool.rejected(), rejected);
    }

    for _ in &admitted {
        release.send(()).unwrap();
    }
    for call in admitted {
        assert_eq!(call.await.unwrap().unwrap(), MARTY);
    }
    assert_eq!((pool.in_flight(), pool.waiting()), (0, 0));
}

#[test]
fn fa_01_no_more_actions_are_let_in_than_there_is_room_for() {
    let pool = one_worker();
    let mut entries: Vec<_> = (0..9).map(|_| pool.enter().unwrap()).collect();
    assert!(matches!(pool.enter(), Err(HashError::Overloaded { .. })));
    assert_eq!(pool.rejected(), 1);
    entries.pop();
    entries.push(pool.enter().unwrap());
    assert!(pool.enter().is_err());
}

#[tokio::test(start_paused = true)]
async fn fa_01_nobody_waits_longer_than_two_seconds() {
    let pool = one_worker();
    let (hashing, release) = gated();
    let running = spawn_hash(&pool, &hashing);
    until(|| pool.in_flight() == 1).await;

    let began = tokio::time::Instant::now();
    let answer = pool.hash(&hashing, MARTY.into()).await;
    assert!(matches!(answer, Err(HashError::Overloaded { .. })), "{answer:?}");
    assert_eq!(began.elapsed().as_secs(), 2);
    assert_eq!((pool.waiting(), pool.rejected()), (0, 1));

    release.send(()).unwrap();
    assert!(running.await.unwrap().is_ok());
}

#[test]
fn fa_01_threads_fit_cores_and_memory() {
    let workers = |memory_kib, memory_budget_kib, workers| {
        let options = PoolOptions {
            memory_kib,
            memory_budget_kib,
            workers: std::num::NonZeroUsize::new(workers),
        };
        HashPool::new(options).workers()
    };
    assert_eq!(workers(19_456, 262_144, 4), 4);
    assert_eq!(workers(19_456, 262_144, 64), 13);
    assert_eq!(workers(19_456, 1_024, 64), 1);
    assert_eq!(workers(0, 1_024, 3), 3);
    assert!(workers(19_456, 262_144, 0) >= 1, "as many as there are cores");
}

#[tokio::test]
async fn fa_03_a_caller_that_goes_away_frees_its_place() {
    let pool = one_worker();
    let (hashing, release) = gated();
    let running = spawn_hash(&pool, &hashing);
    until(|| pool.in_flight() == 1).await;
    let waiting: Vec<_> = (0..8).map(|_| spawn_hash(&pool, &hashing)).collect();
    until(|| pool.waiting() == 8).await;
    for call in &waiting {
        call.abort();
    }
    until(|| pool.waiting() == 0).await;

    let next = spawn_hash(&pool, &hashing);
    until(|| pool.waiting() == 1).await;
    // Two releases serve two calls: none of those that went away is still hashed.
    release.send(()).unwrap();
    release.send(()).unwrap();
    assert!(running.await.unwrap().is_ok());
    assert!(next.await.unwrap().is_ok());
    assert_eq!(pool.rejected(), 0);
}

/// Panics at the word.
struct Panicking;

impl HashProvider for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
        let hash = fast().hash(permit, password)?;
        assert_ne!(password, b"panic");
        Ok(hash)
    }

    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError> {
        fast().verify(permit, password, stored)
    }

    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError> {
        fast().simulate(permit, password)
    }
}

#[tokio::test]
async fn fa_03_a_panic_frees_its_slot_and_the_pool_goes_on() {
    let pool = one_worker();
    let hashing = PasswordHashing::new(Panicking);
    for _ in 0..3 {
        let answer = pool.hash(&hashing, "panic".into()).await;
        assert!(matches!(answer, Err(HashError::Panicked)), "{answer:?}");
        assert_eq!(pool.in_flight(), 0);
    }
    let stored = pool.hash(&hashing, MARTY.into()).await.unwrap();
    assert_eq!(
        pool.verify(&hashing, MARTY.into(), Some(stored)).await.unwrap(),
        UP_TO_DATE
    );
}

#[tokio::test]
async fn fa_03_a_failing_provider_is_named_without_the_password() {
    let (hashing, release) = gated();
    drop(release);
    let error = one_worker().hash(&hashing, "swordfish".into()).await.unwrap_err();
    let shown = format!("{error} {error:?} {hashing:?}");
    assert!(shown.contains("gated") && !shown.contains("swordfish"), "{shown}");
}

#[cfg(target_os = "linux")]
mod priority {
    use super::*;

    /// Tells the priority of the thread it runs on.
    struct Nice;

    impl HashProvider for Nice {
        fn name(&self) -> &'static str {
            "nice"
        }

        fn hash(&self, _: &mut Permit, _: &[u8]) -> Result<String, ProviderError> {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").map_err(ProviderError::new)?;
            // The nineteenth field; the second is the name in brackets.
            let after_name = stat.rsplit(')').next().unwrap_or_default();
            Ok(after_name
                .split_whitespace()
                .nth(16)
                .unwrap_or_default()
                .to_owned())
        }

        fn verify(&self, _: &mut Permit, _: &[u8], _: &str) -> Result<Verification, ProviderError> {
            Ok(Verification::Unknown)
        }

        fn simulate(&self, _: &mut Permit, _: &[u8]) -> Result<(), ProviderError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn fa_02_hashing_threads_have_the_lowest_priority_and_no_other_has() {
        let pool = one_worker();
        let nice = pool
            .hash(&PasswordHashing::new(Nice), MARTY.into())
            .await
            .unwrap();
        assert_eq!(nice, "19");
        let own = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let own = own
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .nth(16)
            .unwrap();
        assert_ne!(own, "19");
    }
}
