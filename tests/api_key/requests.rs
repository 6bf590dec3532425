//! Keys over HTTP.

use auth_tests::PASSWORD;
use serde_json::json;

use super::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_as_bearer_and_in_its_header() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let key = site.key(&session, &["read"]).await;
    for request in [
        site.get("/machines").bearer_auth(&key),
        site.get("/machines")
            .header("authorization", format!("bearer   {key} ")),
        site.get("/machines").header("x-api-key", &key),
        site.get("/machines").header("X-API-Key", format!(" {key} ")),
        site.get("/machines").header("x-api-key", &key).bearer_auth(&key),
    ] {
        let answer = answer(request).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "ada@example.org by CI")
        );
        assert!(!answer.cookie, "a key makes no browser session");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn su_08_a_key_is_not_taken_from_an_address_a_cookie_or_a_body() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let key = site.key(&session, &["read"]).await;
    for parameter in [
        "api_key",
        "key",
        "token",
        "access_token",
        "x-api-key",
        "authorization",
    ] {
        let request = site.get(&format!("/machines?{parameter}={key}"));
        assert_eq!(answer(request).await.status, 401, "{parameter}");
    }
    let cookie = site
        .get("/machines")
        .header("cookie", format!("{COOKIE}={key}; api_key={key}"));
    assert_eq!(answer(cookie).await.status, 401);
    let body = site.post("/orders").form(&[("api_key", &key)]);
    assert_eq!(answer(body).await.status, 401);
    let basic = site.get("/machines").basic_auth(&key, Some(""));
    assert_eq!(answer(basic).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_say_whether_they_take_keys() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let (read, write) = (
        site.key(&session, &["read"]).await,
        site.key(&session, &["write_orders"]).await,
    );
    let get = async |path: &str, credential: &str| answer(site.get(path).bearer_auth(credential)).await;
    let refused = async |path: &str, credential: &str| {
        let answer = get(path, credential).await;
        (answer.status, answer.code())
    };
    let unauthenticated = (401, "unauthenticated".to_owned());
    let insufficient = (403, "insufficient_scope".to_owned());
    assert_eq!(refused("/me", &read).await, unauthenticated, "sessions only");
    assert_eq!(refused("/machines", &session).await, unauthenticated, "keys only");
    assert_eq!(refused("/any-machine", &session).await, unauthenticated);
    assert_eq!(
        get("/any-machine", &write).await.body,
        "ada@example.org by api_key"
    );
    assert_eq!(
        get("/orders", &session).await.body,
        "ada@example.org by session, may write: true"
    );
    assert_eq!(
        get("/orders", &read).await.body,
        "ada@example.org by key, may write: false"
    );
    assert_eq!(refused("/orders", &write).await, insufficient);
    assert_eq!(refused("/machines", &write).await, insufficient);
    let post = answer(site.post("/orders").bearer_auth(&read)).await;
    assert_eq!((post.status, post.code()), insufficient);
    assert_eq!(answer(site.post("/orders").bearer_auth(&write)).await.status, 200);
    assert_eq!(get("/greeting", &read).await.body, "hello ada@example.org");
    assert_eq!(get("/greeting", "acme_a_a").await.body, "hello stranger");
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_02_en_01_keys_that_do_not_count_are_alike() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let revoked = site.key(&session, &["read"]).await;
    let id = auth_runtime::strategies::api_key::inspect(&revoked).unwrap().id;
    let body = json!({"owner": {"id": id}});
    let request = site.post("/auth/owner/api_key/revoke").bearer_auth(&session);
    let done = answer(request.json(&body)).await;
    assert_eq!((done.status, done.json()), (200, json!({"status": "revoked"})));
    let live = site.key(&session, &["read"]).await;
    let mut answers = vec![answer(site.get("/machines")).await];
    for key in [
        &revoked,
        "acme_",
        "acme_a_a",
        "acme",
        "nothing at all",
        "other_a_a",
    ] {
        answers.push(answer(site.get("/machines").bearer_auth(key)).await);
        answers.push(answer(site.get("/machines").header("x-api-key", key)).await);
    }
    site.world.execute("UPDATE owners SET confirmed_at = NULL").await;
    answers.push(answer(site.get("/machines").bearer_auth(&live)).await);
    site.world.execute("DELETE FROM owners").await;
    answers.push(answer(site.get("/machines").bearer_auth(&live)).await);
    for other in &answers {
        assert_eq!(other, &answers[0]);
        assert_eq!(other.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_03_a_key_opens_none_of_the_actions() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let key = site.key(&session, &["read", "write_orders"]).await;
    let id = auth_runtime::strategies::api_key::inspect(&key).unwrap().id;
    for (path, arguments) in [
        ("api_key/create", json!({"name": "second"})),
        ("api_key/rotate", json!({"id": id})),
        ("api_key/revoke", json!({"id": id})),
        ("deploy/create", json!({"name": "second"})),
        (
            "password/change",
            json!({"current_password": PASSWORD, "password": "another long enough phrase"}),
        ),
        ("password/sign_in_with_token", json!({"token": key})),
    ] {
        let body = json!({"owner": arguments});
        for request in [
            site.post(&format!("/auth/owner/{path}")).bearer_auth(&key),
            site.post(&format!("/auth/owner/{path}"))
                .header("x-api-key", &key),
        ] {
            let answer = answer(request.json(&body)).await;
            assert_eq!(
                (answer.status, answer.code(), answer.cookie),
                (401, "authentication_failed".to_owned(), false),
                "{path}"
            );
        }
    }
    let listed = answer(site.get("/auth/owner/api_key").bearer_auth(&key)).await;
    assert_eq!(listed.status, 401);
    let inside = answer(site.get("/key-by-key").bearer_auth(&key)).await;
    assert_eq!(inside.body, "ada@example.org made one: false");
    let listed = answer(site.get("/auth/owner/api_key").bearer_auth(&session)).await;
    assert_eq!(listed.json()["api_keys"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_11_a_key_and_a_session_must_name_one_subject() {
    let site = Site::new().await;
    let (ada, eve) = (
        site.register("ada@example.org").await,
        site.register("eve@example.org").await,
    );
    let (of_ada, second) = (site.key(&ada, &["read"]).await, site.key(&ada, &[]).await);
    let with = |path: &str, cookie: &str, key: &str| {
        let request = site.get(path).header("cookie", format!("{COOKIE}={cookie}"));
        request.header("x-api-key", key)
    };
    let ambiguous = (400, "ambiguous_credentials".to_owned());
    let refused = async |request| {
        let answer = answer(request).await;
        (answer.status, answer.code())
    };
    for path in ["/me", "/machines", "/orders"] {
        assert_eq!(answer(with(path, &ada, &of_ada)).await.status, 200, "{path}");
        assert_eq!(refused(with(path, &eve, &of_ada)).await, ambiguous, "{path}");
        assert_eq!(
            refused(with(path, &ada, "acme_a_a")).await,
            ambiguous,
            "a dead key was meant"
        );
    }
    assert_eq!(
        answer(with("/orders", &ada, &of_ada)).await.body,
        "ada@example.org by key, may write: false",
        "the key is the narrower"
    );
    assert_eq!(
        answer(with("/machines", "stale", &of_ada)).await.status,
        200,
        "a left-over cookie says nothing"
    );
    let two_keys = site
        .get("/machines")
        .bearer_auth(&of_ada)
        .header("x-api-key", &second);
    assert_eq!(refused(two_keys).await, ambiguous);
    let twice = site
        .get("/machines")
        .header("x-api-key", &of_ada)
        .header("x-api-key", &of_ada);
    assert_eq!(refused(twice).await, ambiguous);
    let with_bearer = |bearer: &str| {
        site.get("/machines")
            .bearer_auth(bearer)
            .header("x-api-key", &of_ada)
    };
    assert_eq!(answer(with_bearer(&ada)).await.status, 200);
    assert_eq!(refused(with_bearer(&eve)).await, ambiguous);
    assert_eq!(
        refused(with_bearer("x.y.z")).await,
        ambiguous,
        "a dead bearer was meant"
    );
    let at_an_action = site.post("/auth/owner/api_key/create").bearer_auth(&eve);
    let at_an_action = at_an_action.header("x-api-key", &of_ada);
    let body = json!({"owner": {"name": "x"}});
    assert_eq!(refused(at_an_action.json(&body)).await, ambiguous);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_sees_and_ends_keys_over_http() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let key = site.key(&session, &["read"]).await;
    let list = async || answer(site.get("/auth/owner/api_key").bearer_auth(&session)).await;
    let listed = list().await;
    assert_eq!(listed.status, 200);
    let info = &listed.json()["api_keys"][0];
    assert_eq!(
        (
            &info["name"],
            &info["scopes"],
            &info["prefix"],
            &info["revoked_at"]
        ),
        (&json!("CI"), &json!(["read"]), &json!("acme"), &json!(null))
    );
    assert!(!listed.body.contains(key.split('_').nth(1).unwrap()));
    assert!(listed.body.find("hash").is_none() && listed.body.find("digest").is_none());

    let body = json!({"owner": {"id": info["id"], "overlap": 0, "lifetime": 60}});
    let request = site.post("/auth/owner/api_key/rotate").bearer_auth(&session);
    let rotated = answer(request.json(&body)).await;
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    assert_eq!(answer(site.get("/machines").bearer_auth(&key)).await.status, 401);
    let new = rotated.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(answer(site.get("/machines").bearer_auth(&new)).await.status, 200);
    assert_eq!(
        answer(site.post("/auth/owner/api_key").bearer_auth(&session))
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_shown_the_key_once() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let form = |path: &str, fields: &[(&str, &str)]| {
        let request = site.post(path).header("accept", "text/html");
        let request = request
            .header("origin", "https://example.org")
            .header("sec-fetch-site", "same-origin");
        request
            .header("cookie", format!("{COOKIE}={session}"))
            .form(fields)
    };
    let fields = [
        ("owner[name]", "My <laptop>"),
        ("owner[scopes]", "read write_orders"),
        ("owner[lifetime]", "3600"),
        ("return_to", "/account"),
    ];
    let made = answer(form("/auth/owner/api_key/create", &fields)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let key = made
        .body
        .split("<code id=\"key\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        made.headers
            .contains(&("cache-control".to_owned(), "no-store".to_owned()))
    );
    assert_eq!(answer(site.get("/machines").bearer_auth(&key)).await.status, 200);
    let id = auth_runtime::strategies::api_key::inspect(&key)
        .unwrap()
        .id
        .to_string();
    let revoked = answer(form(
        "/auth/owner/api_key/revoke",
        &[("owner[id]", &id), ("return_to", "/account")],
    ))
    .await;
    assert_eq!(revoked.status, 303);
    assert!(
        revoked
            .headers
            .contains(&("location".to_owned(), "/account".to_owned()))
    );
    let foreign = site
        .post("/auth/owner/api_key/create")
        .header("cookie", format!("{COOKIE}={session}"));
    let foreign = foreign.header("sec-fetch-site", "cross-site").form(&fields);
    assert_eq!(answer(foreign).await.code(), "cross_site_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_kinds_of_keys_keep_apart() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let body = json!({"owner": {"name": "deploy", "scopes": ["read"]}});
    let request = site.post("/auth/owner/deploy/create").bearer_auth(&session);
    let made = answer(request.json(&body)).await;
    let deploy = made.json()["key"].as_str().unwrap().to_owned();
    assert!(deploy.starts_with("acmedeploy_"));
    let any = answer(site.get("/any-machine").header("x-deploy-key", &deploy)).await;
    assert_eq!(any.body, "ada@example.org by deploy");
    let scoped = answer(site.get("/machines").bearer_auth(&deploy)).await;
    assert_eq!(scoped.code(), "insufficient_scope", "its `read` is another word");
    let listed = answer(site.get("/auth/owner/api_key").bearer_auth(&session)).await;
    assert_eq!(listed.json(), json!({"api_keys": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_servers_find_the_key() {
    let site = Site::new().await;
    let session = site.register("ada@example.org").await;
    let key = site.key(&session, &["read"]).await;
    let head = |credential: &str| {
        let request = axum::http::Request::builder().header("authorization", format!("Bearer {credential}"));
        request.body(()).unwrap().into_parts().0
    };
    let found = site.auth.api_key_from(&head(&key)).await.unwrap().unwrap();
    assert_eq!(found.user().email, "ada@example.org");
    assert!(
        site.auth
            .session_from(&head(&key))
            .await
            .unwrap()
            .session
            .is_none()
    );
    assert!(site.auth.api_key_from(&head(&session)).await.unwrap().is_none());
}
