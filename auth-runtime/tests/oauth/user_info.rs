//! Promise OA-05: user info is about the person of the ID token.

use auth_runtime::oauth::{ProviderError, TokenFault, UserInfoCall};
use serde_json::{Value, json};

use crate::{
    server::Reply,
    setup::{CLIENT, Idp},
    signer::Signer,
};

async fn asking(reply: Option<Reply>) -> Result<Value, ProviderError> {
    let idp = Idp::start().await;
    if let Some(reply) = reply {
        idp.server.reply("/userinfo", reply);
    }
    let provider = idp.builder(None).user_info(UserInfoCall::Always).build().unwrap();
    let person = idp.sign_in(&provider, &json!({"name": "Ada"})).await?;
    Ok(person.user_info.claims().clone().into())
}

#[tokio::test]
async fn oa_05_only_the_same_subject_adds_claims_and_none_overrides_a_signed_one() {
    let reply = |body: Value| Some(Reply::json(&body));
    let claims = asking(reply(
        json!({"sub": "person-1", "name": "Eve", "email": "ada@example.com"}),
    ))
    .await
    .unwrap();
    assert_eq!(
        claims,
        json!({"sub": "person-1", "name": "Ada", "email": "ada@example.com"})
    );
    assert!(matches!(
        asking(reply(json!({"sub": "person-2"}))).await,
        Err(ProviderError::OtherSubject)
    ));
    assert!(matches!(
        asking(reply(json!({"name": "Eve"}))).await,
        Err(ProviderError::Unexpected { member: "sub", .. })
    ));
}

#[tokio::test]
async fn oa_05_another_address_brings_no_word_for_the_signed_one() {
    let idp = Idp::start().await;
    let provider = idp.builder(None).user_info(UserInfoCall::Always).build().unwrap();
    let verified = |email: &str| json!({"sub": "person-1", "email": email, "email_verified": true});
    for (signed, info, expected) in [
        (
            json!({"email": "victim@example.com"}),
            verified("eve@example.com"),
            false,
        ),
        (
            json!({"email": "ada@example.com"}),
            verified("ada@example.com"),
            true,
        ),
        (json!({}), verified("ada@example.com"), true),
        (
            json!({"email_verified": true}),
            json!({"sub": "person-1", "email": "eve@example.com"}),
            false,
        ),
    ] {
        idp.server.reply("/userinfo", Reply::json(&info));
        let person = idp.sign_in(&provider, &signed).await.unwrap();
        assert_eq!(person.user_info.email_verified(), expected, "{signed} {info}");
    }
}

#[tokio::test]
async fn oa_05_anything_but_a_good_answer_is_refused() {
    let good = json!({"sub": "person-1"});
    for reply in [
        None,
        Some(Reply::json(&good).status(401)),
        Some(Reply::json(&good).status(201)),
        Some(Reply::json(&json!("person-1"))),
        Some(Reply::text("text/html", &good.to_string())),
        Some(Reply::text("application/jwt", "not a token")),
    ] {
        assert!(asking(reply).await.is_err());
    }
}

#[tokio::test]
async fn oa_05_signed_user_info_is_checked_like_an_id_token() {
    let idp = Idp::start().await;
    let provider = idp.builder(None).user_info(UserInfoCall::Always).build().unwrap();
    let other = Signer::new(idp.signer.algorithm, "key-1");
    let good = json!({"iss": idp.server.url, "aud": CLIENT, "sub": "person-1", "email": "a@example.com"});
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let cases = [
        (idp.signer.sign(&good), None),
        (other.sign(&good), Some(TokenFault::BadSignature)),
        (
            idp.signer.sign(&with("iss", json!("https://evil.example"))),
            Some(TokenFault::OtherIssuer),
        ),
        (
            idp.signer.sign(&with("aud", json!("another"))),
            Some(TokenFault::OtherAudience),
        ),
    ];
    for (token, expected) in cases {
        idp.server
            .reply("/userinfo", Reply::text("application/jwt", &token));
        let fault = match idp.sign_in(&provider, &json!({})).await {
            Ok(person) => {
                assert_eq!(person.user_info.email(), Some("a@example.com"));
                None
            }
            Err(ProviderError::Token { fault, .. }) => Some(fault),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(fault, expected);
    }
    idp.server.reply(
        "/userinfo",
        Reply::text(
            "application/jwt",
            &idp.signer.sign(&with("sub", json!("person-2"))),
        ),
    );
    assert!(matches!(
        idp.sign_in(&provider, &json!({})).await,
        Err(ProviderError::OtherSubject)
    ));
}

#[tokio::test]
async fn user_info_is_asked_only_when_it_is_wanted() {
    let idp = Idp::start().await;
    idp.server.reply(
        "/userinfo",
        Reply::json(&json!({"sub": "person-1", "email": "a@example.com"})),
    );
    let asked = || idp.server.seen("/userinfo").len();
    idp.sign_in(&idp.provider(), &json!({})).await.unwrap();
    assert_eq!(asked(), 0);
    let when_missing = idp
        .builder(None)
        .user_info(UserInfoCall::WhenMissing(&["email"]))
        .build()
        .unwrap();
    idp.sign_in(&when_missing, &json!({"email": "b@example.com"}))
        .await
        .unwrap();
    assert_eq!(asked(), 0);
    idp.sign_in(&when_missing, &json!({})).await.unwrap();
    assert_eq!(asked(), 1);
}
