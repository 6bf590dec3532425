//! Slack. Addresses are what the administrators of a workspace write, so they count only for a workspace that is named.
//!
//! The nonce comes back, and an empty one if none was sent
//! (<https://docs.slack.dev/reference/methods/openid.connect.token>). PKCE is not documented for this flow, which has been
//! seen to fail with it.

use super::{Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of Slack.
pub const PRESET: Preset = Preset {
    name: "slack",
    label: "Slack",
    base_url: Some("https://slack.com"),
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    pkce: false,
    trust_email_verified: true,
    vouches: |info, options| info.email_verified() && options.one("team_id").is_some(),
    // The parameter is a hint; the claim decides ([P-11]).
    check: |checked| checked.claim_is_one_of("https://slack.com/team_id", "team_id"),
    options: &["team_id"],
    option_parameters: |options| options.parameter("team_id", "team"),
    ..OIDC
};
