//! Codes, tokens, keys and clocks.

use auth_runtime::oauth::{AuthorizeOptions, Callback, EmailTrust, ProviderError, SigningAlgorithm};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use crate::{
    client::*,
    peer::{OpenIdProvider, Visitor},
};

const RETURN: (&str, &str) = ("REDIRECT_URIS", CALLBACK);

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_a_certified_provider_identifies_people_to_every_kind_of_client() {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref()).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at(32);
    let keys = json!({"keys": [{
        "kty": "EC", "crv": "P-256", "kid": "ours", "alg": "ES256", "use": "sig",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    }]});
    let Some(provider) = OpenIdProvider::start(&[RETURN, ("CLIENT_JWKS", &keys.to_string())]) else {
        return;
    };
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(key.as_ref())
    );
    for name in ["basic", "post", "secret_jwt", "public", "key_jwt", "es256"] {
        let mut builder = client(&provider, name).trust_email_verified(true);
        if name == "es256" {
            builder = builder.id_token_signed_response_alg(SigningAlgorithm::ES256);
        }
        if name == "key_jwt" {
            builder = builder.private_key(pem.as_str()).private_key_id("ours");
        }
        let client = builder.build().unwrap();
        let found = sign_in(&client, &Visitor::new(), "ada").await;
        let found = found.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(
            (found.issuer.as_str(), found.subject.as_str()),
            (&*provider.issuer, "ada"),
            "{name}"
        );
        assert_eq!(found.user_info.email(), Some("ada@example.org"));
        assert_eq!(found.email, EmailTrust::Trusted);
    }
    let client = client(&provider, "basic")
        .trust_email_verified(true)
        .build()
        .unwrap();
    let found = sign_in(&client, &Visitor::new(), "unverified-eve").await.unwrap();
    assert_eq!(found.email, EmailTrust::Untrusted);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_a_code_counts_once_and_with_its_own_attempt() {
    let Some(provider) = OpenIdProvider::start(&[RETURN]) else {
        return;
    };
    let client = client(&provider, "basic").build().unwrap();
    let visitor = Visitor::new();
    let (pending, callback) = visit(&client, &visitor, "ada").await;
    let (other, _) = visit(&client, &visitor, "ada").await;

    let crossed = Callback {
        state: Some(other.state.clone()),
        ..callback.clone()
    };
    let error = client.finish(&other, &crossed, now()).await.unwrap_err();
    assert!(
        matches!(error, ProviderError::Status { .. }),
        "another verifier: {error:?}"
    );
    // A code that was presented with a wrong verifier may be void at the provider, so a fresh one.
    let (pending_again, callback_again) = visit(&client, &visitor, "ada").await;
    drop((pending, callback));
    client
        .finish(&pending_again, &callback_again, now())
        .await
        .unwrap();
    let error = client
        .finish(&pending_again, &callback_again, now())
        .await
        .unwrap_err();
    assert!(matches!(error, ProviderError::Status { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_02_the_provider_says_who_answers() {
    let Some(provider) = OpenIdProvider::start(&[RETURN]) else {
        return;
    };
    let client = client(&provider, "basic").build().unwrap();
    for iss in [None, Some("http://127.0.0.1:1".to_owned())] {
        let (pending, callback) = visit(&client, &Visitor::new(), "ada").await;
        assert_eq!(callback.iss.as_deref(), Some(provider.issuer.as_str()));
        let callback = Callback { iss, ..callback };
        assert!(client.finish(&pending, &callback, now()).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_a_form_that_posts_itself() {
    let Some(provider) = OpenIdProvider::start(&[RETURN]) else {
        return;
    };
    let client = client(&provider, "basic").authorization_param("response_mode", "form_post");
    let client = client.build().unwrap();
    let found = sign_in(&client, &Visitor::new(), "ada").await.unwrap();
    assert_eq!(found.subject, "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_refreshed() {
    let Some(provider) = OpenIdProvider::start(&[RETURN]) else {
        return;
    };
    let client = client(&provider, "basic").build().unwrap();
    let found = sign_in(&client, &Visitor::new(), "ada").await.unwrap();
    let refresh = found.tokens.refresh_token.unwrap();
    let renewed = client.refresh(&refresh, now()).await.unwrap();
    use auth_runtime::prelude::ExposeSecret as _;
    assert_ne!(
        renewed.access_token.expose_secret(),
        found.tokens.access_token.expose_secret()
    );
    assert!(renewed.expires_at.unwrap() > now());
    let error = client
        .refresh(&"not-a-refresh-token".into(), now())
        .await
        .unwrap_err();
    assert!(matches!(error, ProviderError::Status { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_10_a_new_signing_key_is_found() {
    let Some(provider) = OpenIdProvider::start(&[RETURN]) else {
        return;
    };
    let client = client(&provider, "basic").build().unwrap();
    sign_in(&client, &Visitor::new(), "ada").await.unwrap();
    provider.rotate_keys().await;
    let (pending, callback) = visit(&client, &Visitor::new(), "ada").await;
    // The key set is asked for once a minute at most.
    let later = now() + time::Duration::seconds(61);
    client.finish(&pending, &callback, later).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_04_clocks_may_differ_by_a_minute() {
    for (offset, counts) in [("40", true), ("-40", true), ("600", false)] {
        let Some(provider) = OpenIdProvider::start(&[RETURN, ("CLOCK_OFFSET", offset)]) else {
            return;
        };
        let client = client(&provider, "basic").build().unwrap();
        let outcome = sign_in(&client, &Visitor::new(), "ada").await;
        assert_eq!(outcome.is_ok(), counts, "{offset}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_08_a_refusal_identifies_nobody() {
    let Some(provider) = OpenIdProvider::start(&[RETURN]) else {
        return;
    };
    let client = client(&provider, "basic").build().unwrap();
    let options = AuthorizeOptions {
        prompt: Some("none".to_owned()),
        ..AuthorizeOptions::default()
    };
    let started = client.start(&options, now()).await.unwrap();
    let visitor = Visitor::new();
    let crate::peer::Return::To(url) = visitor.sign_in(started.url.as_str(), "ada").await else {
        panic!("a form");
    };
    let fields: serde_json::Map<_, _> = url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    let callback: Callback = serde_json::from_value(fields.into()).unwrap();
    assert_eq!(callback.error.as_deref(), Some("login_required"));
    let error = client
        .finish(&started.pending, &callback, now())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ProviderError::Denied { code } if code == "login_required"),
        "{error:?}"
    );
}
