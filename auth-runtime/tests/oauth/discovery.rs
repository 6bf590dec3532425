//! What an issuer says of itself.

use auth_runtime::oauth::{AuthorizeOptions, Egress, Protocol, Provider, ProviderError};
use serde_json::{Value, json};
use time::Duration;

use crate::{
    server::Reply,
    setup::{CALLBACK, CLIENT, Idp, NOW, SECRET, egress},
};

async fn starts(provider: &Provider, after: Duration) -> Result<(), ProviderError> {
    provider
        .start(&AuthorizeOptions::default(), NOW + after)
        .await
        .map(drop)
}

#[tokio::test]
async fn oa_03_the_issuer_is_the_configured_one_and_its_endpoints_may_be_called() {
    let fine = [
        json!({}),
        json!({"userinfo_endpoint": null}),
        json!({"token_endpoint_auth_methods_supported": null}),
    ];
    for changes in fine {
        let idp = Idp::start().await;
        idp.describe(&changes);
        starts(&idp.provider(), Duration::ZERO).await.unwrap();
    }
    let with_slash = Idp::start().await;
    with_slash.describe(&json!({"issuer": with_slash.url("/")}));
    starts(&with_slash.provider(), Duration::ZERO).await.unwrap();

    let wrong = [
        json!({"issuer": "https://evil.example"}),
        json!({"issuer": null}),
        json!({"issuer": 1}),
        json!({"authorization_endpoint": null}),
        json!({"token_endpoint": null}),
        json!({"token_endpoint": "http://idp.example/token"}),
        json!({"token_endpoint": "https://10.0.0.1/token"}),
        json!({"jwks_uri": "https://[::ffff:169.254.169.254]/keys"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"userinfo_endpoint": "https://user:secret@idp.example/"}),
        json!({"end_session_endpoint": "file:///etc/passwd"}),
        json!({"jwks_uri": 7}),
        json!({"token_endpoint_auth_methods_supported": "client_secret_basic"}),
        json!({"padding": "x".repeat(256 * 1024)}),
    ];
    for changes in wrong {
        let idp = Idp::start().await;
        idp.describe(&changes);
        assert!(
            starts(&idp.provider(), Duration::ZERO).await.is_err(),
            "{}",
            short(&changes)
        );
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[tokio::test]
async fn only_a_plain_answer_is_a_document() {
    let idp = Idp::start().await;
    let document = idp.document(&json!({}));
    for reply in [
        Reply::json(&document).status(201),
        Reply::json(&document).status(404),
        Reply::json(&document)
            .status(302)
            .header("location", "/elsewhere"),
        Reply::text("text/html", &document.to_string()),
        Reply::text(
            "application/json",
            &format!("{{\"issuer\":\"x\",{}", &document.to_string()[1..]),
        ),
    ] {
        let idp = Idp::start().await;
        idp.server.reply("/.well-known/openid-configuration", reply);
        idp.server.reply("/elsewhere", Reply::json(&document));
        assert!(starts(&idp.provider(), Duration::ZERO).await.is_err());
    }
}

#[tokio::test]
async fn a_document_is_fetched_once_and_kept_when_the_provider_is_down() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let fetches = || idp.server.seen("/.well-known/openid-configuration").len();
    assert_eq!(fetches(), 0);
    for _ in 0..3 {
        starts(&provider, Duration::ZERO).await.unwrap();
    }
    assert_eq!(fetches(), 1);
    idp.server.reply(
        "/.well-known/openid-configuration",
        Reply::json(&json!({})).status(503),
    );
    starts(&provider, Duration::hours(2)).await.unwrap();
    assert_eq!(fetches(), 2);
    assert!(starts(&provider, Duration::hours(26)).await.is_err());
}

#[tokio::test]
async fn declared_metadata_is_never_fetched() {
    let idp = Idp::start().await;
    let document = idp.document(&json!({})).as_object().unwrap().clone();
    let provider = idp.builder(None).openid_configuration(document).build().unwrap();
    assert!(idp.sign_in(&provider, &json!({})).await.is_ok());
    assert!(idp.server.seen("/.well-known/openid-configuration").is_empty());
}

#[tokio::test]
async fn oa_09_without_the_opt_out_a_local_provider_is_not_called() {
    let idp = Idp::start().await;
    let build = |url: &str| {
        Provider::builder(Protocol::Oidc, None, Egress::new().unwrap())
            .base_url(url)
            .client_id(CLIENT)
            .client_secret(SECRET)
            .redirect_uri(CALLBACK)
            .build()
    };
    assert!(matches!(build(&idp.server.url), Err(ProviderError::Url { .. })));
    // A name that leads inside is found out when it is looked up.
    let port = idp.server.url.rsplit(':').next().unwrap();
    let provider = build(&format!("https://localhost:{port}")).unwrap();
    let error = starts(&provider, Duration::ZERO).await.unwrap_err();
    assert!(crate::setup::text(&error).contains("private network"), "{error}");
    assert!(idp.server.seen("/.well-known/openid-configuration").is_empty());
}

#[tokio::test]
async fn two_declarations_share_what_is_remembered() {
    let idp = Idp::start().await;
    let egress = egress();
    for _ in 0..2 {
        let provider = Provider::builder(Protocol::Oidc, None, egress.clone())
            .base_url(idp.server.url.as_str())
            .client_id(CLIENT)
            .client_secret(SECRET)
            .redirect_uri(CALLBACK)
            .build()
            .unwrap();
        starts(&provider, Duration::ZERO).await.unwrap();
    }
    assert_eq!(idp.server.seen("/.well-known/openid-configuration").len(), 1);
}
