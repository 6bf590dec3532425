use crate::{
    strategies::remember_me::REMEMBER_ME,
    strategy::{PhaseInfo, PhaseMethod},
};

/// The settings of one strategy. The macro writes it as a constant; field by field it is the block.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Position among the resource's strategies.
    pub index: usize,
    /// The strategy's name.
    pub name: &'static str,
    /// Whether the strategy is off where `client_id` has no value at the start, instead of stopping it.
    pub optional: bool,
    /// Whether identities that nobody has make new people.
    pub registration_enabled: bool,
    /// Whether sign-ins take the argument `remember_me`.
    pub remember_me: bool,
    /// What happens to an address that has an account but does not prove to be the same person's.
    pub on_untrusted_email_match: OnUntrustedMatch,
    /// Whether the provider's tokens are kept, sealed (promise OA-11).
    pub store_tokens: bool,
    /// Whether some columns follow the provider at each sign-in.
    pub updates_on_sign_in: bool,
    /// Whether the provider may end sessions (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout: bool,
    /// How recent the sign-in must be to attach or detach an identity, in seconds.
    pub reauthentication_window_seconds: u64,
    /// Name of the action that a link out of a message is bound to.
    pub confirm_action_name: &'static str,
}

/// What happens to an address that has an account but does not prove to be the same person's (promise OA-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUntrustedMatch {
    /// Nobody is signed in, and the account stays as it is.
    Reject,
    /// As that, and the owner of the account's address is asked.
    Confirm,
}

impl Config {
    /// The kind of action that a callback is.
    pub(super) const fn entering(&self) -> &'static str {
        if self.registration_enabled {
            "register"
        } else {
            "sign_in"
        }
    }

    pub(super) fn reauthentication_window(&self) -> time::Duration {
        time::Duration::seconds(i64::try_from(self.reauthentication_window_seconds).unwrap_or(i64::MAX))
    }
}

/// The event of an identity that is attached to an account, where the callback does it.
pub(super) const COMPLETE_LINK: &str = "complete_link";

/// The arguments of [`REQUEST`].
pub(super) const LOGIN_HINT: &str = "login_hint";
/// The segment of the path that names a connection.
pub(super) const CONNECTION_ID: &str = "connection_id";
/// The argument of [`UNLINK`].
pub(super) const ID: &str = "id";
/// The argument of [`CONFIRM`].
pub(super) const TOKEN: &str = "token";
/// The argument of [`BACKCHANNEL_LOGOUT`].
pub(super) const LOGOUT_TOKEN: &str = "logout_token";

const fn phase(name: &'static str, path: &'static str, method: PhaseMethod) -> PhaseInfo {
    PhaseInfo { name, path, method }
}

/// `GET …`: leads to the provider.
pub const REQUEST: PhaseInfo = phase(
    "request",
    "",
    PhaseMethod::Begin {
        fields: &[LOGIN_HINT, REMEMBER_ME],
    },
);
/// `GET …/callback` and `POST …/callback`: back from the provider.
pub const CALLBACK: PhaseInfo = phase("callback", "/callback", PhaseMethod::Callback);
/// `POST …/link`, for whoever is signed in: leads to the provider, to attach an identity.
pub const LINK: PhaseInfo = phase("link", "/link", PhaseMethod::Post);
/// `POST …/unlink`, for whoever is signed in.
pub const UNLINK: PhaseInfo = phase("unlink", "/unlink", PhaseMethod::Post);
/// `GET …/identities`, for whoever is signed in.
pub const LIST: PhaseInfo = phase("list", "/identities", PhaseMethod::Get);
/// `GET` (a page) and `POST …/confirm`: the link out of a message that asks whether an identity is the owner's.
pub const CONFIRM: PhaseInfo = phase(
    "confirm",
    "/confirm",
    PhaseMethod::LandingThenPost {
        field: TOKEN,
        remembers: false,
    },
);
/// `POST …/sign_out`: ends the session here and leads to where it ends at the provider.
pub const SIGN_OUT: PhaseInfo = phase("sign_out", "/sign_out", PhaseMethod::Post);
/// `POST …/backchannel_logout`, for the provider.
pub const BACKCHANNEL_LOGOUT: PhaseInfo = phase(
    "backchannel_logout",
    "/backchannel_logout",
    PhaseMethod::PostToken { field: LOGOUT_TOKEN },
);
