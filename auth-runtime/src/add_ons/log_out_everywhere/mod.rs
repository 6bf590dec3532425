//! Log-out-everywhere: one action that ends every token of a person, on every device.
//!
//! # Threats
//! - *A sign-in that races with it.* Both lock the person's row, so the sign-in either comes first and is ended, or is
//!   clearly later (promise SE-05).
//! - *A session that was ended already.* Whoever holds one ends nothing: the session that asks is checked again in the
//!   transaction.
//! - *Links on their way.* Reset links and other one-time tokens end too, unless `exclude_purposes` spares them.
//! - *Keys that machines hold.* API keys are no sessions and go on, unless the add-on says `api_keys: true`.

mod actions;
mod config;
mod http;
mod parts;

pub use actions::log_out_everywhere;
pub use config::{Config, LOG_OUT};
pub use http::dispatch;
pub use parts::Parts;

use crate::user::Authenticated;

/// One declared log-out-everywhere: its settings.
///
/// The macro implements it for a type of its own.
pub trait LogOutEverywhere: Send + Sync + 'static {
    /// The resource.
    type User: Authenticated;

    /// The settings.
    const CONFIG: Config;
}

/// Arguments of [`log_out_everywhere`].
#[derive(Debug, Clone, Copy, Default)]
pub struct LogOut {
    /// Whether the session that asks goes on.
    pub except_this_session: bool,
}
