use std::time::Duration;

use crate::strategy::{PhaseInfo, PhaseMethod};

/// The settings of one magic-link strategy. The macro writes it as a constant; field by field it is the block.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Position among the resource's strategies.
    pub index: usize,
    /// The strategy's name.
    pub name: &'static str,
    /// Lifetime of links, in seconds (promise SU-04).
    pub token_lifetime_seconds: u64,
    /// Whether a link also makes new people.
    pub registration_enabled: bool,
    /// Whether sign-ins take the argument `remember_me`.
    pub remember_me: bool,
    /// Whether a link works only in the browser that asked for it (promise SU-11).
    pub bind_to_browser: bool,
    /// Name of the request action.
    pub request_action_name: &'static str,
    /// Name of the sign-in action; links are bound to it.
    pub sign_in_action_name: &'static str,
    /// Argument with the token.
    pub token_param_name: &'static str,
}

impl Config {
    pub(crate) const fn token_lifetime(&self) -> Duration {
        Duration::from_secs(self.token_lifetime_seconds)
    }
}

/// `POST …/request`.
pub const REQUEST: PhaseInfo = PhaseInfo {
    name: "request",
    path: "/request",
    method: PhaseMethod::Post,
};

/// The name of the phase of [`sign_in_phase`].
pub(super) const SIGN_IN: &str = "sign_in";

/// `GET` (a page) and `POST` at the strategy's own path, with the token in the argument `field`. The page asks whether the
/// browser is to be remembered if `remembers` says so.
#[must_use]
pub const fn sign_in_phase(field: &'static str, remembers: bool) -> PhaseInfo {
    PhaseInfo {
        name: SIGN_IN,
        path: "",
        method: PhaseMethod::LandingThenPost { field, remembers },
    }
}
