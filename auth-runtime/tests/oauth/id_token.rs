//! Promise OA-04: everything that must hold of an ID token.

use auth_runtime::oauth::{AuthorizeOptions, ProviderError, SigningAlgorithm, TokenFault};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    setup::{CLIENT, Idp, NOW, SECRET, callback},
    signer::{Signer, sign_with_secret},
};

fn fault(error: &ProviderError) -> TokenFault {
    match error {
        ProviderError::Token { fault, .. } => *fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn oa_04_claims_must_be_for_us_from_the_issuer_in_time() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let now = NOW.unix_timestamp();
    let good = [
        json!({}),
        json!({"aud": [CLIENT]}),
        json!({"azp": CLIENT}),
        json!({"exp": now - 59}),
        json!({"iat": now + 60, "nbf": now + 60}),
        json!({"iat": now - 600}),
        json!({"exp": (now + 10) as f64 + 0.5}),
    ];
    for changes in good {
        let person = idp.sign_in(&provider, &changes).await.unwrap();
        assert_eq!(
            (person.subject.as_str(), &person.issuer),
            ("person-1", &idp.server.url),
            "{changes}"
        );
    }
    let bad = [
        (json!({"iss": null}), TokenFault::Missing("iss")),
        (json!({"sub": null}), TokenFault::Missing("sub")),
        (json!({"aud": null}), TokenFault::Missing("aud")),
        (json!({"exp": null}), TokenFault::Missing("exp")),
        (json!({"iat": null}), TokenFault::Missing("iat")),
        (json!({"nonce": null}), TokenFault::Missing("nonce")),
        (json!({"iss": "https://evil.example"}), TokenFault::OtherIssuer),
        (
            json!({"iss": format!("{}/", idp.server.url)}),
            TokenFault::OtherIssuer,
        ),
        (json!({"iss": 1}), TokenFault::Unusable("iss")),
        (json!({"aud": "another"}), TokenFault::OtherAudience),
        (json!({"aud": CLIENT.to_uppercase()}), TokenFault::OtherAudience),
        (json!({"aud": ["another"]}), TokenFault::OtherAudience),
        (json!({"aud": []}), TokenFault::OtherAudience),
        (
            json!({"aud": [CLIENT, "another"], "azp": CLIENT}),
            TokenFault::UntrustedAudience,
        ),
        (json!({"aud": [CLIENT, 1]}), TokenFault::Unusable("aud")),
        (json!({"aud": {"a": CLIENT}}), TokenFault::Unusable("aud")),
        (json!({"azp": "another"}), TokenFault::OtherParty),
        (json!({"exp": now - 60}), TokenFault::Expired),
        (json!({"exp": "tomorrow"}), TokenFault::Unusable("exp")),
        (json!({"exp": 1e300}), TokenFault::Unusable("exp")),
        (json!({"iat": now + 61}), TokenFault::NotYet),
        (json!({"nbf": now + 61}), TokenFault::NotYet),
        (json!({"iat": now - 601}), TokenFault::TooOld),
        (json!({"iat": -1}), TokenFault::Unusable("iat")),
        (json!({"sub": ""}), TokenFault::Unusable("sub")),
        (json!({"sub": " "}), TokenFault::Unusable("sub")),
        (json!({"sub": 1}), TokenFault::Unusable("sub")),
        (json!({"sub": "ü"}), TokenFault::Unusable("sub")),
        (json!({"sub": "x".repeat(256)}), TokenFault::Unusable("sub")),
        (json!({"nonce": "another"}), TokenFault::OtherNonce),
        (json!({"nonce": 1}), TokenFault::Unusable("nonce")),
        (
            json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
            TokenFault::OtherHash("at_hash"),
        ),
        (
            json!({"c_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
            TokenFault::OtherHash("c_hash"),
        ),
        (json!({"at_hash": 1}), TokenFault::Unusable("at_hash")),
    ];
    for (changes, expected) in bad {
        let error = idp.sign_in(&provider, &changes).await.unwrap_err();
        assert_eq!(fault(&error), expected, "{changes}");
    }
}

#[tokio::test]
async fn oa_04_other_audiences_must_be_declared_and_the_party_be_us() {
    let idp = Idp::start().await;
    let provider = idp
        .builder(None)
        .trusted_audiences(vec!["other".to_owned()])
        .build()
        .unwrap();
    let several = json!({"aud": [CLIENT, "other"], "azp": CLIENT});
    assert!(idp.sign_in(&provider, &several).await.is_ok());
    let silent = idp.sign_in(&provider, &json!({"aud": [CLIENT, "other"]})).await;
    assert_eq!(fault(&silent.unwrap_err()), TokenFault::Missing("azp"));
    let without_us = idp
        .sign_in(&provider, &json!({"aud": ["other"], "azp": CLIENT}))
        .await;
    assert_eq!(fault(&without_us.unwrap_err()), TokenFault::OtherAudience);
}

#[tokio::test]
async fn oa_04_hashes_tie_the_token_to_code_and_access_token() {
    let half = |value: &str| URL_SAFE_NO_PAD.encode(&Sha256::digest(value)[..16]);
    let idp = Idp::start().await;
    let hashes = json!({"at_hash": half("access-1"), "c_hash": half("code-1")});
    assert!(idp.sign_in(&idp.provider(), &hashes).await.is_ok());
}

#[tokio::test]
async fn oa_04_what_was_asked_of_the_sign_in_must_have_happened() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let options = AuthorizeOptions {
        max_age: Some(300),
        acr_values: vec!["strong".to_owned()],
        ..Default::default()
    };
    let now = NOW.unix_timestamp();
    for (changes, expected) in [
        (json!({"auth_time": now - 300, "acr": "strong"}), None),
        (json!({"acr": "strong"}), Some(TokenFault::Missing("auth_time"))),
        (
            json!({"auth_time": now - 361, "acr": "strong"}),
            Some(TokenFault::StaleSignIn),
        ),
        (json!({"auth_time": now}), Some(TokenFault::Missing("acr"))),
        (
            json!({"auth_time": now, "acr": "weak"}),
            Some(TokenFault::WeakSignIn),
        ),
    ] {
        let started = provider.start(&options, NOW).await.unwrap();
        idp.gives(&idp.signer.sign(&idp.claims(&started.pending, &changes)));
        let result = provider
            .finish(&started.pending, &callback(&started.pending), NOW)
            .await;
        assert_eq!(result.err().as_ref().map(fault), expected, "{changes}");
    }
}

#[tokio::test]
async fn oa_04_every_algorithm_on_offer_verifies_and_only_the_configured_one() {
    for (algorithm, name) in [
        (Algorithm::RS256, SigningAlgorithm::RS256),
        (Algorithm::RS512, SigningAlgorithm::RS512),
        (Algorithm::PS256, SigningAlgorithm::PS256),
        (Algorithm::ES256, SigningAlgorithm::ES256),
        (Algorithm::ES384, SigningAlgorithm::ES384),
        (Algorithm::EdDSA, SigningAlgorithm::EdDSA),
    ] {
        let idp = Idp::with(algorithm).await;
        let provider = idp
            .builder(None)
            .id_token_signed_response_alg(name)
            .build()
            .unwrap();
        assert!(idp.sign_in(&provider, &json!({})).await.is_ok(), "{name}");
        let other = idp
            .builder(None)
            .id_token_signed_response_alg(SigningAlgorithm::RS384)
            .build()
            .unwrap();
        let error = idp.sign_in(&other, &json!({})).await.unwrap_err();
        assert_eq!(fault(&error), TokenFault::WrongAlgorithm, "{name}");
    }
}

#[tokio::test]
async fn oa_04_no_trick_with_header_or_signature_passes() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let other = Signer::new(Algorithm::RS256, "key-1");
    let started = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
    let claims = idp.claims(&started.pending, &json!({}));
    let text = claims.to_string();
    let with = |name: &str, value: Value| {
        let mut header = idp.signer.header();
        header[name] = value;
        idp.signer.sign_as(&header, &text)
    };
    let good = idp.signer.sign(&claims);
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let none = format!("{}.{}.", encode(r#"{"alg":"none","typ":"JWT"}"#), parts[1]);
    let public = idp.signer.jwk()["n"].as_str().unwrap().to_owned();
    let header = json!({"alg": "HS256", "kid": "key-1"});
    let twice = format!("{},\"sub\":\"person-2\"}}", text.trim_end_matches('}'));
    let cases = [
        (none, TokenFault::WrongAlgorithm),
        (
            sign_with_secret(&header, &claims, public.as_bytes()),
            TokenFault::WrongAlgorithm,
        ),
        (
            sign_with_secret(&header, &claims, SECRET.as_bytes()),
            TokenFault::WrongAlgorithm,
        ),
        (with("alg", json!("RS384")), TokenFault::WrongAlgorithm),
        (with("alg", json!(["RS256"])), TokenFault::WrongAlgorithm),
        (with("crit", json!(["b64"])), TokenFault::ForbiddenHeader),
        (with("b64", json!(false)), TokenFault::ForbiddenHeader),
        (with("zip", json!("DEF")), TokenFault::ForbiddenHeader),
        (with("cty", json!("JWT")), TokenFault::ForbiddenHeader),
        (with("typ", json!("logout+jwt")), TokenFault::ForbiddenHeader),
        (
            with("typ", json!("application/AT+JWT")),
            TokenFault::ForbiddenHeader,
        ),
        (with("kid", json!("unknown")), TokenFault::UnknownKey),
        (with("kid", json!(1)), TokenFault::Malformed),
        (other.sign(&claims), TokenFault::BadSignature),
        (
            format!(
                "{}.{}.{}",
                parts[0],
                parts[1],
                other.sign(&claims).rsplit('.').next().unwrap()
            ),
            TokenFault::BadSignature,
        ),
        (format!("{}.{}.", parts[0], parts[1]), TokenFault::BadSignature),
        (
            format!(
                "{}.{}.{}",
                parts[0],
                encode(&text.replace("person-1", "person-2")),
                parts[2]
            ),
            TokenFault::BadSignature,
        ),
        (
            idp.signer.sign_as(&idp.signer.header(), &twice),
            TokenFault::Malformed,
        ),
        (
            idp.signer.sign_as(&idp.signer.header(), "[]"),
            TokenFault::Malformed,
        ),
        (
            idp.signer.sign_as(&idp.signer.header(), "not JSON"),
            TokenFault::Malformed,
        ),
        (format!("{good}.x.y"), TokenFault::Malformed),
        ("a.b".to_owned(), TokenFault::Malformed),
        ("!!.!!.!!".to_owned(), TokenFault::Malformed),
        ("x".repeat(16 * 1024 + 1), TokenFault::TooLong),
    ];
    for (token, expected) in cases {
        idp.gives(&token);
        let result = provider
            .finish(&started.pending, &callback(&started.pending), NOW)
            .await;
        assert_eq!(
            fault(&result.unwrap_err()),
            expected,
            "{}",
            &token[..token.len().min(80)]
        );
    }
    // A key that the token brings along is not looked at.
    let mut header = other.header();
    header["jwk"] = other.jwk();
    header["jku"] = idp.url("/evil-keys").into();
    idp.gives(&other.sign_as(&header, &text));
    let result = provider
        .finish(&started.pending, &callback(&started.pending), NOW)
        .await;
    assert_eq!(fault(&result.unwrap_err()), TokenFault::BadSignature);
    assert!(idp.server.seen("/evil-keys").is_empty());
}

#[tokio::test]
async fn symmetric_tokens_only_where_they_are_chosen() {
    let idp = Idp::start().await;
    let provider = idp
        .builder(None)
        .id_token_signed_response_alg(SigningAlgorithm::HS256)
        .build()
        .unwrap();
    let started = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
    let claims = idp.claims(&started.pending, &json!({}));
    let header = json!({"alg": "HS256"});
    for (secret, good) in [(SECRET, true), ("another secret", false), ("", false)] {
        idp.gives(&sign_with_secret(&header, &claims, secret.as_bytes()));
        let result = provider
            .finish(&started.pending, &callback(&started.pending), NOW)
            .await;
        assert_eq!(result.is_ok(), good, "{secret}");
    }
    assert!(idp.server.seen("/keys").is_empty());
}

#[tokio::test]
async fn a_nonce_that_nobody_asked_for_is_refused() {
    let idp = Idp::start().await;
    let provider = idp.builder(None).nonce(false).build().unwrap();
    assert!(idp.sign_in(&provider, &json!({})).await.is_ok());
    let error = idp
        .sign_in(&provider, &json!({"nonce": "unasked"}))
        .await
        .unwrap_err();
    assert_eq!(fault(&error), TokenFault::OtherNonce);
}
