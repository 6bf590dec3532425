//! Discord.

use serde_json::{Map, Value};

use super::{Preset, preset::OAUTH2};

/// What is known of Discord.
pub const PRESET: Preset = Preset {
    name: "discord",
    label: "Discord",
    base_url: Some("https://discord.com"),
    authorize_url: Some("/oauth2/authorize"),
    token_url: Some("/api/oauth2/token"),
    user_url: Some("/api/users/@me"),
    scope: "identify email",
    claims: &[
        ("sub", "id"),
        ("name", "global_name"),
        ("preferred_username", "username"),
        ("locale", "locale"),
        ("email", "email"),
        ("email_verified", "verified"),
    ],
    adjust: picture,
    ..OAUTH2
};

// The file type belongs to the address (<https://discord.com/developers/docs/reference#image-formatting>).
fn picture(claims: &mut Map<String, Value>, raw: &Map<String, Value>) {
    let text = |name: &str| raw.get(name).and_then(Value::as_str);
    if let (Some(id), Some(avatar)) = (text("id"), text("avatar")) {
        let url = format!("https://cdn.discordapp.com/avatars/{id}/{avatar}.png");
        claims.insert("picture".to_owned(), url.into());
    }
}
