//! Sign in with Apple. Answers with a cross-site POST; its client secret is signed with a key for each request.
//!
//! The metadata stand here because the discovery document has named another issuer than the ID tokens at times
//! (<https://developer.apple.com/forums/thread/787645>). PKCE is not documented, but enforced once a challenge is sent.

use super::{Preset, StaticMetadata, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of Apple.
pub const PRESET: Preset = Preset {
    name: "apple",
    label: "Apple",
    base_url: Some("https://appleid.apple.com"),
    metadata: Some(StaticMetadata {
        issuer: "https://appleid.apple.com",
        authorization_endpoint: "https://appleid.apple.com/auth/authorize",
        token_endpoint: "https://appleid.apple.com/auth/token",
        jwks_uri: "https://appleid.apple.com/auth/keys",
    }),
    scope: "name email",
    openid_scope: false,
    // Apple demands it whenever a name or an address is asked for.
    parameters: &[("response_mode", "form_post")],
    client_authentication: ClientAuthentication::SignedSecret,
    names_in_callback: true,
    trust_email_verified: true,
    // A relay address is nobody's address elsewhere.
    vouches: |info, _| {
        info.email_verified()
            && info
                .email()
                .is_some_and(|email| !email.to_ascii_lowercase().ends_with("@privaterelay.appleid.com"))
    },
    options: &["team_id"],
    required: &["team_id", "private_key_id"],
    fixed: &["base_url", "openid_configuration", "client_authentication_method", "response_mode"],
    ..OIDC
};
