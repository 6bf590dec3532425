//! The routes of a resource on a socket, and a client.

use std::net::SocketAddr;

use auth_runtime::{authentication::Authentication, user::Authenticated};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde_json::Value;

/// A running server.
pub(crate) struct Site {
    base: String,
    client: Client,
}

impl Site {
    /// The routes of `auth`, at `/auth`.
    pub(crate) async fn of<U: Authenticated>(auth: &Authentication<U>) -> Self {
        let router = axum::Router::new()
            .nest("/auth", auth.router())
            .layer(auth.layer());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/auth/user", listener.local_addr().unwrap());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { base, client }
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}/{path}", self.base))
    }
}

/// The status and the body, `null` if that is no JSON.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap_or_default())
}
