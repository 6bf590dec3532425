use time::OffsetDateTime;

use super::*;
use crate::{db::Id, db::StorageError, resources::audit_log::Status};

const SETTINGS: Batching = Batching {
    batch_size: 3,
    batch_interval_seconds: 1,
    buffer_size: 5,
};

fn entry(action: &str) -> LogEntry {
    let now = OffsetDateTime::UNIX_EPOCH;
    let none = None;
    LogEntry::of((
        Id::new(now),
        now.into(),
        "user".to_owned(),
        "audit_log".to_owned(),
        "password".to_owned(),
        action.to_owned(),
        Status::Success.as_str().to_owned(),
        none.clone(),
        none.clone(),
        none.clone(),
        none.clone(),
        none.clone(),
        none,
        "{}".to_owned(),
    ))
}

/// A database that can be down, and remembers the batches it took.
#[derive(Clone, Default)]
struct Database {
    batches: Arc<Mutex<Vec<Vec<String>>>>,
    down: Arc<AtomicBool>,
}

impl Database {
    fn batches(&self) -> Vec<String> {
        let batches = self.batches.lock().unwrap();
        batches.iter().map(|batch| batch.join("")).collect()
    }

    fn write(&self, batch: &[LogEntry]) -> Result<(), Error> {
        if self.down.load(Ordering::SeqCst) {
            return Err(StorageError::Timeout.into());
        }
        let batch = batch.iter().map(|entry| entry.action_name.clone()).collect();
        self.batches.lock().unwrap().push(batch);
        Ok(())
    }
}

fn start() -> (Buffer, Database) {
    let (buffer, database) = (Buffer::new(SETTINGS), Database::default());
    let writer = database.clone();
    tokio::spawn(
        buffer
            .clone()
            .run(move |batch| std::future::ready(writer.write(&batch))),
    );
    (buffer, database)
}

async fn push(buffer: &Buffer, actions: &str) {
    for action in actions.chars() {
        buffer.reserve().await.unwrap().fill(entry(&action.to_string()));
    }
}

async fn pass(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn fa_09_a_full_batch_is_written_at_once_and_the_rest_in_time() {
    let (buffer, database) = start();
    push(&buffer, "abcd").await;
    pass(1).await;
    assert_eq!(database.batches(), ["abc"]);
    pass(990).await;
    assert_eq!(database.batches(), ["abc"]);
    pass(10).await;
    assert_eq!(database.batches(), ["abc", "d"]);
    push(&buffer, "e").await;
    pass(990).await;
    assert_eq!(database.batches(), ["abc", "d"], "the timer starts anew");
    pass(20).await;
    assert_eq!(database.batches(), ["abc", "d", "e"]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_writes_what_is_there_and_may_come_twice() {
    let (buffer, database) = start();
    buffer.flush().await;
    assert_eq!(database.batches(), [""; 0]);
    push(&buffer, "a").await;
    buffer.flush().await;
    buffer.flush().await;
    assert_eq!(database.batches(), ["a"]);
    push(&buffer, "b").await;
    pass(500).await;
    assert_eq!(
        database.batches(),
        ["a"],
        "a flush hurries nothing that comes later"
    );
}

#[tokio::test(start_paused = true)]
async fn fa_09_an_outage_loses_nothing_and_a_full_buffer_refuses() {
    let (buffer, database) = start();
    database.down.store(true, Ordering::SeqCst);
    push(&buffer, "abcde").await;
    assert_eq!(buffer.0.unwritten(), 5);
    let began = Instant::now();
    assert!(matches!(buffer.reserve().await, Err(Error::Overloaded { .. })));
    assert_eq!(began.elapsed(), PATIENCE, "it waits before it refuses");
    // Somebody who waits gets in once there is room.
    let waiting = tokio::spawn({
        let buffer = buffer.clone();
        async move { push(&buffer, "f").await }
    });
    pass(100).await;
    database.down.store(false, Ordering::SeqCst);
    waiting.await.unwrap();
    buffer.flush().await;
    assert_eq!(database.batches().concat(), "abcdef", "in order, each once");
}

#[tokio::test(start_paused = true)]
async fn fa_09_answers_wait_for_a_writer_that_is_a_batch_behind() {
    let buffer = Buffer::new(SETTINGS);
    let release = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&release);
    tokio::spawn(buffer.clone().run(move |_| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    }));
    push(&buffer, "abc").await;
    buffer.pace().await;
    push(&buffer, "d").await;
    let answer = tokio::spawn({
        let buffer = buffer.clone();
        async move { buffer.pace().await }
    });
    pass(100).await;
    assert!(!answer.is_finished(), "four are more than a batch");
    release.add_permits(1);
    pass(1).await;
    assert!(answer.is_finished());
    assert_eq!(buffer.0.unwritten(), 1);
}

#[tokio::test(start_paused = true)]
async fn fa_09_pauses_grow_up_to_a_cap() {
    let buffer = Buffer::new(SETTINGS);
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    let record = Arc::clone(&attempts);
    tokio::spawn(buffer.clone().run(move |_| {
        record.lock().unwrap().push(began.elapsed().as_millis());
        std::future::ready(Err(StorageError::Timeout.into()))
    }));
    push(&buffer, "abc").await;
    pass(25_000).await;
    assert_eq!(buffer.end(), 3, "what could not be written is counted");
    let attempts = attempts.lock().unwrap();
    let pauses: Vec<u128> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
}

#[tokio::test(start_paused = true)]
async fn fa_10_draining_waits_for_actions_that_still_run() {
    let (buffer, database) = start();
    let running = buffer.reserve().await.unwrap();
    push(&buffer, "a").await;
    let drained = tokio::spawn({
        let buffer = buffer.clone();
        async move { buffer.drain().await }
    });
    pass(300).await;
    assert!(!drained.is_finished());
    assert_eq!(database.batches(), ["a"], "what is there is not kept waiting");
    running.fill(entry("b"));
    drained.await.unwrap();
    assert_eq!(database.batches(), ["a", "b"]);
    assert_eq!(buffer.0.unwritten(), 0);
    assert!(buffer.reserve().await.is_err(), "nothing comes in any more");
}

#[tokio::test(start_paused = true)]
async fn a_closed_buffer_is_written_and_left_alone() {
    let (buffer, database) = (Buffer::new(SETTINGS), Database::default());
    let writer = database.clone();
    let task = tokio::spawn(
        buffer
            .clone()
            .run(move |batch| std::future::ready(writer.write(&batch))),
    );
    push(&buffer, "abcd").await;
    buffer.close();
    task.await.unwrap();
    assert_eq!(database.batches(), ["abc", "d"]);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_not_used_comes_back() {
    let (buffer, _) = start();
    for _ in 0..20 {
        drop(buffer.reserve().await.unwrap());
    }
    assert_eq!(buffer.0.unwritten(), 0);
}
