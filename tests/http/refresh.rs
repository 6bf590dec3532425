//! Refresh tokens over HTTP: who gets them, and how they are spent.

use auth_runtime::http::CurrentUser;
use auth_tests::{PASSWORD, roamers::sqlite::Roamer, sqlite::World};
use axum::{Router, routing::get};
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};
use time::Duration;

use crate::site::*;

const COOKIE: &str = "__Host-roamer_session";

struct Roamers {
    world: World,
    server: Server,
}

impl Roamers {
    async fn new() -> Self {
        let world = World::new().await.unwrap();
        let auth = world.start::<Roamer>().await;
        let router = Router::new()
            .route(
                "/me",
                get(async |roamer: CurrentUser<Roamer>| roamer.email.clone()),
            )
            .nest("/auth", auth.router())
            .layer(auth.layer());
        Self {
            world,
            server: Server::of(router).await,
        }
    }

    async fn register(&self) -> Value {
        let body = json!({"roamer": {"email": "ada@example.org", "password": PASSWORD}});
        let request = self.server.post("/auth/roamer/password/register").json(&body);
        let registered = answer(request).await;
        assert_eq!(registered.status, 201, "{}", registered.body);
        assert_eq!(
            registered.header(SET_COOKIE.as_str()),
            None,
            "the client keeps both tokens itself"
        );
        registered.json()
    }

    async fn refresh(&self, body: &Value) -> Answer {
        answer(self.server.post("/auth/roamer/refresh").json(body)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_clients_renew_their_session_over_http() {
    let site = Roamers::new().await;
    let registered = site.register().await;
    assert_eq!(registered["expires_in"], 300);
    site.world.clock.advance(Duration::minutes(6));
    let expired = site
        .server
        .get("/me")
        .bearer_auth(registered["token"].as_str().unwrap());
    assert_eq!(answer(expired).await.status, 401);

    let refreshed = site
        .refresh(&json!({"refresh_token": registered["refresh_token"]}))
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert_eq!(refreshed.header("cache-control"), Some("no-store"));
    let second = refreshed.json();
    assert_eq!(second["roamer"]["email"], "ada@example.org");
    assert_eq!(second["expires_in"], 300);
    let me = site
        .server
        .get("/me")
        .bearer_auth(second["token"].as_str().unwrap());
    assert_eq!(answer(me).await.status, 200);

    for (place, body) in [
        (
            "under the subject",
            json!({"roamer": {"refresh_token": second["refresh_token"]}}),
        ),
        ("as any token", json!({"token": second["refresh_token"]})),
    ] {
        assert_eq!(site.refresh(&body).await.status, 200, "{place}");
    }
    site.world.clock.advance(Duration::minutes(1));
    let stolen = site
        .refresh(&json!({"refresh_token": registered["refresh_token"]}))
        .await;
    assert_eq!((stolen.status, stolen.code().as_str()), (401, "invalid_token"));
    let nonsense = site.refresh(&json!({"refresh_token": "a.b.c"})).await;
    assert_eq!(stolen.visible().1, nonsense.visible().1);
    assert_eq!(stolen.body, nonsense.body, "why is not told");
    let me = site
        .server
        .get("/me")
        .bearer_auth(second["token"].as_str().unwrap());
    assert_eq!(answer(me).await.status, 401, "the family is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_the_refresh_route_is_as_strict_as_others() {
    let site = Roamers::new().await;
    let token = site.register().await["refresh_token"].clone();
    for (status, body) in [
        (422, json!({})),
        (422, json!({"refresh_token": 5})),
        (422, json!({"roamer": {"refresh_token": "x", "other": 1}})),
        (400, json!({"token": "x", "refresh_token": token})),
        (400, json!({"token": "x", "roamer": {"refresh_token": token}})),
    ] {
        assert_eq!(site.refresh(&body).await.status, status, "{body}");
    }
    let cross = site.server.post("/auth/roamer/refresh");
    let cross = cross.header("sec-fetch-site", "cross-site");
    let refused = answer(cross.json(&json!({"refresh_token": token}))).await;
    assert_eq!(refused.status, 403);
    let form = site.server.post("/auth/roamer/refresh");
    let form = form.form(&[("refresh_token", token.as_str().unwrap())]);
    assert_eq!(
        answer(form).await.status,
        200,
        "a form will do, and nothing was used up"
    );
    for (method, path) in [
        ("GET", "/auth/roamer/refresh"),
        ("DELETE", "/auth/roamer/refresh"),
    ] {
        let request = site.server.request(method.parse().unwrap(), path);
        assert_eq!(answer(request).await.status, 404);
    }
    let without = Site::new().await;
    let request = without.server.post("/auth/user/refresh");
    assert_eq!(
        answer(request.json(&json!({"refresh_token": "x"}))).await.status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_02_browsers_keep_one_session_in_one_cookie() {
    let site = Roamers::new().await;
    site.register().await;
    let form = site
        .server
        .post("/auth/roamer/password/sign_in")
        .form_of_the_site(&[
            ("roamer[email]", "ada@example.org"),
            ("roamer[password]", PASSWORD),
        ]);
    let signed_in = answer(form).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let line = signed_in.header(SET_COOKIE.as_str()).unwrap();
    assert!(line.contains("Max-Age=1209600"), "{line}");
    let value = line
        .split(';')
        .next()
        .unwrap()
        .strip_prefix(&format!("{COOKIE}="));
    let token = value.unwrap().to_owned();
    site.world.clock.advance(Duration::minutes(90));
    let me = site
        .server
        .get("/me")
        .header("cookie", format!("{COOKIE}={token}"));
    assert_eq!(answer(me).await.status, 200);
}
