//! Okta. The base URL is the authorization server's, usually `https://DOMAIN/oauth2/default`.
//!
//! An ID token that comes with an access token has few claims and no groups; the rest is at the user info endpoint
//! (<https://developer.okta.com/docs/concepts/api-access-management/#tokens-and-scopes>).

use serde_json::Value;

use super::{Preset, preset::OIDC};
use crate::oauth::UserInfoCall;

/// What is known of Okta.
pub const PRESET: Preset = Preset {
    name: "okta",
    label: "Okta",
    scope: "profile email",
    user_info: UserInfoCall::Always,
    // One group comes as text.
    adjust: |claims, _| {
        if let Some(one @ Value::String(_)) = claims.get("groups").cloned() {
            claims.insert("groups".to_owned(), Value::Array(vec![one]));
        }
    },
    ..OIDC
};
