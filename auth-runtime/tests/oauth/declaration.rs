//! What a declaration may say, and what it adds to the authorize URL.

use auth_runtime::oauth::{AuthorizeOptions, Protocol, Provider, ProviderError, presets};
use serde_json::json;
use time::Duration;

use crate::{
    flow::{begin, plain, query},
    server::Server,
    setup::{CALLBACK, CLIENT, Idp, NOW, SECRET, egress, text},
};

#[tokio::test]
async fn the_url_keeps_its_query_and_takes_parameters_of_declaration_and_attempt() {
    let server = Server::start().await;
    let provider = plain(&server)
        .authorization_param("scope", "read mail")
        .authorization_param("prompt", "consent")
        .build()
        .unwrap();
    let options = AuthorizeOptions {
        prompt: Some("login".to_owned()),
        login_hint: Some("ada@example.com".to_owned()),
        ..Default::default()
    };
    let sent = query(&provider.start(&options, NOW).await.unwrap().url);
    assert_eq!(sent["tenant"], "1");
    assert_eq!(sent["scope"], "read mail");
    assert_eq!(sent["prompt"], "login");
    assert_eq!(sent["login_hint"], "ada@example.com");
}

#[tokio::test]
async fn oa_01_what_the_protocol_sets_stands_in_the_url_once() {
    let server = Server::start().await;
    let provider = plain(&server)
        .authorize_url("/authorize?state=theirs&tenant=1&client_id=theirs&code_challenge=theirs")
        .build()
        .unwrap();
    let started = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
    let mut names: Vec<String> = started
        .url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    let sent = query(&started.url);
    assert_eq!((&*sent["tenant"], &*sent["client_id"]), ("1", CLIENT));
    assert_eq!(sent["state"], started.pending.state);
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{}", started.url);
}

#[tokio::test]
async fn oa_01_what_the_protocol_sets_cannot_be_set() {
    let server = Server::start().await;
    for name in [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "nonce",
        "code_challenge",
        "request",
    ] {
        let built = plain(&server).authorization_param(name, "x").build();
        assert!(text(&built.unwrap_err()).contains(name));
        let provider = plain(&server).build().unwrap();
        let mut options = AuthorizeOptions::default();
        options.extra.insert(name.to_owned(), "x".to_owned());
        assert!(provider.start(&options, NOW).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn each_missing_setting_is_named() {
    let server = Server::start().await;
    let bare = || Provider::builder(Protocol::OAuth2, None, egress());
    let cases = [
        (bare(), "base_url"),
        (bare().base_url(""), "base_url"),
        (bare().base_url("nonsense"), "base_url"),
        (plain(&server).client_id(" "), "client_id"),
        (plain(&server).client_secret(String::new()), "client_secret"),
        (plain(&server).redirect_uri(""), "redirect_uri"),
        (plain(&server).redirect_uri("nonsense"), "redirect_uri"),
        (plain(&server).authorize_url(""), "authorize_url"),
        (plain(&server).token_url("relative"), "token_url"),
        (plain(&server).user_url(""), "user_url"),
        (plain(&server).leeway(Duration::seconds(301)), "leeway"),
    ];
    for (builder, setting) in cases {
        match builder.build().unwrap_err() {
            ProviderError::Setting { setting: named, .. } => assert_eq!(named, setting),
            other => panic!("{setting}: {other}"),
        }
    }
    assert!(matches!(
        plain(&server).token_url("http://token.example/").build(),
        Err(ProviderError::Url { .. })
    ));
}

#[tokio::test]
async fn pkce_follows_the_provider_and_cannot_be_turned_off_where_it_is_known() {
    let idp = Idp::start().await;
    let off = idp.builder(None).pkce(false).build().unwrap();
    assert!(begin(&off).await.verifier.is_none());
    let listing = Idp::start().await;
    listing.describe(&json!({"code_challenge_methods_supported": ["plain", "S256"]}));
    let off = listing.builder(None).pkce(false).build().unwrap();
    assert!(begin(&off).await.verifier.is_some());
    let github = presets::named("github");
    let refused = Provider::builder(Protocol::OAuth2, github, egress())
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK)
        .pkce(false)
        .build();
    assert!(matches!(
        refused,
        Err(ProviderError::Setting { setting: "pkce", .. })
    ));
}
