//! The arithmetic of one counter, without a database.

use std::time::Duration;

use time::OffsetDateTime;

use crate::db::UtcTimestamp;

/// The first wait. Each further failure doubles it.
const FIRST_DELAY: Duration = Duration::from_secs(30);

/// The longest wait.
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

/// How long after a wait its length is remembered.
const MEMORY: Duration = Duration::from_secs(60 * 60);

/// How long an attempt can be under way. One that has not come back by then never will: its process is gone.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(10);

/// How much is free, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) max: i64,
    pub(super) window: Duration,
    pub(super) then: Then,
}

/// What an exhausted counter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// One attempt after each of several waits that grow.
    Delay,
    /// Nothing until the window ends.
    Wait,
    /// Nothing until an attempt ends. The row holds what is under way, and lasts for a window after the latest of it.
    Queue,
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// What was counted in this period.
    pub attempts: i64,
    /// How many of these are under way. Only kept where waits grow.
    pub pending: i64,
    /// The end of the period, after which the row means nothing.
    pub ends_at: UtcTimestamp,
    /// Attempts before this moment are refused. The epoch when there is no wait, or it has passed.
    pub delayed_until: UtcTimestamp,
}

/// What becomes of one more attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It runs, and the row becomes this.
    Count(Counter),
    /// It does not run.
    Refuse {
        until: OffsetDateTime,
        /// Attempts are under way whose success would end the wait.
        under_way: bool,
        /// What the row has to become because the clock was moved back.
        repaired: Option<Counter>,
    },
}

impl Rule {
    /// The attempts up to which a row needs no more than being counted up by one.
    pub(super) const fn free(&self) -> i64 {
        match self.then {
            // The last one begins a wait.
            Then::Delay => self.max - 1,
            Then::Wait | Then::Queue => self.max,
        }
    }

    /// The moment by which a row must not have ended if an attempt is just counted up. A row of what is under way has to
    /// outlast the attempt.
    pub(super) fn free_until(&self, now: OffsetDateTime) -> OffsetDateTime {
        match self.then {
            Then::Delay | Then::Wait => now,
            Then::Queue => now + self.window / 2,
        }
    }

    /// The latest end of a period that an attempt of `now` can be in.
    pub(super) fn counted_until(&self, now: OffsetDateTime) -> UtcTimestamp {
        match self.then {
            Then::Delay | Then::Wait => self.latest_end(now),
            // Later attempts move the end.
            Then::Queue => UtcTimestamp::new(now + LONGEST_DELAY),
        }
    }

    /// How many attempts under way one more attempt makes.
    pub(super) const fn pending(&self) -> i64 {
        match self.then {
            Then::Delay => 1,
            Then::Wait | Then::Queue => 0,
        }
    }

    /// The latest end that a window beginning by `now` can have.
    pub(super) fn latest_end(&self, now: OffsetDateTime) -> UtcTimestamp {
        UtcTimestamp::new(now + self.window)
    }

    /// The first attempt of a period.
    pub(super) fn first(&self, now: OffsetDateTime) -> Counter {
        let fresh = Counter {
            attempts: 0,
            pending: 0,
            ends_at: self.latest_end(now),
            delayed_until: no_delay(),
        };
        self.counted(fresh, now)
    }

    /// One more attempt at `now`.
    pub(super) fn step(&self, stored: Counter, now: OffsetDateTime) -> Step {
        let counter = self.within_reach(stored, now);
        let (ends_at, delayed_until) = (counter.ends_at.get(), counter.delayed_until.get());
        let until = if delayed_until > now {
            delayed_until
        } else if ends_at <= now {
            return Step::Count(self.first(now));
        } else if self.then != Then::Delay && counter.attempts >= self.max {
            ends_at
        } else {
            return Step::Count(self.counted(counter, now));
        };
        let began = until - self.delay(counter.attempts);
        Step::Refuse {
            until,
            under_way: self.then == Then::Queue || (counter.pending > 0 && now < began + UNDER_WAY),
            repaired: (counter != stored).then_some(counter),
        }
    }

    /// The row if the attempt that `after` counts had not been there. A wait that had passed stays passed.
    pub(super) fn without(&self, before: Option<Counter>, after: Counter) -> Counter {
        let same_period = before.filter(|before| before.attempts + 1 == after.attempts);
        Counter {
            attempts: after.attempts - 1,
            pending: after.pending - self.pending(),
            ends_at: same_period.map_or(after.ends_at, |before| before.ends_at),
            delayed_until: no_delay(),
        }
    }

    fn counted(&self, counter: Counter, now: OffsetDateTime) -> Counter {
        let attempts = counter.attempts.saturating_add(1);
        let pending = counter.pending + self.pending();
        if self.then == Then::Queue {
            return Counter {
                attempts,
                ends_at: self.latest_end(now),
                ..counter
            };
        }
        if self.then == Then::Wait || attempts < self.max {
            return Counter {
                attempts,
                pending,
                delayed_until: no_delay(),
                ..counter
            };
        }
        let delayed_until = now + self.delay(attempts);
        Counter {
            attempts,
            pending,
            ends_at: UtcTimestamp::new(delayed_until + MEMORY),
            delayed_until: UtcTimestamp::new(delayed_until),
        }
    }

    /// The wait that follows this many attempts.
    fn delay(&self, attempts: i64) -> Duration {
        let doublings = u32::try_from(attempts.saturating_sub(self.max))
            .unwrap_or_default()
            .min(16);
        FIRST_DELAY.saturating_mul(1 << doublings).min(LONGEST_DELAY)
    }

