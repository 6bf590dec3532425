use std::time::Duration;

use crate::strategy::{PhaseInfo, PhaseMethod};

/// The settings of one API key strategy. The macro writes it as a constant; field by field it is the block.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Position among the resource's strategies.
    pub index: usize,
    /// The strategy's name.
    pub name: &'static str,
    /// What its keys begin with.
    pub prefix: &'static str,
    /// The header that carries them, beside `Authorization: Bearer`.
    pub header: &'static str,
    /// What a key can be made for.
    pub scopes: &'static [&'static str],
    /// How long a key works that was made without a lifetime, in seconds.
    pub default_lifetime_seconds: u64,
    /// How long a key can work, in seconds.
    pub maximum_lifetime_seconds: u64,
    /// How long a replaced key works beside the new one, in seconds.
    pub rotation_overlap_seconds: u64,
    /// How many live keys an owner can have.
    pub maximum_keys: usize,
    /// How recent the sign-in must be to make a key, in seconds.
    pub reauthentication_window_seconds: u64,
}

impl Config {
    pub(super) const fn default_lifetime(&self) -> Duration {
        Duration::from_secs(self.default_lifetime_seconds)
    }

    pub(super) const fn maximum_lifetime(&self) -> Duration {
        Duration::from_secs(self.maximum_lifetime_seconds)
    }

    pub(super) const fn rotation_overlap(&self) -> Duration {
        Duration::from_secs(self.rotation_overlap_seconds)
    }

    pub(super) fn reauthentication_window(&self) -> time::Duration {
        time::Duration::seconds(i64::try_from(self.reauthentication_window_seconds).unwrap_or(i64::MAX))
    }
}

const fn post(name: &'static str, path: &'static str) -> PhaseInfo {
    PhaseInfo {
        name,
        path,
        method: PhaseMethod::Post,
    }
}

/// `POST …/create`, for whoever is signed in.
pub const CREATE: PhaseInfo = post("create", "/create");
/// `GET …`, for whoever is signed in.
pub const LIST: PhaseInfo = PhaseInfo {
    name: "list",
    path: "",
    method: PhaseMethod::Get,
};
/// `POST …/rotate`, for whoever is signed in.
pub const ROTATE: PhaseInfo = post("rotate", "/rotate");
/// `POST …/revoke`, for whoever is signed in.
pub const REVOKE: PhaseInfo = post("revoke", "/revoke");
