//! The time, for tests.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use auth_runtime::clock::Clock;
use time::{Duration, OffsetDateTime};

/// A clock that stands still until a test moves it. It starts at the present moment.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that shows `moment`, without fractions of a second.
    #[must_use]
    pub fn at(moment: OffsetDateTime) -> Self {
        Self(Arc::new(AtomicI64::new(moment.unix_timestamp())))
    }

    /// Moves the clock, backwards too.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.whole_seconds(), Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::at(OffsetDateTime::now_utc())
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap()
    }
}
