//! Auth0. The base URL is the tenant's, `https://TENANT.auth0.com`.

use super::{Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of Auth0.
pub const PRESET: Preset = Preset {
    name: "auth0",
    label: "Auth0",
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    // It is an ISO date there.
    adjust: |claims, _| {
        if let Some(serde_json::Value::String(text)) = claims.get("updated_at")
            && let Ok(time) =
                time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        {
            claims.insert("updated_at".to_owned(), time.unix_timestamp().into());
        }
    },
    trust_email_verified: true,
    check: |checked| checked.claim_is_one_of("org_id", "organization"),
    options: &["organization"],
    option_parameters: |options| options.parameter("organization", "organization"),
    ..OIDC
};
