//! Requests from chosen addresses.

use std::net::{IpAddr, SocketAddr};

use auth_runtime::{authentication::Authentication, http::PeerAddress, user::Authenticated};
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};

/// What a client sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Posts to a phase of the password strategy from `peer`, with the headers given.
pub(crate) async fn post<U: Authenticated>(
    auth: &Authentication<U>,
    peer: Option<&str>,
    headers: &[(&str, &str)],
    phase: &str,
    arguments: Value,
) -> Seen {
    let mut request =
        Request::post(format!("/user/password/{phase}")).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut head = request.body(()).unwrap().into_parts().0;
    if let Some(peer) = peer {
        let address: IpAddr = peer.parse().unwrap();
        head.extensions
            .insert(PeerAddress(SocketAddr::new(address, 4711)));
    }
    let body = json!({"user": arguments}).to_string();
    let answer = auth.handle(&head, body.as_bytes()).await;
    let (parts, body) = answer.into_parts();
    Seen {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

/// Signs in from `peer`.
pub(crate) async fn sign_in<U: Authenticated>(
    auth: &Authentication<U>,
    peer: Option<&str>,
    headers: &[(&str, &str)],
    email: &str,
    password: &str,
) -> Seen {
    let arguments = json!({"email": email, "password": password});
    post(auth, peer, headers, "sign_in", arguments).await
}
