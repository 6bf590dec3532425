//! Signing out at the provider, and hearing of it.

use std::{sync::Arc, time::Duration};

use auth_runtime::prelude::ExposeSecret as _;
use axum::{Form, Router, extract::State, routing::post};
use serde_json::Value;
use tokio::sync::mpsc;
use url::Url;

use crate::{
    client::*,
    peer::{OpenIdProvider, Return, Visitor},
};

const GOODBYE: &str = "http://127.0.0.1:9/goodbye";

type Told = Arc<mpsc::UnboundedSender<String>>;

async fn hear(State(told): State<Told>, Form(form): Form<Value>) {
    let token = form["logout_token"].as_str().unwrap().to_owned();
    told.send(token).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_there_is_told_of() {
    let (told, mut tokens) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}/logout", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/logout", post(hear))
        .with_state(Arc::new(told));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let Some(provider) = OpenIdProvider::start(&[
        ("REDIRECT_URIS", CALLBACK),
        ("LOGOUT_URIS", GOODBYE),
        ("BACKCHANNEL_URI", &here),
    ]) else {
        return;
    };
    let client = client(&provider, "basic").build().unwrap();
    let visitor = Visitor::new();
    let found = sign_in(&client, &visitor, "ada").await.unwrap();

    let hint = found.tokens.id_token.as_ref().unwrap().expose_secret();
    let goodbye = Url::parse(GOODBYE).unwrap();
    let url = client
        .logout_url(Some(hint), Some(&goodbye), Some("s"), now())
        .await;
    let url = url.unwrap().expect("the provider offers it");
    let Return::To(back) = visitor.sign_in(url.as_str(), "").await else {
        panic!("a form");
    };
    assert_eq!(back.as_str(), format!("{GOODBYE}?state=s"));

    let token = tokio::time::timeout(Duration::from_secs(10), tokens.recv()).await;
    let token = token.expect("the provider tells").unwrap();
    let logout = client.verify_logout_token(&token, now()).await.unwrap();
    assert_eq!(logout.issuer, provider.issuer);
    assert!(logout.subject.as_deref() == Some("ada") || logout.session.is_some());
    assert_eq!(logout.session, found.sid);
    let forged = format!("{}x", token.strip_suffix('x').unwrap_or(&token));
    assert!(client.verify_logout_token(&forged, now()).await.is_err());
    assert!(
        client.verify_logout_token(hint, now()).await.is_err(),
        "an ID token is none"
    );
}
