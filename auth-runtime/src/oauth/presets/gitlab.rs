//! GitLab, the public one and others with `base_url`.
//!
//! The ID token has had names for some versions only; before, they are at the user info endpoint
//! (<https://docs.gitlab.com/integration/openid_connect_provider/#shared-information>).

use super::{Preset, preset::OIDC};
use crate::oauth::{ClientAuthentication, UserInfoCall};

/// What is known of GitLab.
pub const PRESET: Preset = Preset {
    name: "gitlab",
    label: "GitLab",
    base_url: Some("https://gitlab.com"),
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    user_info: UserInfoCall::WhenMissing(&["name"]),
    ..OIDC
};
