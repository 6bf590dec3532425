//! How the token endpoint knows the client.

use auth_runtime::oauth::{
    AssertionAudience, ClientAuthentication, ProviderBuilder, ProviderError, SigningAlgorithm,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::{
    server::Seen,
    setup::{CLIENT, Idp, NOW, SECRET},
    signer::Signer,
};

async fn request(idp: &Idp, builder: ProviderBuilder) -> Seen {
    let provider = builder.build().unwrap();
    idp.sign_in(&provider, &json!({})).await.unwrap();
    idp.server.seen("/token").pop().unwrap()
}

fn decoded(token: &str, key: &DecodingKey, algorithm: Algorithm) -> (Value, Value) {
    let mut validation = Validation::new(algorithm);
    validation.validate_aud = false;
    validation.validate_exp = false;
    let data = jsonwebtoken::decode::<Value>(token, key, &validation).unwrap();
    let header = token.split('.').next().unwrap();
    let header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    (header, data.claims)
}

#[tokio::test]
async fn a_secret_travels_in_the_header_or_in_the_body() {
    let idp = Idp::start().await;
    let basic = request(&idp, idp.builder(None)).await;
    // Both halves are form-encoded first (RFC 6749 §2.3.1).
    let encoded = "our+client%27s+secret%2C+32+bytes+or+more";
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{encoded}")));
    assert_eq!(basic.header("authorization"), Some(expected.as_str()));
    assert!(!basic.form().contains_key("client_secret"));

    let post = idp
        .builder(None)
        .client_authentication(ClientAuthentication::ClientSecretPost);
    let post = request(&idp, post).await;
    assert_eq!(post.header("authorization"), None);
    assert_eq!(post.form()["client_id"], CLIENT);
    assert_eq!(post.form()["client_secret"], SECRET);
}

#[tokio::test]
async fn a_public_client_sends_no_secret_and_cannot_do_without_pkce() {
    let idp = Idp::start().await;
    let none = || {
        idp.builder(None)
            .client_authentication(ClientAuthentication::None)
    };
    let sent = request(&idp, none()).await;
    assert_eq!(sent.header("authorization"), None);
    assert_eq!(sent.form()["client_id"], CLIENT);
    assert!(!sent.form().contains_key("client_secret"));
    assert!(sent.form().contains_key("code_verifier"));
    assert!(matches!(
        none().pkce(false).build(),
        Err(ProviderError::Setting { setting: "pkce", .. })
    ));
}

#[tokio::test]
async fn an_assertion_under_the_secret() {
    let idp = Idp::start().await;
    let builder = || {
        idp.builder(None)
            .client_authentication(ClientAuthentication::ClientSecretJwt)
    };
    let sent = request(&idp, builder()).await.form();
    assert!(!sent.contains_key("client_secret"));
    assert_eq!(
        sent["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let (header, claims) = decoded(&sent["client_assertion"], &key, Algorithm::HS256);
    assert_eq!(header["typ"], "JWT");
    let now = NOW.unix_timestamp();
    assert_eq!(claims["iss"], CLIENT);
    assert_eq!(claims["sub"], CLIENT);
    assert_eq!(claims["aud"], idp.url("/token"));
    assert_eq!(
        (claims["iat"].as_i64(), claims["exp"].as_i64()),
        (Some(now), Some(now + 60))
    );
    let again = request(&idp, builder()).await.form();
    let (_, other) = decoded(&again["client_assertion"], &key, Algorithm::HS256);
    assert_ne!(claims["jti"], other["jti"]);
}

#[tokio::test]
async fn an_assertion_under_a_private_key_of_each_kind() {
    for algorithm in [
        Algorithm::RS256,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ] {
        let idp = Idp::start().await;
        let client = Signer::new(algorithm, "client-key");
        let builder = idp
            .builder(None)
            .client_authentication(ClientAuthentication::PrivateKeyJwt)
            .client_assertion_audience(AssertionAudience::Issuer)
            .private_key(client.pem.as_str())
            .private_key_id("client-key");
        let sent = request(&idp, builder).await.form();
        let key = DecodingKey::from_jwk(&serde_json::from_value(client.jwk()).unwrap()).unwrap();
        let (header, claims) = decoded(&sent["client_assertion"], &key, algorithm);
        assert_eq!(header["kid"], "client-key");
        assert_eq!(claims["aud"], idp.server.url);
        assert!(!sent.contains_key("client_secret"));
    }
}

#[tokio::test]
async fn keys_that_cannot_sign_are_refused_with_the_setting() {
    let idp = Idp::start().await;
    let rsa = Signer::new(Algorithm::RS256, "k").pem;
    let builder = || {
        idp.builder(None)
            .client_authentication(ClientAuthentication::PrivateKeyJwt)
    };
    let cases = [
        (builder(), "private_key"),
        (builder().private_key(SECRET), "private_key"),
        (builder().private_key(format!("{rsa}{rsa}")), "private_key"),
        (
            builder()
                .private_key(rsa.as_str())
                .client_assertion_alg(SigningAlgorithm::ES256),
            "private_key",
        ),
        (builder().private_key_path("/no/such/key.pem"), "private_key_path"),
        (
            builder()
                .private_key(rsa.as_str())
                .private_key_path("/no/such/key.pem"),
            "private_key_path",
        ),
    ];
    for (builder, expected) in cases {
        match builder.build().unwrap_err() {
            ProviderError::Setting { setting, problem } => {
                assert_eq!(setting, expected);
                assert!(!problem.contains("PRIVATE KEY"));
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_method_that_the_provider_does_not_list_is_not_tried() {
    let idp = Idp::start().await;
    idp.describe(&json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}));
    let error = idp.sign_in(&idp.provider(), &json!({})).await.unwrap_err();
    assert!(matches!(
        error,
        ProviderError::ClientAuthentication {
            method: "client_secret_basic"
        }
    ));
    assert!(idp.server.seen("/token").is_empty());
}

#[test]
fn methods_are_known_by_their_registered_names() {
    for method in ClientAuthentication::ALL {
        assert_eq!(method.as_str().parse::<ClientAuthentication>().unwrap(), *method);
    }
    assert!("tls_client_auth".parse::<ClientAuthentication>().is_err());
    assert!("none".parse::<SigningAlgorithm>().is_err());
}
