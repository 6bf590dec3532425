//! Providers that are known, as data. A preset is one file here and one line in the list.
//!
//! The base URL is the issuer of stored identities (promise OA-06), so it carries no version of an API: versions stand in
//! the paths.

mod preset;

pub use self::preset::{
    Checked, Emails, IssuerRule, Preset, PresetOptions, PrimaryEmail, Proof, StaticMetadata, email_verified,
    everything, never,
};
pub(super) use self::preset::{OAUTH2, OIDC};

macro_rules! presets {
    ($($name:ident,)*) => {
        $(pub mod $name;)*

        /// Every preset.
        pub const ALL: &[&Preset] = &[$(&$name::PRESET,)*];
    };
}

presets! {
    apple,
    auth0,
    basecamp,
    bitbucket,
    digitalocean,
    discord,
    facebook,
    github,
    gitlab,
    google,
    line,
    linkedin,
    microsoft,
    okta,
    slack,
    spotify,
    strava,
    twitch,
    twitter,
    zitadel,
}

/// The preset of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Preset> {
    ALL.iter().copied().find(|preset| preset.name == name)
}
