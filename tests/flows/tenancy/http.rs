use auth_tests::PASSWORD;
use axum::http::{Request, request::Parts};
use serde_json::{Value, json};

use super::{
    db::World,
    people::{self, *},
};

/// A JSON request to an organisation's host.
fn head(path: &str, host: &str, cookie: Option<&str>) -> Parts {
    let mut request = Request::post(path)
        .header("host", host)
        .header("origin", "https://example.org")
        .header("content-type", "application/json");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    request.body(()).unwrap().into_parts().0
}

fn body(password: &str) -> Vec<u8> {
    let fields = json!({"staff": {"email": "ada@example.org", "password": password}});
    fields.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_the_tenant_of_a_request_is_what_the_application_says() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    register(&auth.in_tenant(1).context(), "ada@example.org", PASSWORD)
        .await
        .unwrap();
    let sign_in = "/staff/password/sign_in";
    let right = auth
        .handle(&head(sign_in, "org1.example.org", None), &body(PASSWORD))
        .await;
    assert_eq!(right.status(), 200);
    let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();

    let elsewhere = auth
        .handle(&head(sign_in, "org2.example.org", None), &body(PASSWORD))
        .await;
    let wrong = auth
        .handle(
            &head(sign_in, "org1.example.org", None),
            &body("wrong mule battery staple"),
        )
        .await;
    let nowhere = auth
        .handle(&head(sign_in, "example.org", None), &body(PASSWORD))
        .await;
    for answer in [&elsewhere, &nowhere] {
        assert_eq!(answer.status(), wrong.status());
        assert_eq!(answer.body(), wrong.body(), "all look like a wrong password");
    }

    let session = |host: &'static str| {
        let (auth, head) = (auth.clone(), head("/", host, Some(cookie)));
        async move { auth.session_from(&head).await.unwrap().session }
    };
    assert!(session("org1.example.org").await.is_some());
    for host in ["org2.example.org", "example.org"] {
        assert!(session(host).await.is_none(), "{host}");
    }

    let change = json!({"staff": {
        "current_password": PASSWORD,
        "password": "seven green bicycles at dusk",
        "password_confirmation": "seven green bicycles at dusk",
    }});
    let change = change.to_string().into_bytes();
    let path = "/staff/password/change";
    let foreign = auth
        .handle(&head(path, "org2.example.org", Some(cookie)), &change)
        .await;
    assert_eq!(foreign.status(), 401);
    let own = auth
        .handle(&head(path, "org1.example.org", Some(cookie)), &change)
        .await;
    let text: Value = serde_json::from_slice(own.body()).unwrap();
    assert_eq!(own.status(), 200, "{text}");
}
