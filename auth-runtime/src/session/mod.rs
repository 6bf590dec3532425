//! Sessions: the one place that makes them, the check on every request, and their end.

mod current;
mod mint;

pub use current::CurrentSession;
pub use mint::{FirstFactor, SignedIn, mint};
pub(crate) use mint::{store, subject};
