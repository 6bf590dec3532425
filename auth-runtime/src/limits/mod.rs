//! Limits on attempts and messages: on by default, counted in the database, the same for everybody.
//!
//! # What is counted
//! - *Failures*, by identity and by the client's network. An attempt is counted before its work runs, so that of any
//!   number of simultaneous attempts in any number of processes no more run than are free (promise RL-01). Success
//!   forgets the failures of that identity and takes the attempt back from the network's count (promise RL-04).
//!   With `brute_force_strategy: audit_log(name)` an audit log keeps the failures of identities, and the counters know
//!   only what is under way.
//! - *Messages*, by recipient and by network. Every request counts (promise RL-05).
//! - *Registrations* that are answered alike for new and for known people, by identity and by network. Every one counts
//!   that was not refused for its arguments.
//!
//! # What happens over the limit
//! - An identity with too many failures has to wait: 30 seconds, then twice as long for each further failure, 15
//!   minutes at most (promise RL-02). What is refused meanwhile is neither run nor counted, so a wait ends when it was
//!   going to. One attempt follows each wait.
//! - Attempts under way may yet succeed. Whoever is refused only because of them waits for their end, as long as one of
//!   them ends every two seconds and ten at most, so that many right sign-ins of one person at once are not taken for
//!   guesses.
//! - A network waits until its window ends. The windows have fixed ends that no traffic moves.
//! - A request for a message is answered as always, and nothing is sent.
//! - A registration is refused, whoever it is for: nobody is told that it was taken when it was dropped.
//!
//! # Threats
//! - *Who has an account?* Counters are keyed by the canonical text of the identity, whether or not anybody has it, and
//!   a refused attempt has the answer of a failed sign-in (promise EN-01).
//! - *Filling the table.* A row is a digest, two moments and two numbers. It has an end and is deleted after it, and a
//!   network over its limit adds none (promise FA-11).
//! - *No database, no attempt.* A counter that cannot be asked denies (promise FA-06).

mod admission;
mod count;
mod counter;
mod guard;
mod key;
mod patience;
mod plan;
mod purge;
mod queries;
mod recorded;
mod ticket;

pub(crate) use admission::admit;
pub(crate) use guard::SharedGuard;
pub use guard::{AttemptGuard, GuardError, GuardedAttempt, Verdict};
pub(crate) use patience::WaitingRoom;
pub(crate) use purge::purge;
#[doc(hidden)]
pub use queries::LimitStore;
pub(crate) use queries::table;
pub use recorded::Recorded;
pub(crate) use ticket::Ticket;

use std::time::Duration;

/// The limits of one strategy. The macro writes it as a constant; field by field it is the block `limits`.
///
/// Counts are at least one; windows are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Failures of one identity before it has to wait.
    pub max_failures: u32,
    /// How long a failure is remembered.
    pub window_seconds: u64,
    /// Failures out of one network in a window, those under way included.
    pub network_max_failures: u32,
    /// Messages to one recipient in a window.
    pub max_messages: u32,
    /// The window of messages.
    pub message_window_seconds: u64,
    /// Messages asked for out of one network in a window.
    pub network_max_messages: u32,
    /// The audit log that counts the failures of identities, instead of the library's counters.
    pub recorded: Option<Recorded>,
}

impl Settings {
    /// What a strategy has that says nothing about limits.
    pub const DEFAULT: Self = Self {
        max_failures: 5,
        window_seconds: 5 * 60,
        network_max_failures: 300,
        max_messages: 5,
        message_window_seconds: 60 * 60,
        network_max_messages: 100,
        recorded: None,
    };

    const fn window(&self) -> Duration {
        Duration::from_secs(self.window_seconds)
    }

    const fn message_window(&self) -> Duration {
        Duration::from_secs(self.message_window_seconds)
    }
}
