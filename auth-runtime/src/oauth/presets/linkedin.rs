//! LinkedIn. Neither repeats a nonce nor takes PKCE from web applications, which it answers with `invalid_client`.
//!
//! The issuer is the one of the discovery document
//! (<https://www.linkedin.com/oauth/.well-known/openid-configuration>) and of ID tokens; LinkedIn's guide shows an older one.

use serde_json::{Map, Value};

use super::{Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of LinkedIn.
pub const PRESET: Preset = Preset {
    name: "linkedin",
    label: "LinkedIn",
    base_url: Some("https://www.linkedin.com/oauth"),
    scope: "profile email",
    client_authentication: ClientAuthentication::ClientSecretPost,
    pkce: false,
    nonce: false,
    adjust: locale,
    ..OIDC
};

/// Documented as text; the user info endpoint gives `{"country": "US", "language": "en"}`.
fn locale(claims: &mut Map<String, Value>, _: &Map<String, Value>) {
    let Some(Value::Object(parts)) = claims.get("locale") else {
        return;
    };
    let part = |name: &str| parts.get(name).and_then(Value::as_str);
    let tag = part("language").map(|language| match part("country") {
        Some(country) => format!("{language}-{country}"),
        None => language.to_owned(),
    });
    // Null is as good as absent.
    claims.insert("locale".to_owned(), tag.into());
}
