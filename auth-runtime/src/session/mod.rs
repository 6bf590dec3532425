//! Sessions: the one place that makes them, the check on every request, and their end.

/// What events name as the strategy of actions on sessions that belong to none.
pub(crate) const STRATEGY: &str = "session";

mod account;
mod current;
mod end;
mod list;
mod mint;
mod refresh;
mod renew;
mod seen;

#[cfg_attr(
    not(any(feature = "api-key", feature = "oauth")),
    allow(unused_imports, reason = "only the strategies of features use it")
)]
pub(crate) use account::OwnAction;
pub use current::CurrentSession;
pub(crate) use current::key_of;
pub use end::Ended;
pub(crate) use end::end_everywhere;
pub use list::SessionInfo;
#[cfg_attr(
    not(feature = "password"),
    allow(unused_imports, reason = "only the strategies of features store tokens")
)]
pub(crate) use mint::store;
pub use mint::{FirstFactor, Remembered, SignedIn, mint};
pub(crate) use mint::{subject, void};
pub(crate) use refresh::{Renewal, renew};
pub use renew::TokenReused;
pub(crate) use seen::Noting;

/// Sessions and one-time tokens have ended. Told after the commit, for applications that hold connections open on
/// behalf of a session; see `Builder::on_tokens_revoked`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokensRevoked {
    /// One session.
    Token {
        /// Its identifier.
        jti: String,
    },
    /// Everything that a subject held.
    Subject {
        /// Such as `user?id=42`.
        subject: String,
    },
}
