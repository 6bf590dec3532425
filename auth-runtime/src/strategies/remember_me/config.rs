use std::time::Duration;

use crate::strategy::{PhaseInfo, PhaseMethod};

/// The settings of remember-me. The macro writes it as a constant; field by field it is the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The strategy's name.
    pub name: &'static str,
    /// The cookie's name, without its prefix.
    pub cookie_name: &'static str,
    /// How long after the sign-in a browser is remembered, in seconds.
    pub token_lifetime_seconds: u64,
    /// How long requests beside the one that spent a token get the same successor, in seconds; at most 60.
    pub reuse_grace_seconds: u64,
}

impl Config {
    pub(crate) const fn token_lifetime(&self) -> Duration {
        Duration::from_secs(self.token_lifetime_seconds)
    }

    pub(crate) fn grace(&self) -> time::Duration {
        time::Duration::seconds(i64::try_from(self.reuse_grace_seconds).unwrap_or_default())
    }
}

/// The argument of other strategies' sign-ins that asks for the cookie.
pub const REMEMBER_ME: &str = "remember_me";

/// The sign-in by cookie. It has no route: the layer runs it at the start of a request.
pub const SIGN_IN: PhaseInfo = PhaseInfo {
    name: "sign_in",
    path: "",
    method: PhaseMethod::Post,
};
