//! What the library logs, read by tests.

use std::{
    cell::RefCell,
    io::Write,
    sync::{Arc, Mutex, Once},
};

use tracing_subscriber::{Layer, filter::dynamic_filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

/// Everything that was logged on one thread, at every level.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

thread_local! {
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

impl Log {
    /// Begins to keep what this thread logs.
    ///
    /// There is one subscriber for the whole process: those of single threads share a cache of what is worth
    /// logging, so one test's subscriber could silence another's.
    pub(crate) fn of_this_thread() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(|| LOG.with_borrow(Clone::clone).unwrap_or_default())
                .with_ansi(false)
                .with_filter(dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some)));
            tracing_subscriber::registry().with(layer).init();
        });
        let log = Self::default();
        LOG.set(Some(log.clone()));
        log
    }
    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
