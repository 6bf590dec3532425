//! Apple: an unsigned parameter, a signed secret, fixed settings.

use auth_runtime::oauth::{
    AuthorizeOptions, EmailTrust, Identified, Preset, ProviderBuilder, ProviderError, presets::apple,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{builder, one};
use crate::{
    setup::{CLIENT, Idp, NOW, callback},
    signer::Signer,
};

pub(super) fn with_apple_key(builder: ProviderBuilder, key: &Signer) -> ProviderBuilder {
    builder
        .option("team_id", one("TEAM123456"))
        .private_key(key.pem.as_str())
        .private_key_id("apple-key")
}

/// Apple, but at `idp`.
fn local_apple(idp: &Idp) -> &'static Preset {
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    Box::leak(Box::new(Preset {
        base_url: Some(leak(idp.server.url.clone())),
        metadata: None,
        ..apple::PRESET
    }))
}

async fn apple_person(idp: &Idp, claims: &Value, user: Option<&str>) -> Identified {
    let key = Signer::new(Algorithm::ES256, "apple-key");
    let provider = with_apple_key(builder(local_apple(idp)), &key).build().unwrap();
    let pending = provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .pending;
    idp.gives(&idp.signer.sign(&idp.claims(&pending, claims)));
    let mut answer = callback(&pending);
    answer.user = user.map(str::to_owned);
    provider.finish(&pending, &answer, NOW).await.unwrap()
}

#[tokio::test]
async fn apple_takes_names_and_nothing_else_from_the_browser() {
    let idp = Idp::start().await;
    let claims = json!({"sub": "001.apple", "email": "ada@example.com", "email_verified": "true", "is_private_email": "false"});
    let forged = json!({
        "name": {"firstName": "Ada", "lastName": "Lovelace"}, "email": "victim@example.com", "sub": "002.victim",
        "email_verified": true,
    });
    let person = apple_person(&idp, &claims, Some(&forged.to_string())).await;
    assert_eq!(
        Value::from(person.user_info.claims().clone()),
        json!({
            "sub": "001.apple", "email": "ada@example.com", "email_verified": true, "given_name": "Ada",
            "family_name": "Lovelace",
        })
    );
    assert_eq!(
        (person.subject.as_str(), person.email),
        ("001.apple", EmailTrust::Trusted)
    );

    for user in [
        None,
        Some("{}"),
        Some("not JSON"),
        Some("{\"name\":{\"firstName\":7}}"),
    ] {
        let person = apple_person(&idp, &claims, user).await;
        assert_eq!(person.user_info.get("given_name"), None);
    }
    let long = json!({"name": {"firstName": "x".repeat(101)}}).to_string();
    assert_eq!(
        apple_person(&idp, &claims, Some(&long))
            .await
            .user_info
            .get("given_name"),
        None
    );

    let relay = json!({"email": "x1@privaterelay.appleid.com", "email_verified": true});
    assert_eq!(
        apple_person(&idp, &relay, None).await.email,
        EmailTrust::Untrusted
    );
    let unverified = json!({"email": "ada@example.com", "email_verified": "false"});
    assert_eq!(
        apple_person(&idp, &unverified, None).await.email,
        EmailTrust::Untrusted
    );
    assert_eq!(
        apple_person(&idp, &json!({}), None).await.email,
        EmailTrust::Absent
    );
}

#[tokio::test]
async fn apple_gets_a_secret_signed_for_ten_minutes() {
    let idp = Idp::start().await;
    apple_person(&idp, &json!({}), None).await;
    let secret = idp.server.seen("/token").remove(0).form()["client_secret"].clone();
    let part = |number: usize| -> Value {
        let text = secret.split('.').nth(number).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": "apple-key"}));
    let now = NOW.unix_timestamp();
    assert_eq!(
        claims,
        json!({"iss": "TEAM123456", "sub": CLIENT, "aud": idp.server.url, "iat": now, "exp": now + 600})
    );
}

#[tokio::test]
async fn apple_needs_its_key_and_keeps_what_is_fixed() {
    let key = Signer::new(Algorithm::ES256, "apple-key");
    let whole = || with_apple_key(builder(&apple::PRESET), &key);
    let provider = whole().build().unwrap();
    let url = provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .url;
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "response_mode" && value == "form_post")
    );
    let cases = [
        (builder(&apple::PRESET), "team_id"),
        (
            builder(&apple::PRESET).option("team_id", one("T")),
            "private_key_id",
        ),
        (
            builder(&apple::PRESET)
                .option("team_id", one("T"))
                .private_key_id("k"),
            "private_key",
        ),
        (whole().base_url("https://evil.example"), "base_url"),
        (
            whole().authorization_param("response_mode", "query"),
            "response_mode",
        ),
        (whole().private_key("not a key"), "private_key"),
        (whole().option("hosted_domain", one("x")), "preset"),
    ];
    for (builder, expected) in cases {
        match builder.build().unwrap_err() {
            ProviderError::Setting { setting, .. } => assert_eq!(setting, expected),
            other => panic!("{other}"),
        }
    }
    let mut options = AuthorizeOptions::default();
    options
        .extra
        .insert("response_mode".to_owned(), "query".to_owned());
    assert!(provider.start(&options, NOW).await.is_err());
}
