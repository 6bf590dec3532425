//! A small site in front of the library, and its client.

use std::net::SocketAddr;

use auth_runtime::{authentication::Authentication, http::CurrentUser};
use auth_tests::{
    PASSWORD,
    sqlite::{World, user::User},
};
use axum::{
    Router,
    routing::{get, post},
};
use reqwest::{
    Client, Method, RequestBuilder,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};

pub(crate) const COOKIE_NAME: &str = "__Host-user_session";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A running server.
pub(crate) struct Server {
    base: String,
    client: Client,
}

impl Server {
    pub(crate) async fn of(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { base, client }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// Posts arguments as JSON under `user`.
    pub(crate) async fn post_user(&self, phase: &str, arguments: Value) -> Answer {
        let body = json!({"user": arguments});
        answer(self.post(&format!("/auth/user/password/{phase}")).json(&body)).await
    }
}

/// Users at `/auth`, and pages of the application's own.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) auth: Authentication<User>,
    pub(crate) server: Server,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let world = World::new().await.unwrap();
        let auth = world.start::<User>().await;
        let server = Server::of(routes(&auth)).await;
        Self { world, auth, server }
    }

    /// Registers somebody and hands out the token.
    pub(crate) async fn register(&self, email: &str) -> String {
        let arguments = json!({
            "email": email,
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
            "display_name": null,
        });
        let answer = self.server.post_user("register", arguments).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let answer = self
            .server
            .post_user("sign_in", json!({"email": email, "password": PASSWORD}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Whether the site takes a token for a session.
    pub(crate) async fn knows(&self, token: &str) -> bool {
        let answer = answer(self.server.get("/me").bearer_auth(token)).await;
        assert!([200, 401].contains(&answer.status), "{}", answer.body);
        answer.status == 200
    }
}

pub(crate) fn routes(auth: &Authentication<User>) -> Router {
    Router::new()
        .route("/me", get(async |user: CurrentUser<User>| user.email.clone()))
        .route(
            "/orders",
            post(async |user: CurrentUser<User>| user.email.clone()),
        )
        .route("/greeting", get(greeting).post(greeting))
        .nest("/auth", auth.router())
        .layer(auth.layer())
}

async fn greeting(user: Option<CurrentUser<User>>) -> String {
    user.map_or_else(
        || "hello stranger".to_owned(),
        |user| format!("hello {}", user.email),
    )
}

/// An answer, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or("none").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().unwrap();
        assert!(values.next().is_none(), "{name} is there twice");
        Some(value)
    }

    /// The value and the attributes of the session cookie that is set.
    pub(crate) fn cookie(&self) -> Option<(String, Vec<String>)> {
        let line = self.header(SET_COOKIE.as_str())?;
        let mut parts = line.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        assert_eq!(name, COOKIE_NAME);
        let mut attributes: Vec<String> = parts.map(str::to_owned).collect();
        attributes.sort();
        Some((value.to_owned(), attributes))
    }

    /// Everything that a client can see, without the date.
    pub(crate) fn visible(&self) -> (u16, Vec<(String, String)>, &str) {
        let headers = self.headers.iter().filter(|(name, _)| *name != "date");
        let mut headers: Vec<_> = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        (self.status, headers, &self.body)
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.unwrap(),
    }
}

pub(crate) trait Browser: Sized {
    /// The session cookie, as a browser sends it.
    fn session_cookie(self, token: &str) -> Self;

    /// A form, as a browser of the site's own page sends it.
    fn form_of_the_site(self, fields: &[(&str, &str)]) -> Self;

    fn raw(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self;
}

impl Browser for RequestBuilder {
    fn session_cookie(self, token: &str) -> Self {
        self.header(COOKIE, format!("{COOKIE_NAME}={token}"))
    }

    fn form_of_the_site(self, fields: &[(&str, &str)]) -> Self {
        self.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("origin", "https://example.org")
            .header("sec-fetch-site", "same-origin")
            .form(fields)
    }

    fn raw(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.header(CONTENT_TYPE, content_type).body(body)
    }
}
