//! Okta. The base URL is the authorization server's, usually `https://DOMAIN/oauth2/default`.

use serde_json::Value;

use super::{Preset, preset::OIDC};

/// What is known of Okta.
pub const PRESET: Preset = Preset {
    name: "okta",
    label: "Okta",
    scope: "profile email",
    // One group comes as text.
    adjust: |claims, _| {
        if let Some(one @ Value::String(_)) = claims.get("groups").cloned() {
            claims.insert("groups".to_owned(), Value::Array(vec![one]));
        }
    },
    ..OIDC
};
