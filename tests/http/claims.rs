//! Handlers that want the claims of a session and not the person.

use auth_runtime::http::{CurrentUser, SessionClaims};
use auth_tests::{
    call::{enter, token},
    sqlite::{World, device::Device, user::User},
};
use axum::{Router, routing::get};
use reqwest::header::COOKIE;
use serde_json::json;
use time::Duration;

use crate::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn tk_08_claims_of_a_stored_session_end_with_it() {
    let site = Site::new().await;
    let server = Server::of(
        Router::new()
            .route(
                "/subject",
                get(async |claims: SessionClaims<User>| claims.sub.clone()),
            )
            .route(
                "/both",
                get(async |user: CurrentUser<User>, claims: SessionClaims<User>| {
                    assert_eq!(user.session().jti(), claims.jti);
                    user.email.clone()
                }),
            )
            .route(
                "/maybe",
                get(async |claims: Option<SessionClaims<User>>| claims.is_some().to_string()),
            )
            .layer(site.auth.layer()),
    )
    .await;
    let token = site.register("ada@example.org").await;
    let asked = async |path: &str| answer(server.get(path).bearer_auth(&token)).await;
    assert!(asked("/subject").await.body.starts_with("user?id="));
    assert_eq!(asked("/both").await.body, "ada@example.org");
    assert_eq!(asked("/maybe").await.body, "true");
    let by_cookie = answer(server.get("/subject").session_cookie(&token)).await;
    assert_eq!(by_cookie.status, 200);
    site.auth.sign_out(&token).await.unwrap();
    assert_eq!(asked("/subject").await.code(), "unauthenticated");
    assert_eq!(asked("/maybe").await.body, "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_suffices_is_not_looked_up() {
    let world = World::new().await.unwrap();
    let auth = world.start::<Device>().await;
    let server = Server::of(
        Router::new()
            .route(
                "/subject",
                get(async |claims: SessionClaims<Device>| claims.sub.clone()),
            )
            .route(
                "/name",
                get(async |device: CurrentUser<Device>| device.username.clone()),
            )
            .layer(auth.layer()),
    )
    .await;
    let input = json!({"username": "sensor", "password": "three red kites"});
    let signed_in = enter(&auth.context(), "register_with_password", input)
        .await
        .unwrap();
    let token = token(&signed_in);
    world.execute("DELETE FROM devices").await;
    let asked = async |path: &str, token: &str| answer(server.get(path).bearer_auth(token)).await;
    assert_eq!(asked("/subject", &token).await.body, signed_in.subject());
    assert_eq!(
        asked("/name", &token).await.status,
        401,
        "who is asked for is looked up"
    );
    // Whatever is not a bearer alone takes the long way, and its rules hold.
    let with_cookie = server.get("/subject").bearer_auth(&token);
    let with_cookie = with_cookie.header(COOKIE, "__Host-device_session=x");
    assert_eq!(answer(with_cookie).await.status, 401);
    assert_eq!(asked("/subject", &format!("{token}x")).await.status, 401);
    assert_eq!(asked("/subject", "x.y.z").await.status, 401);
    assert_eq!(answer(server.get("/subject")).await.status, 401);
    world.clock.advance(Duration::hours(1) + Duration::seconds(31));
    assert_eq!(asked("/subject", &token).await.status, 401, "expired");
}
