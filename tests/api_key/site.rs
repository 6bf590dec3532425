//! A small site that takes keys, and its client.

use std::net::SocketAddr;

use auth_runtime::{authentication::Authentication, prelude::*};
use axum::{Router, routing::get};
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};

use super::{db::World, owners::owner::*};

pub(crate) const COOKIE: &str = "__Host-owner_session";

/// Owners at `/auth`, and pages of the application's own.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) auth: Authentication<Owner>,
    base: String,
    client: Client,
}

/// An answer, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) cookie: bool,
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or("none").to_owned()
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let headers = response.headers().iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    Answer {
        status: response.status().as_u16(),
        cookie: response.headers().contains_key("set-cookie"),
        headers,
        body: response.text().await.unwrap(),
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        let world = World::new().await.unwrap();
        let auth = world.start::<Owner>().await;
        let router = Router::new()
            .route("/me", get(async |user: CurrentUser<Owner>| user.email.clone()))
            .route("/machines", get(machines))
            .route("/any-machine", get(any_machine))
            .route("/orders", get(orders).post(write_orders))
            .route("/greeting", get(greeting))
            .route("/key-by-key", get(make_key_inside))
            .nest("/auth", auth.router())
            .layer(auth.layer());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client = Client::builder().redirect(Policy::none()).no_proxy().build();
        Self {
            world,
            auth,
            base,
            client: client.unwrap(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Registers somebody and hands out the session token.
    pub(crate) async fn register(&self, email: &str) -> String {
        let body = json!({"owner": {"email": email, "password": auth_tests::PASSWORD}});
        let answer = answer(self.post("/auth/owner/password/register").json(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Makes a key over HTTP, on behalf of whoever has this session token.
    pub(crate) async fn key(&self, session: &str, scopes: &[&str]) -> String {
        let body = json!({"owner": {"name": "CI", "scopes": scopes}});
        let request = self.post("/auth/owner/api_key/create").bearer_auth(session);
        let answer = answer(request.json(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["key"].as_str().unwrap().to_owned()
    }
}

async fn machines(user: ApiKeyUser<Owner, api_key::Read>) -> String {
    format!("{} by {}", user.email, user.key().name())
}

async fn any_machine(user: ApiKeyUser<Owner, AnyScope>) -> String {
    format!("{} by {}", user.email, user.key().strategy())
}

async fn orders(caller: Caller<Owner, api_key::Read>) -> String {
    let how = match (caller.session(), caller.key()) {
        (Some(_), None) => "session",
        (None, Some(_)) => "key",
        _ => "both or neither",
    };
    format!(
        "{} by {how}, may write: {}",
        caller.email,
        caller.may::<api_key::WriteOrders>()
    )
}

async fn write_orders(caller: Caller<Owner, api_key::WriteOrders>) -> String {
    caller.email.clone()
}

async fn greeting(caller: Option<Caller<Owner, AnyScope>>) -> String {
    caller.map_or_else(
        || "hello stranger".to_owned(),
        |caller| format!("hello {}", caller.email),
    )
}

/// A handler that would let a key make a key, if the library let it.
async fn make_key_inside(caller: Caller<Owner, AnyScope>, cx: Context<Owner>) -> String {
    let input = CreateApiKey {
        name: "second".to_owned(),
        scopes: Scopes::none(),
        lifetime: None,
    };
    let made = Owner::create_api_key(&cx, input).await.is_ok();
    format!("{} made one: {made}", caller.email)
}
