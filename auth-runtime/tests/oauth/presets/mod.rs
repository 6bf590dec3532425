//! Presets against answers of the shape that each provider documents.

mod apple;
mod microsoft;
mod openid;
mod plain;

use std::collections::HashMap;

use auth_runtime::oauth::{
    AuthorizeOptions, EmailTrust, Identified, Preset, Protocol, Provider, ProviderBuilder, ProviderError,
    presets::{self, github},
};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use self::apple::with_apple_key;
use crate::{
    server::{Reply, Server},
    setup::{CALLBACK, CLIENT, Idp, NOW, SECRET, callback, egress},
    signer::Signer,
};

fn builder(preset: &'static Preset) -> ProviderBuilder {
    Provider::builder(preset.protocol, Some(preset), egress())
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK)
}

fn one(value: &str) -> Vec<String> {
    vec![value.to_owned()]
}

async fn sign_in(provider: &Provider, server: &Server) -> Result<Identified, ProviderError> {
    server.reply(
        "/token",
        Reply::json(&json!({"access_token": "access-1", "token_type": "bearer"})),
    );
    let pending = provider.start(&AuthorizeOptions::default(), NOW).await?.pending;
    provider.finish(&pending, &callback(&pending), NOW).await
}

#[tokio::test]
async fn each_preset_sends_the_browser_to_its_provider_with_its_scope() {
    let expected: HashMap<&str, (&str, &str)> = [
        ("apple", ("appleid.apple.com", "name email")),
        ("auth0", ("tenant.example", "openid email profile")),
        ("basecamp", ("launchpad.37signals.com", "")),
        ("bitbucket", ("bitbucket.org", "account email")),
        ("digitalocean", ("cloud.digitalocean.com", "read")),
        ("discord", ("discord.com", "identify email")),
        ("facebook", ("www.facebook.com", "email")),
        ("github", ("github.com", "read:user user:email")),
        ("gitlab", ("gitlab.com", "openid email profile")),
        ("google", ("accounts.google.com", "openid email profile")),
        ("line", ("access.line.me", "openid email profile")),
        ("linkedin", ("www.linkedin.com", "openid profile email")),
        ("microsoft", ("login.microsoftonline.com", "openid email profile")),
        ("okta", ("tenant.example", "openid profile email")),
        ("slack", ("slack.com", "openid email profile")),
        ("spotify", ("accounts.spotify.com", "user-read-email")),
        ("strava", ("www.strava.com", "read")),
        ("twitch", ("id.twitch.tv", "openid user:read:email")),
        ("twitter", ("x.com", "users.read tweet.read users.email")),
        ("zitadel", ("tenant.example", "openid email profile")),
    ]
    .into();
    assert_eq!(presets::ALL.len(), expected.len());
    for preset in presets::ALL {
        let base = preset.base_url.unwrap_or("https://tenant.example");
        let mut builder = builder(preset);
        if preset.base_url.is_none() {
            builder = builder.base_url(base);
        }
        if preset.protocol == Protocol::Oidc && preset.metadata.is_none() {
            let document = json!({
                "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
            });
            builder = builder.openid_configuration(document.as_object().unwrap().clone());
        }
        if preset.name == "apple" {
            builder = with_apple_key(builder, &Signer::new(Algorithm::ES256, "apple-key"));
        }
        let provider = builder.build().unwrap();
        let started = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
        let query: HashMap<String, String> = started.url.query_pairs().into_owned().collect();
        let scope = query.get("scope").map_or("", String::as_str);
        assert_eq!(
            (started.url.host_str().unwrap(), scope),
            expected[preset.name],
            "{}",
            preset.name
        );
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(
            query.contains_key("code_challenge"),
            preset.pkce,
            "{}",
            preset.name
        );
        assert_eq!(query.contains_key("nonce"), preset.nonce, "{}", preset.name);
        if preset.name == "twitch" {
            let claims: Value = serde_json::from_str(&query["claims"]).unwrap();
            assert!(claims["id_token"].get("email_verified").is_some());
        }
    }
}

