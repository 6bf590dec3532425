//! Sessions: the one place that makes them, the check on every request, and their end.

mod current;
mod mint;

pub use current::CurrentSession;
pub use mint::{FirstFactor, SignedIn, mint};
pub(crate) use mint::{expiry, store, subject, void};

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
