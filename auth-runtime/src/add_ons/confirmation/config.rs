use std::time::Duration;

use crate::strategy::{PhaseInfo, PhaseMethod};

/// The settings of one confirmation. The macro writes it as a constant; field by field it is the block.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Position among the resource's strategies and add-ons.
    pub index: usize,
    /// The add-on's name.
    pub name: &'static str,
    /// Lifetime of links, in seconds (promise SU-04).
    pub token_lifetime_seconds: u64,
    /// Whether new people get a link.
    pub confirm_on_create: bool,
    /// Whether people can change the address.
    pub confirm_on_update: bool,
    /// Whether the first proof voids what was set before it (promise CF-01).
    pub prevent_hijacking: bool,
    /// The actions whose new people are confirmed already.
    pub auto_confirm_actions: &'static [&'static str],
    /// How recent the sign-in must be to change the address, in seconds.
    pub reauthentication_window_seconds: u64,
    /// Name of the confirm action; links are bound to it.
    pub confirm_action_name: &'static str,
    /// Name of the action that sends another link.
    pub resend_action_name: &'static str,
    /// Name of the change action.
    pub change_action_name: &'static str,
}

impl Config {
    pub(crate) const fn token_lifetime(&self) -> Duration {
        Duration::from_secs(self.token_lifetime_seconds)
    }

    pub(crate) fn reauthentication_window(&self) -> time::Duration {
        time::Duration::seconds(i64::try_from(self.reauthentication_window_seconds).unwrap_or(i64::MAX))
    }
}

/// `GET` (a page) and `POST` at the add-on's own path.
pub const CONFIRM: PhaseInfo = PhaseInfo {
    name: "confirm",
    path: "",
    method: PhaseMethod::LandingThenPost {
        field: TOKEN,
        remembers: false,
    },
};
/// The argument of `confirm`.
pub(super) const TOKEN: &str = "confirm";
/// `POST …/resend`.
pub const RESEND: PhaseInfo = PhaseInfo {
    name: "resend",
    path: "/resend",
    method: PhaseMethod::Post,
};
/// `POST …/change`, for whoever is signed in.
pub const CHANGE: PhaseInfo = PhaseInfo {
    name: "change",
    path: "/change",
    method: PhaseMethod::Post,
};
