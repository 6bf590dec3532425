//! The routes of custom strategies and add-ons.

use auth_runtime::http::Answer;
use serde_json::{Value, json};

use super::{db::World, drivers::*};

struct Site {
    auth: auth_runtime::authentication::Authentication<Driver>,
    _world: World,
}

impl Site {
    async fn new() -> Self {
        let world = World::new().await.unwrap();
        Self {
            auth: world.start::<Driver>().await,
            _world: world,
        }
    }

    async fn ask(&self, method: &str, path: &str, bearer: Option<&str>, arguments: Value) -> (u16, Value) {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if method == "POST" {
            request = request.header("content-type", "application/json");
            json!({"driver": arguments}).to_string()
        } else {
            String::new()
        };
        let head = request.body(()).unwrap().into_parts().0;
        let answer: Answer = self.auth.handle(&head, body.as_bytes()).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(answer.body()).unwrap_or_default())
    }

    async fn register(&self, username: &str) -> String {
        let arguments = json!({"username": username, "password": auth_tests::PASSWORD});
        let (status, body) = self
            .ask("POST", "/driver/password/register", None, arguments)
            .await;
        assert_eq!(status, 201, "{body}");
        body["token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_routes() {
    let site = Site::new().await;
    let token = site.register("marty_mcfly").await;
    let (status, body) = site
        .ask("POST", "/driver/marty", None, json!({"name": "marty_mcfly"}))
        .await;
    assert_eq!(
        (status, &body["driver"]["username"]),
        (200, &json!("marty_mcfly"))
    );
    assert!(body["token"].is_string());
    for name in ["doc_brown", "biff"] {
        let (status, body) = site
            .ask("POST", "/driver/marty", None, json!({"name": name}))
            .await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (401, &json!("authentication_failed"))
        );
    }
    let (status, body) = site
        .ask("GET", "/driver/curfew/whoami", Some(&token), json!({}))
        .await;
    assert_eq!((status, body), (200, json!({"username": "marty_mcfly"})));
    let (status, _) = site.ask("GET", "/driver/curfew/whoami", None, json!({})).await;
    assert_eq!(status, 401);
    let taken = site
        .ask(
            "POST",
            "/driver/marty/take_ticket",
            Some(&token),
            json!({"ticket": "t"}),
        )
        .await;
    assert_eq!(taken, (201, json!({"status": "taken"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn su_06_methods_and_paths_are_those_declared() {
    let site = Site::new().await;
    let token = site.register("marty").await;
    for (method, path) in [
        ("GET", "/driver/marty"),
        ("GET", "/driver/marty/take_ticket"),
        ("POST", "/driver/curfew/whoami"),
        ("POST", "/driver/marty/sign_in"),
        ("POST", "/driver/curfew"),
    ] {
        let (status, _) = site
            .ask(method, path, Some(&token), json!({"name": "marty"}))
            .await;
        assert_eq!(status, 404, "{method} {path}");
    }
}
