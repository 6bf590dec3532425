//! The axum side: a router, a layer and extractors.

mod caller;
mod claims;
mod extract;
mod layer;
mod router;

pub use caller::{ApiKeyUser, Caller};
pub use claims::SessionClaims;
pub use extract::{CurrentUser, Rejection};
pub(super) use layer::{CookieWatch, enter};
pub use layer::{SessionLayer, SessionService};
