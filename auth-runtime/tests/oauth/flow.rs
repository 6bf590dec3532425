//! From the authorize URL to an identified person.

use std::collections::HashMap;

use auth_runtime::oauth::{
    AuthorizeOptions, Callback, CallbackFault, EmailTrust, Pending, Protocol, Provider, ProviderBuilder,
    ProviderError,
};
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};
use time::Duration;
use url::Url;

use crate::{
    server::{Reply, Server},
    setup::{CALLBACK, CLIENT, Idp, NOW, SECRET, callback, egress, text},
};

pub(crate) fn plain(server: &Server) -> ProviderBuilder {
    Provider::builder(Protocol::OAuth2, None, egress())
        .base_url(server.url.as_str())
        .authorize_url("/authorize?tenant=1")
        .token_url("/token")
        .user_url("/user")
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK)
}

pub(crate) fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

pub(crate) async fn begin(provider: &Provider) -> Pending {
    provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .pending
}

fn serves(server: &Server) {
    server.reply(
        "/token",
        Reply::json(&json!({"access_token": "access-1", "token_type": "bEaReR"})),
    );
    server.reply("/user", Reply::json(&json!({"id": 1, "name": "Ada"})));
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn oa_01_each_attempt_has_its_own_state_verifier_and_nonce() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let one = is_send(provider.start(&AuthorizeOptions::default(), NOW))
        .await
        .unwrap();
    let other = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
    let sent = query(&one.url);
    assert_ne!(one.pending.state, other.pending.state);
    assert_ne!(one.pending.nonce, other.pending.nonce);
    assert_ne!(one.pending.verifier, other.pending.verifier);
    // 256 bits each; the verifier as long as RFC 7636 allows.
    assert_eq!(one.pending.state.len(), 43);
    assert_eq!(one.pending.nonce.as_ref().unwrap().len(), 43);
    let verifier = one.pending.verifier.as_ref().unwrap();
    assert_eq!(verifier.len(), 128);
    let challenge = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        Sha256::digest(verifier),
    );
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", one.pending.state.as_str()),
        ("nonce", one.pending.nonce.as_deref().unwrap()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let expected: HashMap<String, String> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(sent, expected);
    assert!(!one.url.as_str().contains(verifier.as_str()));
}

