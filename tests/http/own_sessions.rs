//! The routes by which people see and end their own sessions.

use reqwest::{Method, header::COOKIE};
use serde_json::{Value, json};

use crate::site::*;

async fn list(site: &Site, token: &str) -> Vec<Value> {
    let listed = answer(site.server.get("/auth/user/sessions").bearer_auth(token)).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    assert_eq!(listed.header("cache-control"), Some("no-store"));
    listed.json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_the_list_shows_device_place_and_time_and_no_secret() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let body = json!({"user": {"email": "ada@example.org", "password": auth_tests::PASSWORD}});
    let agent = format!("Telescope/1.0 {}", "x".repeat(500));
    let request = site
        .server
        .post("/auth/user/password/sign_in")
        .header("user-agent", &agent)
        .json(&body);
    let signed_in = answer(request).await;
    let token = signed_in.json()["token"].as_str().unwrap().to_owned();
    let sessions = list(&site, &token).await;
    assert_eq!(sessions.len(), 2);
    let own = sessions
        .iter()
        .find(|session| session["current"] == true)
        .unwrap();
    assert_eq!(own["user_agent"], agent[..256]);
    assert_eq!(own["client_address"], "127.0.0.1");
    let mut names: Vec<_> = own.as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "client_address",
            "current",
            "expires_at",
            "id",
            "last_seen_at",
            "signed_in_at",
            "user_agent"
        ]
    );
    let id = own["id"].as_str().unwrap();
    assert!(!token.contains(id) && !site.knows(id).await);
    for accept in ["text/html", "*/*"] {
        let request = site.server.get("/auth/user/sessions").header("accept", accept);
        let listed = answer(request.session_cookie(&token)).await;
        assert_eq!(listed.json()["sessions"].as_array().unwrap().len(), 2, "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_sessions_end_one_by_one_or_all_others() {
    let site = Site::new().await;
    let first = site.register("ada@example.org").await;
    let (second, third) = (
        site.sign_in("ada@example.org").await,
        site.sign_in("ada@example.org").await,
    );
    let eve = site.register("eve@example.org").await;
    let end = async |token: &str, id: &Value| {
        let body = json!({"user": {"id": id}});
        let request = site.server.post("/auth/user/sessions/end").session_cookie(token);
        answer(request.json(&body)).await
    };
    let first_session = list(&site, &first).await;
    let current = |sessions: &[Value]| {
        let own = sessions.iter().find(|session| session["current"] == true);
        own.unwrap()["id"].clone()
    };
    let id = current(&first_session);
    let refused = end(&eve, &id).await;
    assert_eq!(
        (refused.status, refused.json()["sessions"].as_i64()),
        (200, Some(0))
    );
    assert!(site.knows(&first).await, "Eve cannot end it");

    let ended = end(&second, &id).await;
    assert_eq!(ended.json(), json!({"status": "ended", "sessions": 1}));
    assert_eq!(ended.cookie(), None);
    assert!(!site.knows(&first).await && site.knows(&third).await);

    let others = site
        .server
        .post("/auth/user/sessions/end_others")
        .session_cookie(&second);
    let ended = answer(others.form_of_the_site(&[("return_to", "/account")])).await;
    assert_eq!((ended.status, ended.header("location")), (303, Some("/account")));
    assert!(site.knows(&second).await && !site.knows(&third).await && site.knows(&eve).await);

    let own = current(&list(&site, &second).await);
    let ended = end(&second, &own).await;
    assert_eq!(ended.status, 200);
    assert_eq!(ended.cookie().unwrap().0, "", "its own cookie is taken away");
    assert!(!site.knows(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_the_routes_need_a_session_and_well_formed_requests() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    let routes = [
        (Method::GET, "/auth/user/sessions"),
        (Method::POST, "/auth/user/sessions/end"),
        (Method::POST, "/auth/user/sessions/end_others"),
    ];
    for (method, path) in routes {
        let body = if path.ends_with("end") {
            json!({"user": {"id": "x"}})
        } else {
            json!({})
        };
        let refused = answer(site.server.request(method, path).json(&body)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (401, "unauthenticated"),
            "{path}"
        );
    }
    for (path, body, field) in [
        ("end", json!({}), "id"),
        ("end", json!({"user": {"id": 5}}), "id"),
        ("end", json!({"user": {"id": "x".repeat(256)}}), "id"),
        (
            "end",
            json!({"user": {"id": "x", "subject": "user?id=1"}}),
            "subject",
        ),
        ("end_others", json!({"user": {"id": "x"}}), "id"),
    ] {
        let request = site.server.post(&format!("/auth/user/sessions/{path}"));
        let refused = answer(request.session_cookie(&token).json(&body)).await;
        assert_eq!(refused.status, 422, "{body}");
        assert!(refused.json()["error"]["fields"][field].is_array(), "{body}");
    }
    assert!(site.knows(&token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_another_site_ends_no_sessions() {
    let site = Site::new().await;
    let (first, second) = (
        site.register("ada@example.org").await,
        site.sign_in("ada@example.org").await,
    );
    for path in ["/auth/user/sessions/end", "/auth/user/sessions/end_others"] {
        let request = site
            .server
            .post(path)
            .header(COOKIE, format!("{COOKIE_NAME}={second}"))
            .header("sec-fetch-site", "cross-site")
            .form(&[("user[id]", "x")]);
        let refused = answer(request).await;
        assert_eq!((refused.status, refused.cookie()), (403, None), "{path}");
    }
    assert!(site.knows(&first).await && site.knows(&second).await);
}
