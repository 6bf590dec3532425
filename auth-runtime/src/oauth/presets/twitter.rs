//! X, formerly Twitter, by OAuth 2.

use super::{Preset, never, preset::OAUTH2};
use crate::oauth::ClientAuthentication;

/// What is known of X.
pub const PRESET: Preset = Preset {
    name: "twitter",
    label: "X",
    base_url: Some("https://api.x.com"),
    authorize_url: Some("https://x.com/i/oauth2/authorize"),
    token_url: Some("/2/oauth2/token"),
    user_url: Some("/2/users/me?user.fields=profile_image_url,confirmed_email"),
    scope: "users.read tweet.read users.email",
    client_authentication: ClientAuthentication::ClientSecretBasic,
    claims: &[
        ("sub", "data.id"),
        ("name", "data.name"),
        ("preferred_username", "data.username"),
        ("picture", "data.profile_image_url"),
        ("email", "data.confirmed_email"),
    ],
    vouches: never,
    ..OAUTH2
};
