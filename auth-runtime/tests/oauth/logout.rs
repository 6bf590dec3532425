//! Logout at the provider, and by it.

use auth_runtime::oauth::{ProviderError, TokenFault};
use serde_json::{Value, json};
use url::Url;

use crate::{
    setup::{CLIENT, Idp, NOW, changed},
    signer::Signer,
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[tokio::test]
async fn the_browser_is_sent_to_sign_out_where_the_provider_offers_it() {
    let idp = Idp::start().await;
    assert_eq!(
        idp.provider().logout_url(None, None, None, NOW).await.unwrap(),
        None
    );
    let offering = Idp::start().await;
    offering.describe(&json!({"end_session_endpoint": offering.url("/logout?x=1")}));
    let back = Url::parse("https://app.example/bye").unwrap();
    let url = offering
        .provider()
        .logout_url(Some("hint"), Some(&back), Some("state-1"), NOW)
        .await
        .unwrap()
        .unwrap();
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("x", "1"),
        ("client_id", CLIENT),
        ("id_token_hint", "hint"),
        ("post_logout_redirect_uri", back.as_str()),
        ("state", "state-1"),
    ];
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(query, expected);
}

#[tokio::test]
async fn oa_04_a_logout_token_is_checked_and_an_id_token_is_none() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let now = NOW.unix_timestamp();
    let base = json!({
        "iss": idp.server.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "token-1", "sub": "person-1",
        "sid": "session-1", "events": {EVENT: {}},
    });
    let typed = |typ: &str, changes: Value| {
        let mut header = idp.signer.header();
        header["typ"] = typ.into();
        idp.signer
            .sign_as(&header, &changed(base.clone(), &changes).to_string())
    };
    let token = provider
        .verify_logout_token(&typed("logout+jwt", json!({})), NOW)
        .await
        .unwrap();
    assert_eq!(token.issuer, idp.server.url);
    assert_eq!(token.subject.as_deref(), Some("person-1"));
    assert_eq!(token.session.as_deref(), Some("session-1"));
    assert_eq!((token.id.as_str(), token.issued_at), ("token-1", NOW));
    for changes in [json!({"sub": null}), json!({"sid": null})] {
        assert!(
            provider
                .verify_logout_token(&typed("JWT", changes), NOW)
                .await
                .is_ok()
        );
    }

    let cases = [
        (typed("at+jwt", json!({})), TokenFault::WrongType),
        (typed("logout+jwt", json!({"nonce": "n"})), TokenFault::WrongType),
        (
            typed("logout+jwt", json!({"events": null})),
            TokenFault::Unusable("events"),
        ),
        (
            typed("logout+jwt", json!({"events": {"other": {}}})),
            TokenFault::Unusable("events"),
        ),
        (
            typed("logout+jwt", json!({"events": {EVENT: true}})),
            TokenFault::Unusable("events"),
        ),
        (
            typed("logout+jwt", json!({"sub": null, "sid": null})),
            TokenFault::Missing("sub"),
        ),
        (
            typed("logout+jwt", json!({"jti": null})),
            TokenFault::Missing("jti"),
        ),
        (
            typed("logout+jwt", json!({"iss": "https://evil.example"})),
            TokenFault::OtherIssuer,
        ),
        (
            typed("logout+jwt", json!({"aud": "another"})),
            TokenFault::OtherAudience,
        ),
        (typed("logout+jwt", json!({"exp": now - 60})), TokenFault::Expired),
        (typed("logout+jwt", json!({"iat": now - 601})), TokenFault::TooOld),
        (
            Signer::new(idp.signer.algorithm, "key-1").sign(&base),
            TokenFault::BadSignature,
        ),
    ];
    for (token, expected) in cases {
        match provider.verify_logout_token(&token, NOW).await.unwrap_err() {
            ProviderError::Token { fault, .. } => assert_eq!(fault, expected),
            other => panic!("{other}"),
        }
    }
}