#[tokio::test]
async fn oa_01_the_pending_half_survives_storage_and_shows_nothing() {
    let idp = Idp::start().await;
    let pending = begin(&idp.provider()).await;
    let stored = serde_json::to_string(&pending).unwrap();
    let read: Pending = serde_json::from_str(&stored).unwrap();
    assert_eq!(
        (&read.state, &read.verifier, &read.nonce),
        (&pending.state, &pending.verifier, &pending.nonce)
    );
    let shown = format!("{pending:?}");
    for secret in [
        &pending.state,
        pending.verifier.as_ref().unwrap(),
        pending.nonce.as_ref().unwrap(),
    ] {
        assert!(!shown.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn oa_12_code_verifier_and_redirect_uri_are_sent_and_a_person_comes_back() {
    let server = Server::start().await;
    serves(&server);
    let provider = plain(&server).build().unwrap();
    let pending = begin(&provider).await;
    let callback = callback(&pending);
    let person = is_send(provider.finish(&pending, &callback, NOW)).await.unwrap();
    assert_eq!(person.subject, "1");
    assert_eq!(person.issuer, server.url);
    assert_eq!(person.user_info.name(), Some("Ada"));
    assert_eq!(person.email, EmailTrust::Absent);
    let sent = server.seen("/token").remove(0).form();
    assert_eq!(sent["grant_type"], "authorization_code");
    assert_eq!(sent["code"], "code-1");
    assert_eq!(sent["redirect_uri"], CALLBACK);
    assert_eq!(Some(&sent["code_verifier"]), pending.verifier.as_ref());
    let asked = server.seen("/user").remove(0);
    assert_eq!(asked.header("authorization"), Some("Bearer access-1"));
    assert!(asked.header("user-agent").unwrap().starts_with("auth-runtime/"));
}

#[tokio::test]
async fn oa_08_state_then_error_then_code_and_only_then_the_network() {
    let server = Server::start().await;
    serves(&server);
    let provider = plain(&server).build().unwrap();
    let pending = begin(&provider).await;
    let with = |change: &dyn Fn(&mut Callback)| {
        let mut callback = callback(&pending);
        change(&mut callback);
        callback
    };
    let denied = |callback: &mut Callback| {
        callback.error = Some("access_denied".to_owned());
        callback.error_description = Some("<script>".to_owned());
    };
    let cases = [
        (
            with(&|callback| callback.state = None),
            Some(CallbackFault::NoState),
        ),
        (
            with(&|callback| callback.state = Some("x".to_owned())),
            Some(CallbackFault::OtherState),
        ),
        (
            with(&|callback| {
                denied(callback);
                callback.state = Some("x".to_owned());
            }),
            Some(CallbackFault::OtherState),
        ),
        (with(&denied), None),
        (
            with(&|callback| callback.code = None),
            Some(CallbackFault::NoCode),
        ),
        (
            with(&|callback| callback.code = Some(String::new())),
            Some(CallbackFault::NoCode),
        ),
    ];
    for (callback, expected) in cases {
        match provider.finish(&pending, &callback, NOW).await.unwrap_err() {
            ProviderError::Callback(fault) => assert_eq!(Some(fault), expected),
            error @ ProviderError::Denied { .. } => {
                assert_eq!(None, expected);
                assert!(text(&error).contains("access_denied") && !text(&error).contains("script"));
            }
            other => panic!("{other}"),
        }
    }
    let odd = with(&|callback| callback.error = Some("<script>\n".to_owned()));
    assert!(!text(&provider.finish(&pending, &odd, NOW).await.unwrap_err()).contains("script"));
    assert!(server.seen("/token").is_empty());
}

#[tokio::test]
async fn oa_01_an_attempt_that_lost_its_verifier_or_nonce_is_refused() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let pending = begin(&provider).await;
    idp.gives(&idp.signer.sign(&idp.claims(&pending, &json!({}))));
    for lose in [
        |pending: &mut Pending| pending.verifier = None,
        |pending: &mut Pending| pending.nonce = None,
    ] {
        let mut pending = pending.clone();
        lose(&mut pending);
        let error = provider
            .finish(&pending, &callback(&pending), NOW)
            .await
            .unwrap_err();
        assert!(
            matches!(error, ProviderError::Callback(CallbackFault::Incomplete)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn oa_02_an_answer_of_another_issuer_never_gets_the_code() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let pending = begin(&provider).await;
    let mut answer = callback(&pending);
    answer.iss = Some("https://evil.example".to_owned());
    let error = provider.finish(&pending, &answer, NOW).await.unwrap_err();
    assert!(matches!(
        error,
        ProviderError::Callback(CallbackFault::OtherIssuer)
    ));
    assert!(idp.server.seen("/token").is_empty());
    answer.iss = Some(idp.server.url.clone());
    idp.gives(&idp.signer.sign(&idp.claims(&pending, &json!({}))));
    assert!(provider.finish(&pending, &answer, NOW).await.is_ok());
}

#[tokio::test]
async fn oa_02_an_announced_issuer_must_be_there() {
    let idp = Idp::start().await;
    idp.describe(&json!({"authorization_response_iss_parameter_supported": true}));
    let error = idp.sign_in(&idp.provider(), &json!({})).await.unwrap_err();
    assert!(matches!(error, ProviderError::Callback(CallbackFault::NoIssuer)));
}

#[tokio::test]
async fn oa_08_no_answer_of_the_token_endpoint_but_a_good_one_counts() {
    let server = Server::start().await;
    let good = json!({"access_token": "access-1"});
    server.reply("/user", Reply::json(&json!({"sub": "x"})));
    let provider = plain(&server).build().unwrap();
    let secret = "hunter2";
    let cases = [
        (Reply::json(&good), true),
        (Reply::json(&good).status(201), true),
        (
            Reply::text(
                "application/x-www-form-urlencoded",
                "access_token=access-1&token_type=bearer&expires_in=60",
            ),
            true,
        ),
        (Reply::text("text/javascript", &good.to_string()), true),
        (
            Reply::json(&json!({"access_token": "a", "scope": ["a", "b"], "expires_in": null})),
            true,
        ),
        (Reply::json(&good).status(202), false),
        (
            Reply::json(&good).status(302).header("location", "/elsewhere"),
            false,
        ),
        (
            Reply::json(&json!({"error": "invalid_grant", "error_description": secret})).status(400),
            false,
        ),
        (
            Reply::json(&json!({"error": "bad_verification_code", "access_token": secret})),
            false,
        ),
        (Reply::json(&json!({"error": {"message": secret}})), false),
        (Reply::json(&good).status(500), false),
        (
            Reply::json(&json!({"token_type": "bearer", "id_token": secret})),
            false,
        ),
        (Reply::json(&json!({"access_token": ""})), false),
        (Reply::json(&json!({"access_token": 1})), false),
        (
            Reply::json(&json!({"access_token": "a", "token_type": "mac"})),
            false,
        ),
        (
            Reply::json(&json!({"access_token": secret, "expires_in": "soon"})),
            false,
        ),
        (Reply::json(&json!([good])), false),
        (
            Reply::text(
                "application/json",
                "{\"access_token\":\"a\",\"access_token\":\"b\"}",
            ),
            false,
        ),
        (Reply::text("application/json", ""), false),
        (Reply::text("text/html", &good.to_string()), false),
        (
            Reply::text(
                "application/x-www-form-urlencoded",
                "access_token=a&access_token=b",
            ),
            false,
        ),
    ];
    for (number, (reply, fine)) in cases.into_iter().enumerate() {
        server.reply("/token", reply);
        let pending = begin(&provider).await;
        match provider.finish(&pending, &callback(&pending), NOW).await {
            Ok(_) => assert!(fine, "{number}"),
            Err(error) => {
                let told = text(&error);
                assert!(!fine, "{number}: {told}");
                assert!(
                    !told.contains(secret) && !format!("{error:?}").contains(secret),
                    "{number}: {told}"
                );
            }
        }
    }
    assert!(server.seen("/elsewhere").is_empty());
}

#[tokio::test]
async fn oa_11_tokens_come_out_and_are_not_shown() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let pending = begin(&provider).await;
    let id_token = idp
        .signer
        .sign(&idp.claims(&pending, &json!({"sid": "session-1"})));
    idp.server.reply(
        "/token",
        Reply::json(&json!({
            "access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 60, "scope": "openid mail",
            "id_token": id_token,
        })),
    );
    let person = provider.finish(&pending, &callback(&pending), NOW).await.unwrap();
    assert_eq!(person.sid.as_deref(), Some("session-1"));
    let tokens = &person.tokens;
    assert_eq!(tokens.access_token.expose_secret(), "access-1");
    assert_eq!(
        tokens.refresh_token.as_ref().unwrap().expose_secret(),
        "refresh-1"
    );
    assert_eq!(tokens.id_token.as_ref().unwrap().expose_secret(), id_token);
    assert_eq!(tokens.expires_at, Some(NOW + Duration::seconds(60)));
    assert_eq!(tokens.scope.as_deref(), Some("openid mail"));
    let shown = format!("{person:?} {provider:?}");
    for secret in ["access-1", "refresh-1", SECRET, id_token.as_str()] {
        assert!(!shown.contains(secret));
    }
}

#[tokio::test]
async fn a_refresh_token_gives_a_new_access_token() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    idp.server.reply(
        "/token",
        Reply::json(&json!({"access_token": "access-2", "expires_in": "60"})),
    );
    let tokens = provider.refresh(&"refresh-1".into(), NOW).await.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "access-2");
    assert!(tokens.refresh_token.is_none());
    let sent = idp.server.seen("/token").remove(0).form();
    assert_eq!(
        (sent["grant_type"].as_str(), sent["refresh_token"].as_str()),
        ("refresh_token", "refresh-1")
    );
    assert!(matches!(
        provider.refresh(&"".into(), NOW).await,
        Err(ProviderError::NoRefreshToken)
    ));
    idp.server.reply(
        "/token",
        Reply::json(&json!({"error": "invalid_grant"})).status(400),
    );
    let refused = provider.refresh(&"refresh-1".into(), NOW).await.unwrap_err();
    assert!(text(&refused).contains("invalid_grant"));
}

#[tokio::test]
async fn oa_09_an_endless_or_redirecting_answer_is_given_up() {
    let server = Server::start().await;
    serves(&server);
    let provider = plain(&server).build().unwrap();
    let pending = begin(&provider).await;
    let huge = format!("{{\"sub\":\"{}\"}}", "x".repeat(1024 * 1024));
    server.reply("/user", Reply::text("application/json", &huge));
    let error = provider
        .finish(&pending, &callback(&pending), NOW)
        .await
        .unwrap_err();
    assert!(matches!(error, ProviderError::TooLarge { .. }), "{error}");
    server.reply(
        "/user",
        Reply::json(&json!({}))
            .status(307)
            .header("location", "http://169.254.169.254/"),
    );
    let error = provider
        .finish(&pending, &callback(&pending), NOW)
        .await
        .unwrap_err();
    assert!(matches!(error, ProviderError::Status { .. }), "{error}");
}
