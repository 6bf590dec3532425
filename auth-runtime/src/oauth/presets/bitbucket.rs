//! Bitbucket Cloud. Documents the secret in an `Authorization` header as the only way, and knows no PKCE
//! (<https://developer.atlassian.com/cloud/bitbucket/oauth-2/>).

use serde_json::Value;

use super::{Emails, Preset, PrimaryEmail, preset::OAUTH2};
use crate::oauth::ClientAuthentication;

/// What is known of Bitbucket.
pub const PRESET: Preset = Preset {
    name: "bitbucket",
    label: "Bitbucket",
    base_url: Some("https://api.bitbucket.org"),
    authorize_url: Some("https://bitbucket.org/site/oauth2/authorize"),
    token_url: Some("https://bitbucket.org/site/oauth2/access_token"),
    user_url: Some("/2.0/user"),
    emails: Some(Emails {
        url: "/2.0/user/emails",
        primary,
    }),
    scope: "account email",
    client_authentication: ClientAuthentication::ClientSecretBasic,
    pkce: false,
    claims: &[
        ("sub", "account_id"),
        ("name", "display_name"),
        ("nickname", "nickname"),
        ("preferred_username", "username"),
        ("picture", "links.avatar.href"),
    ],
    ..OAUTH2
};

fn primary(answer: &Value) -> Result<Option<PrimaryEmail>, &'static str> {
    let entries = answer.get("values").and_then(Value::as_array).ok_or("values")?;
    let is = |entry: &Value, name: &str| entry.get(name) == Some(&Value::Bool(true));
    Ok(entries.iter().find(|entry| is(entry, "is_primary")).and_then(|entry| {
        Some(PrimaryEmail {
            address: entry.get("email")?.as_str()?.to_owned(),
            verified: is(entry, "is_confirmed"),
        })
    }))
}
