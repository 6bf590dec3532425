//! GitHub, and GitHub Enterprise with `base_url`, `authorize_url` and `token_url`.
//!
//! Callbacks carry `iss`, which is not the address of the API
//! (<https://docs.github.com/en/apps/github-authentication-discovery-endpoints>).

use serde_json::Value;

use super::{Emails, Preset, PrimaryEmail, preset::OAUTH2};

/// What is known of GitHub.
pub const PRESET: Preset = Preset {
    name: "github",
    label: "GitHub",
    base_url: Some("https://api.github.com"),
    authorize_url: Some("https://github.com/login/oauth/authorize"),
    token_url: Some("https://github.com/login/oauth/access_token"),
    user_url: Some("/user"),
    emails: Some(Emails {
        url: "/user/emails",
        primary,
    }),
    response_issuer: Some("https://github.com/login/oauth"),
    scope: "read:user user:email",
    claims: &[
        ("sub", "id"),
        ("name", "name"),
        ("preferred_username", "login"),
        ("profile", "html_url"),
        ("picture", "avatar_url"),
    ],
    trust_email_verified: true,
    // Such an address receives no mail, and is nobody's address elsewhere.
    vouches: |info, _| {
        info.email_verified()
            && info
                .email()
                .is_some_and(|email| !email.to_ascii_lowercase().ends_with("@users.noreply.github.com"))
    },
    ..OAUTH2
};

/// The address in the profile may be anything; the primary one of this list is verified or not.
fn primary(answer: &Value) -> Result<Option<PrimaryEmail>, &'static str> {
    let entries = answer.as_array().ok_or("(list)")?;
    let is = |entry: &Value, name: &str| entry.get(name) == Some(&Value::Bool(true));
    Ok(entries.iter().find(|entry| is(entry, "primary")).and_then(|entry| {
        Some(PrimaryEmail {
            address: entry.get("email")?.as_str()?.to_owned(),
            verified: is(entry, "verified"),
        })
    }))
}
