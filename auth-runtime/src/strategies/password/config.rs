use std::time::Duration;

use crate::strategy::{PhaseInfo, PhaseMethod};

/// The settings of one password strategy. The macro writes it as a constant; field by field it is the block.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Position among the resource's strategies.
    pub index: usize,
    /// The strategy's name.
    pub name: &'static str,
    /// Argument with the password.
    pub password_field: &'static str,
    /// Argument with the second entry.
    pub password_confirmation_field: &'static str,
    /// Whether registering, resetting and changing need a second entry.
    pub confirmation_required: bool,
    /// Whether people can register.
    pub registration_enabled: bool,
    /// Whether a registration is answered alike for new and for taken identities, which a confirmation of the identity
    /// makes possible (promise EN-02).
    pub registration_answers_alike: bool,
    /// The fields with an address that has to be confirmed before anybody is admitted. Registrations with one of them, by
    /// whatever strategy, can be answered alike (promise EN-02).
    pub confirmed_fields: &'static [&'static str],
    /// Whether people can sign in.
    pub sign_in_enabled: bool,
    /// Whether sign-in tokens are minted and exchanged.
    pub sign_in_tokens_enabled: bool,
    /// Lifetime of sign-in tokens, in seconds.
    pub sign_in_token_lifetime_seconds: u64,
    /// Whether signed-in people can change their password.
    pub change_password_enabled: bool,
    /// Whether sign-ins take the argument `remember_me`.
    pub remember_me: bool,
    /// How recent the sign-in must be to change the password, in seconds (promise PW-11).
    pub reauthentication_window_seconds: u64,
    /// Fewest characters of a new password (promise PW-03).
    pub minimum_length: usize,
    /// Most bytes of any password (promise PW-04).
    pub maximum_bytes: usize,
    /// Words of the service that a password must not consist of (promise PW-07).
    pub blocklist_words: &'static [&'static str],
    /// The `resettable` block.
    pub resettable: Option<Resettable>,
    /// Name of the register action.
    pub register_action_name: &'static str,
    /// Name of the sign-in action.
    pub sign_in_action_name: &'static str,
    /// Name of the action that exchanges a sign-in token; sign-in tokens are bound to it.
    pub sign_in_with_token_action_name: &'static str,
    /// Name of the change action.
    pub change_password_action_name: &'static str,
}

/// The settings of the `resettable` block.
#[derive(Debug, Clone, Copy)]
pub struct Resettable {
    /// Lifetime of reset tokens, in seconds (promise SU-04).
    pub token_lifetime_seconds: u64,
    /// Name of the request action.
    pub request_password_reset_action_name: &'static str,
    /// Name of the reset action; reset tokens are bound to it.
    pub password_reset_action_name: &'static str,
}

impl Config {
    /// How recent a sign-in must be to change the password.
    pub(crate) fn reauthentication_window(&self) -> time::Duration {
        time::Duration::seconds(i64::try_from(self.reauthentication_window_seconds).unwrap_or(i64::MAX))
    }

    pub(crate) const fn sign_in_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.sign_in_token_lifetime_seconds)
    }
}

const fn post(name: &'static str, path: &'static str) -> PhaseInfo {
    PhaseInfo {
        name,
        path,
        method: PhaseMethod::Post,
    }
}

/// `POST …/register`.
pub const REGISTER: PhaseInfo = post("register", "/register");
/// `POST …/sign_in`.
pub const SIGN_IN: PhaseInfo = post("sign_in", "/sign_in");
/// `POST …/sign_in_token`: the same check as `sign_in`, answered with a one-time token instead of a session.
pub const SIGN_IN_TOKEN: PhaseInfo = post("sign_in_token", "/sign_in_token");
/// `GET` and `POST …/sign_in_with_token`.
pub const SIGN_IN_WITH_TOKEN: PhaseInfo = PhaseInfo {
    name: "sign_in_with_token",
    path: "/sign_in_with_token",
    method: PhaseMethod::LandingThenPost {
        field: "token",
        remembers: false,
    },
};
/// `POST …/reset_request`.
pub const RESET_REQUEST: PhaseInfo = post("reset_request", "/reset_request");
/// `POST …/reset`.
pub const RESET: PhaseInfo = PhaseInfo {
    name: "reset",
    path: "/reset",
    method: PhaseMethod::PostToken { field: RESET_TOKEN },
};
/// The argument of `reset` with the token out of the message.
pub(super) const RESET_TOKEN: &str = "reset_token";
/// `POST …/change`, for whoever is signed in.
pub const CHANGE: PhaseInfo = post("change", "/change");
