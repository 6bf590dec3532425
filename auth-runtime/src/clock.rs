//! The one source of time.
//!
//! Everything that expires asks a [`Clock`]; SQL `now()` is never used, so a test can move time and a database
//! with a different clock cannot disagree with the application (promise FA-12).

use std::{fmt, sync::Arc};

use time::OffsetDateTime;

/// Says what time it is, in UTC.
///
/// # Example
/// ```
/// use auth_runtime::clock::{Clock, SystemClock};
/// assert!(SystemClock.now().year() >= 2024);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The present moment, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// A clock that can be cloned and handed around.
#[derive(Clone)]
pub struct SharedClock(Arc<dyn Clock>);

impl SharedClock {
    /// Wraps any clock.
    pub fn new(clock: impl Clock) -> Self {
        Self(Arc::new(clock))
    }

    /// The present moment, in UTC.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.0.now()
    }
}

impl Default for SharedClock {
    fn default() -> Self {
        Self::new(SystemClock)
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClock")
    }
}
