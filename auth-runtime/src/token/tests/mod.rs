//! Tests of tokens as a whole, and the forge that they share.

mod claims;
mod format;
mod keys;
mod mint;
mod test_keys;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::*;

const SECRET: &str = "a secret of the tests, forty-odd bytes long";
const SUBJECT: &str = "user?id=42";
const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

fn now() -> OffsetDateTime {
    at(NOW)
}

fn config() -> TokenConfig {
    TokenConfig::new("shop", "shop-web", "user").unwrap()
}

fn with_keys(algorithm: Algorithm, signing: &str, previous: &[&str]) -> Tokens {
    let previous: Vec<_> = previous.iter().map(|text| (*text).into()).collect();
    Tokens::new(
        KeySet::new(algorithm, &signing.into(), &previous).unwrap(),
        config(),
    )
}

fn tokens() -> Tokens {
    with_keys(Algorithm::HS256, SECRET, &[])
}

fn minted(tokens: &Tokens, purpose: Purpose) -> String {
    let minted = tokens.mint(now(), NewToken::new(purpose, SUBJECT)).unwrap();
    minted.token.expose_secret().to_owned()
}

fn key_id(tokens: &Tokens) -> String {
    tokens.keys().key_ids().next().unwrap().to_owned()
}

fn good_header(tokens: &Tokens) -> Value {
    json!({ "alg": "HS256", "kid": key_id(tokens), "typ": "user+jwt" })
}

fn good_claims() -> Value {
    json!({
        "iss": "shop", "aud": "shop-web", "sub": SUBJECT, "jti": "0123456789abcdef",
        "iat": NOW, "nbf": NOW, "exp": NOW + 3600, "purpose": "user",
    })
}

/// Signs any two texts with `secret`, whatever they say.
fn forge_with(secret: &[u8], header: &str, payload: &str) -> String {
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let key = jsonwebtoken::EncodingKey::from_secret(secret);
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn forge(header: &Value, payload: &Value) -> String {
    forge_with(SECRET.as_bytes(), &header.to_string(), &payload.to_string())
}

fn verify_claims(payload: &Value) -> Result<Claims, TokenRejected> {
    let tokens = tokens();
    tokens.verify(&forge(&good_header(&tokens), payload), Purpose::User, now())
}

fn verify_header(header: &Value) -> Result<Claims, TokenRejected> {
    tokens().verify(&forge(header, &good_claims()), Purpose::User, now())
}
