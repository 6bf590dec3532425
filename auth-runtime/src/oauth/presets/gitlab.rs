//! GitLab, the public one and others with `base_url`.

use super::{Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of GitLab.
pub const PRESET: Preset = Preset {
    name: "gitlab",
    label: "GitLab",
    base_url: Some("https://gitlab.com"),
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    ..OIDC
};
