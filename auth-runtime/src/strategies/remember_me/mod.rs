//! Remember-me: a token in a cookie signs a browser in again when its session is gone.
//!
//! The cookie is set by the sign-ins of other strategies whose `remember_me` is on; each use of it brings the next one.
//!
//! # Threats
//! - *A copied cookie.* A used token that is presented again ends the whole session and is told to a hook (promise
//!   SE-07). Requests side by side get one successor within a short grace.
//! - *A forged request.* The cookie is `SameSite=Strict`, and a request that carries it is checked like one with a
//!   session cookie (promises SE-02, SE-08).
//! - *More than was proven.* Whoever is remembered has proven nothing anew: `auth_time` and `amr` are those of the
//!   sign-in, `require_confirmed_with` is asked again, and the session ends when remembering does (promises MF-01,
//!   MF-04, CF-03, SE-04).

mod actions;
mod config;
mod http;
mod parts;

pub use actions::sign_in;
pub use config::{Config, REMEMBER_ME, SIGN_IN};
pub use http::dispatch;
pub use parts::Parts;

use secrecy::SecretString;

/// Arguments of [`sign_in`].
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The token out of the cookie.
    pub token: SecretString,
}
