//! The parts of a request that cost processor time and touch no database.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use auth_runtime::{
    identity::canonical_email,
    strategy::Input,
    token::{Algorithm, KeySet, Purpose, TokenConfig, Tokens},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use divan::{Bencher, black_box};
use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

fn main() {
    divan::main();
}

const SECRET: &str = "at least thirty-two bytes, kept secret";

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is what is measured")]
struct Claims {
    sub: String,
    jti: String,
    exp: i64,
}

fn tokens() -> Tokens {
    let keys = KeySet::new(Algorithm::HS256, &SecretString::from(SECRET), &[]).unwrap();
    Tokens::new(keys, TokenConfig::new("load", "load", "user").unwrap())
}

/// A session token such as a sign-in gives out. Minting is not public, so it is put together here.
fn token(tokens: &Tokens) -> String {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let header = json!({ "alg": "HS256", "kid": tokens.keys().key_ids().next(), "typ": "user+jwt" });
    let claims = json!({
        "iss": "load", "aud": "load", "sub": "user?id=018f4d2e-7b3a-7c55-9a51-1f0e4b3c2d10",
        "exp": now + 3_600, "iat": now, "nbf": now, "jti": "018f4d2e-7b3a-7c55-9a51-1f0e4b3c2d11",
        "purpose": "user", "auth_time": now, "amr": ["pwd"],
    });
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

#[divan::bench]
fn verify_a_token(bencher: Bencher) {
    let tokens = tokens();
    let (token, now) = (token(&tokens), OffsetDateTime::now_utc());
    bencher.bench(|| tokens.verify(black_box(&token), Purpose::User, now).unwrap());
}

#[divan::bench]
fn verify_a_token_with_jsonwebtoken(bencher: Bencher) {
    let token = token(&tokens());
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&["load"]);
    validation.set_issuer(&["load"]);
    bencher.bench(|| jsonwebtoken::decode::<Claims>(black_box(&token), &key, &validation).unwrap());
}

#[divan::bench]
fn refuse_a_forged_token(bencher: Bencher) {
    let tokens = tokens();
    let (mut token, now) = (token(&tokens), OffsetDateTime::now_utc());
    let signature = token.rfind('.').unwrap() + 1;
    let other = if token[signature..].starts_with('A') {
        "B"
    } else {
        "A"
    };
    token.replace_range(signature..=signature, other);
    bencher.bench(|| tokens.verify(black_box(&token), Purpose::User, now).unwrap_err());
}

#[divan::bench(args = ["ada.lovelace@example.com", "Ada.Lovelace@Example.COM", "Ada@Bücher.example"])]
fn canonicalise_an_address(address: &str) -> String {
    canonical_email(black_box(address)).unwrap()
}

fn sign_in_fields() -> Map<String, Value> {
    let fields = json!({ "email": "ada.lovelace@example.com", "password": "violet tapir under moons" });
    fields.as_object().cloned().unwrap_or_default()
}

#[divan::bench]
fn read_the_input_of_a_sign_in(bencher: Bencher) {
    bencher.with_inputs(sign_in_fields).bench_values(|fields| {
        let mut input = Input::from_json(fields);
        let read = (input.text("email", 1020), input.secret("password", 1024));
        input.finish().unwrap();
        read
    });
}
