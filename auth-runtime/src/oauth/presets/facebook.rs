//! Facebook. Graph version 25.0 answers until 29 July 2028
//! (<https://developers.facebook.com/docs/graph-api/changelog/versions/>).

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{Preset, never, preset::OAUTH2};

/// What is known of Facebook.
pub const PRESET: Preset = Preset {
    name: "facebook",
    label: "Facebook",
    base_url: Some("https://graph.facebook.com"),
    authorize_url: Some("https://www.facebook.com/v25.0/dialog/oauth"),
    token_url: Some("/v25.0/oauth/access_token"),
    user_url: Some("/v25.0/me?fields=id,email,name,first_name,last_name,middle_name,link"),
    scope: "email",
    claims: &[
        ("sub", "id"),
        ("name", "name"),
        ("given_name", "first_name"),
        ("middle_name", "middle_name"),
        ("family_name", "last_name"),
        ("profile", "link"),
        ("email", "email"),
    ],
    adjust: picture,
    vouches: never,
    proof: Some(appsecret_proof),
    ..OAUTH2
};

// Kept longer than a version lasts, so without one; the image's own address, which `fields=picture` gives, expires.
fn picture(claims: &mut Map<String, Value>, raw: &Map<String, Value>) {
    if let Some(id) = raw.get("id").and_then(Value::as_str) {
        let url = format!("https://graph.facebook.com/{id}/picture");
        claims.insert("picture".to_owned(), url.into());
    }
}

/// That the caller knows the secret as well as the access token.
fn appsecret_proof(secret: &str, access_token: &str) -> (&'static str, String) {
    use std::fmt::Write as _;
    let mut proof = String::with_capacity(64);
    // A key of any length will do.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(access_token.as_bytes());
        for byte in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(proof, "{byte:02x}");
        }
    }
    ("appsecret_proof", proof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_the_published_example_of_the_mac() {
        // RFC 4231 test case 2.
        assert_eq!(
            appsecret_proof("Jefe", "what do ya want for nothing?").1,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
