//! Many people who sign in at once, from a thread of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::task::JoinSet;

use crate::{
    Failed,
    client::{Connection, sign_in},
};

/// Clients that sign in as often as they can. One that is turned away tries again when it was told to.
pub struct Storm {
    counts: Arc<Counts>,
    thread: Option<JoinHandle<Result<(), Failed>>>,
}

#[derive(Default)]
struct Counts {
    stop: AtomicBool,
    signed_in: AtomicUsize,
    refused: AtomicUsize,
}

impl Storm {
    pub fn start(port: u16, clients: usize) -> Self {
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(blow(port, clients, shared))
        });
        Self {
            counts,
            thread: Some(thread),
        }
    }

    /// How many sign-ins have succeeded.
    pub fn signed_in(&self) -> usize {
        self.counts.signed_in.load(Ordering::Relaxed)
    }

    /// How many were turned away.
    pub fn refused(&self) -> usize {
        self.counts.refused.load(Ordering::Relaxed)
    }

    pub fn stop(mut self) -> Result<(), Failed> {
        self.counts.stop.store(true, Ordering::Relaxed);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            _ => Err("the storm panicked".into()),
        }
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.counts.stop.store(true, Ordering::Relaxed);
    }
}

async fn blow(port: u16, clients: usize, counts: Arc<Counts>) -> Result<(), Failed> {
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        let counts = Arc::clone(&counts);
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let request = sign_in("user", number);
            while !counts.stop.load(Ordering::Relaxed) {
                let reply = connection.send(&request).await?;
                match reply.status() {
                    "200" => _ = counts.signed_in.fetch_add(1, Ordering::Relaxed),
                    "503" => {
                        counts.refused.fetch_add(1, Ordering::Relaxed);
                        let seconds = reply
                            .header("retry-after")
                            .and_then(|text| text.parse::<u64>().ok());
                        wait(seconds.ok_or("a refusal without Retry-After")?, &counts).await;
                    }
                    other => return Err(Failed::from(format!("not an answer to a sign-in: {other}"))),
                }
            }
            Ok(())
        });
    }
    while let Some(finished) = tasks.join_next().await {
        finished??;
    }
    Ok(())
}

async fn wait(seconds: u64, counts: &Counts) {
    for _ in 0..seconds * 20 {
        if counts.stop.load(Ordering::Relaxed) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