async fn openid(idp: &Idp, builder: ProviderBuilder, claims: &Value) -> Result<Identified, ProviderError> {
    idp.sign_in(&builder.build().unwrap(), claims).await
}

fn outside(result: Result<Identified, ProviderError>) -> &'static str {
    match result {
        Err(ProviderError::Outside { setting }) => setting,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn plain_providers_are_read_by_a_map_of_claims() {
    let server = Server::start().await;
    server.reply("/user", Reply::json(&json!({"data": {"key": 7}, "uid": "u"})));
    let provider = Provider::builder(Protocol::OAuth2, None, egress())
        .base_url(server.url.as_str())
        .authorize_url("/authorize")
        .token_url("/token")
        .user_url("/user")
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK);
    let mapped = provider.claim("sub", "data.key").build().unwrap();
    assert_eq!(sign_in(&mapped, &server).await.unwrap().subject, "7");
}

#[tokio::test]
async fn oa_06_the_subject_of_a_known_provider_cannot_be_another_claim() {
    let idp = Idp::start().await;
    for builder in [idp.builder(None), builder(&github::PRESET)] {
        let built = builder.claim("sub", "email").build();
        assert!(matches!(
            built,
            Err(ProviderError::Setting {
                setting: "claims",
                ..
            })
        ));
    }
    let renamed = idp.builder(None).claim("nickname", "custom.nick");
    let person = openid(&idp, renamed, &json!({"custom": {"nick": "ada"}}))
        .await
        .unwrap();
    assert_eq!(
        (person.subject.as_str(), person.user_info.text("nickname")),
        ("person-1", Some("ada"))
    );
}

#[tokio::test]
async fn oa_06_an_address_from_elsewhere_does_not_inherit_the_word_that_it_is_verified() {
    let idp = Idp::start().await;
    let claims = json!({"email": "ada@example.com", "email_verified": true, "upn": "victim@example.com"});
    let trusting = || idp.builder(None).trust_email_verified(true);
    assert_eq!(
        openid(&idp, trusting(), &claims).await.unwrap().email,
        EmailTrust::Trusted
    );
    let mapped = openid(&idp, trusting().claim("email", "upn"), &claims)
        .await
        .unwrap();
    assert_eq!(
        (mapped.user_info.email(), mapped.email),
        (Some("victim@example.com"), EmailTrust::Untrusted)
    );
    let both = trusting()
        .claim("email", "upn")
        .claim("email_verified", "email_verified");
    assert_eq!(
        openid(&idp, both, &claims).await.unwrap().email,
        EmailTrust::Trusted
    );
}

#[tokio::test]
async fn subjects_that_are_none_are_refused() {
    let server = Server::start().await;
    let provider = Provider::builder(Protocol::OAuth2, None, egress())
        .base_url(server.url.as_str())
        .authorize_url("/authorize")
        .token_url("/token")
        .user_url("/user")
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK)
        .build()
        .unwrap();
    for (user, expected) in [
        (json!({"id": 1, "uid": "u", "sub": "s"}), Some("s")),
        (json!({"id": 1, "uid": "u"}), Some("u")),
        (json!({"id": 1}), Some("1")),
        (json!({"login": "ada"}), None),
        (json!({"id": ""}), None),
        (json!({"id": true}), None),
        (json!({"id": 1.5}), None),
        (json!({"sub": null}), None),
        (json!({"sub": "a\u{0}b"}), None),
        (json!({"sub": "x".repeat(256)}), None),
    ] {
        server.reply("/user", Reply::json(&user));
        let subject = sign_in(&provider, &server)
            .await
            .ok()
            .map(|person| person.subject);
        assert_eq!(subject.as_deref(), expected, "{user}");
    }
}

#[test]
fn presets_are_known_by_name_once() {
    let names: Map<String, Value> = presets::ALL
        .iter()
        .map(|preset| (preset.name.to_owned(), json!(1)))
        .collect();
    assert_eq!(names.len(), presets::ALL.len());
    assert!(presets::named("nobody").is_none());
}
