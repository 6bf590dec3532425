//! The axum side: a router, a layer and extractors.

mod extract;
mod layer;
mod router;

pub use extract::{CurrentUser, Rejection};
pub(super) use layer::{CookieWatch, enter};
pub use layer::{SessionLayer, SessionService};
