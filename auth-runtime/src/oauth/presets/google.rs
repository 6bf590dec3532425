//! Google.

use super::{Checked, Preset, preset::OIDC};
use crate::oauth::ClientAuthentication;

/// What is known of Google.
pub const PRESET: Preset = Preset {
    name: "google",
    label: "Google",
    base_url: Some("https://accounts.google.com"),
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    trust_email_verified: true,
    // Google speaks for its own mailboxes only. It verified any other address once, and knows no more.
    vouches: |info, _| {
        let gmail = |email: &str| email.to_ascii_lowercase().ends_with("@gmail.com");
        info.email_verified() && (info.text("hd").is_some() || info.email().is_some_and(gmail))
    },
    check: hosted_domain,
    options: &["hosted_domain"],
    option_parameters: |options| options.parameter("hosted_domain", "hd"),
    ..OIDC
};

/// The parameter is a hint; the claim decides. `*` stands for any domain.
fn hosted_domain(checked: &Checked<'_>) -> Result<(), &'static str> {
    let any = checked.options.all("hosted_domain").iter().any(|domain| domain == "*");
    if any && checked.text("hd").is_some_and(|domain| !domain.is_empty()) {
        return Ok(());
    }
    checked.claim_is_one_of("hd", "hosted_domain")
}