    /// Moments that are further away than they can ever be were written before the clock was moved back. They begin
    /// anew from the present: what is active stays active, and no longer than it may be (promise FA-12).
    fn within_reach(&self, mut counter: Counter, now: OffsetDateTime) -> Counter {
        if counter.delayed_until.get() > now + LONGEST_DELAY {
            counter.delayed_until = UtcTimestamp::new(now + self.delay(counter.attempts));
        }
        let period = match self.then {
            Then::Delay if counter.attempts >= self.max => LONGEST_DELAY + MEMORY,
            _ => self.window,
        };
        if counter.ends_at.get() > now + period {
            counter.ends_at = UtcTimestamp::new(now + period);
        }
        counter
    }
}

/// The moment that stands for no wait.
pub(super) fn no_delay() -> UtcTimestamp {
    UtcTimestamp::new(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDENTITY: Rule = Rule {
        max: 5,
        window: Duration::from_secs(300),
        then: Then::Delay,
    };
    const NETWORK: Rule = Rule {
        max: 5,
        window: Duration::from_secs(300),
        then: Then::Wait,
    };

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
    }

    /// A row with its rule, and what becomes of attempts.
    struct Row(Rule, Option<Counter>);

    impl Row {
        /// `Ok` if it runs, else how many seconds are left.
        fn attempt(&mut self, seconds: i64) -> Result<(), i64> {
            let step = match self.1 {
                None => Step::Count(self.0.first(at(seconds))),
                Some(counter) => self.0.step(counter, at(seconds)),
            };
            match step {
                Step::Count(counter) => {
                    self.1 = Some(counter);
                    Ok(())
                }
                Step::Refuse { until, repaired, .. } => {
                    self.1 = repaired.or(self.1);
                    Err((until - at(seconds)).whole_seconds())
                }
            }
        }
    }

    #[test]
    fn rl_02_waits_double_up_to_a_quarter_of_an_hour() {
        let mut row = Row(IDENTITY, None);
        for _ in 0..5 {
            row.attempt(0).unwrap();
        }
        let mut now = 0;
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            assert_eq!(row.attempt(now), Err(wait));
            assert_eq!(
                row.attempt(now + wait - 1),
                Err(1),
                "what is refused moves nothing"
            );
            now += wait;
            assert_eq!(row.attempt(now), Ok(()), "one attempt follows");
        }
    }

    #[test]
    fn rl_02_waits_are_forgotten_an_hour_after_the_last() {
        let mut row = Row(IDENTITY, None);
        for _ in 0..5 {
            row.attempt(0).unwrap();
        }
        row.attempt(30).unwrap();
        let forgotten = 30 + 60 + 3600;
        let mut before = Row(IDENTITY, row.1);
        before.attempt(forgotten - 1).unwrap();
        assert_eq!(before.attempt(forgotten), Err(119));
        for _ in 0..5 {
            row.attempt(forgotten).unwrap();
        }
        assert_eq!(row.attempt(forgotten), Err(30));
    }

    #[test]
    fn rl_04_windows_have_fixed_ends() {
        for rule in [IDENTITY, NETWORK] {
            let mut row = Row(rule, None);
            for second in [0, 100, 200, 299] {
                row.attempt(second).unwrap();
            }
            for _ in 0..5 {
                row.attempt(300).unwrap();
            }
            assert!(row.attempt(300).is_err());
        }
    }

    #[test]
    fn rl_04_a_network_waits_until_its_window_ends() {
        let mut row = Row(NETWORK, None);
        for second in 0..5 {
            row.attempt(second).unwrap();
        }
        assert_eq!(row.attempt(5), Err(295));
        assert_eq!(row.attempt(299), Err(1));
        assert_eq!(row.attempt(300), Ok(()));
    }

    #[test]
    fn fa_12_a_clock_that_goes_back_neither_ends_a_wait_nor_draws_it_out() {
        for back in [1, 600, 86_400, 100_000_000] {
            let mut row = Row(IDENTITY, None);
            for _ in 0..5 {
                row.attempt(0).unwrap();
            }
            let wait = row.attempt(-back).unwrap_err();
            assert!((30..=900).contains(&wait), "{back}: {wait}");
            assert_eq!(row.attempt(-back + wait), Ok(()), "{back}");
        }
    }

    #[test]
    fn fa_12_a_clock_that_goes_back_does_not_close_a_network_for_good() {
        let mut row = Row(NETWORK, None);
        for _ in 0..5 {
            row.attempt(0).unwrap();
        }
        assert_eq!(row.attempt(-86_400), Err(300));
        assert_eq!(row.attempt(-86_400 + 300), Ok(()));
    }

    #[test]
    fn fa_12_a_wait_that_has_passed_stays_passed_when_its_attempt_is_taken_back() {
        let mut row = Row(IDENTITY, None);
        for _ in 0..5 {
            row.attempt(0).unwrap();
        }
        let before = row.1;
        row.attempt(31).unwrap();
        row.1 = Some(IDENTITY.without(before, row.1.unwrap()));
        assert_eq!(row.attempt(0), Ok(()), "the clock went back");
    }

    proptest! {
        #[test]
        fn rl_01_no_sequence_lets_more_run_than_are_free(times in prop::collection::vec(0_i64..40, 1..200)) {
            let mut row = Row(IDENTITY, None);
            let (mut now, mut ran) = (0, Vec::new());
            for time in times {
                now += time;
                if row.attempt(now).is_ok() {
                    ran.push(now);
                }
            }
            for window in ran.windows(10) {
                // Two windows may meet, each with its four free attempts and one more.
                prop_assert!(window[9] - window[0] >= 30, "{window:?}");
            }
        }
    }
}
