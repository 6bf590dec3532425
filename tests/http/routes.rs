use auth_tests::{OTHER_PASSWORD, PASSWORD};
use reqwest::Method;
use serde_json::json;

use crate::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_in_json() {
    let site = Site::new().await;
    let registered = site
        .server
        .post_user(
            "register",
            json!({
                "email": "Ada@example.org",
                "password": PASSWORD,
                "password_confirmation": PASSWORD,
                "display_name": "Ada",
            }),
        )
        .await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    let user = &registered.json()["user"];
    assert_eq!(
        (&user["email"], &user["display_name"]),
        (&json!("ada@example.org"), &json!("Ada"))
    );
    let shown: Vec<&String> = user.as_object().unwrap().keys().collect();
    assert_eq!(
        shown,
        ["display_name", "email", "id"],
        "neither sensitive nor private columns"
    );

    let credentials = json!({"email": "ada@example.org", "password": PASSWORD});
    let signed_in = site.server.post_user("sign_in", credentials.clone()).await;
    assert_eq!(signed_in.status, 200);
    let token = signed_in.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(signed_in.json()["user"], *user);
    assert!(site.knows(&token).await);

    let asked = site.server.post_user("sign_in_token", credentials).await;
    assert_eq!((asked.status, asked.cookie()), (200, None), "no session yet");
    let sign_in_token = asked.json()["token"].clone();
    assert_eq!(
        asked.json(),
        json!({"token": sign_in_token}),
        "and nothing about the person"
    );
    let exchanged = site
        .server
        .post_user("sign_in_with_token", json!({"token": sign_in_token}))
        .await;
    assert_eq!(exchanged.status, 200);
    assert!(exchanged.cookie().is_some());
    let again = site
        .server
        .post_user("sign_in_with_token", json!({"token": sign_in_token}))
        .await;
    assert_eq!(
        (again.status, again.code()),
        (401, "authentication_failed".to_owned())
    );

    let arguments = json!({"user": {
        "current_password": PASSWORD,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    }});
    let change = site
        .server
        .post("/auth/user/password/change")
        .bearer_auth(&token)
        .json(&arguments);
    let changed = answer(change).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert!(!site.knows(&token).await);

    let requested = site
        .server
        .post_user("reset_request", json!({"email": "ada@example.org"}))
        .await;
    assert_eq!(
        (requested.status, requested.json()),
        (200, json!({"status": "accepted"}))
    );
    let sent = site.world.outbox.wait_for("password_reset", 1).await;
    let arguments = json!({
        "reset_token": sent[0].token,
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
    });
    let reset = site.server.post_user("reset", arguments.clone()).await;
    assert_eq!(reset.status, 200, "{}", reset.body);
    assert!(site.knows(reset.json()["token"].as_str().unwrap()).await);
    let again = site.server.post_user("reset", arguments).await;
    assert_eq!((again.status, again.code()), (401, "invalid_token".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_in_forms() {
    let site = Site::new().await;
    let register = site
        .server
        .post("/auth/user/password/register")
        .form_of_the_site(&[
            ("user[email]", "ada@example.org"),
            ("user[password]", PASSWORD),
            ("user[password_confirmation]", PASSWORD),
            ("user[display_name]", ""),
            ("return_to", "/welcome?first=1"),
        ]);
    let registered = answer(register).await;
    assert_eq!(
        (registered.status, registered.header("location")),
        (303, Some("/welcome?first=1"))
    );
    let (cookie, _) = registered.cookie().unwrap();
    assert!(site.knows(&cookie).await, "the cookie holds the session token");
    assert_eq!(registered.body, "", "and no page could read it");

    let credentials = [("user[email]", "ada@example.org"), ("user[password]", PASSWORD)];
    let sign_in = site
        .server
        .post("/auth/user/password/sign_in")
        .form_of_the_site(&credentials);
    let signed_in = answer(sign_in).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/")));

    let request = site.server.post("/auth/user/password/reset_request");
    let requested = answer(request.form_of_the_site(&credentials[..1])).await;
    assert_eq!(requested.status, 200);
    assert!(
        requested.body.contains("Please check your messages"),
        "{}",
        requested.body
    );
    let sent = site.world.outbox.wait_for("password_reset", 1).await;
    let reset = site.server.post("/auth/user/password/reset").form_of_the_site(&[
        ("user[reset_token]", sent[0].token.as_deref().unwrap()),
        ("user[password]", OTHER_PASSWORD),
        ("user[password_confirmation]", OTHER_PASSWORD),
    ]);
    assert_eq!(answer(reset).await.status, 303);

    let refused = site
        .server
        .post("/auth/user/password/sign_in")
        .form_of_the_site(&credentials);
    let refused = answer(refused).await;
    assert_eq!((refused.status, refused.cookie()), (401, None));
    assert!(refused.header("content-type").unwrap().starts_with("text/html"));
    assert!(
        refused.body.contains("Authentication failed") && !refused.body.contains("ada@"),
        "{}",
        refused.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_its_methods_and_no_others() {
    let site = Site::new().await;
    let posts = [
        "register",
        "sign_in",
        "sign_in_token",
        "sign_in_with_token",
        "reset_request",
        "reset",
        "change",
    ];
    for phase in posts {
        let path = format!("/auth/user/password/{phase}");
        let found = answer(site.server.post(&path).json(&json!({"user": {}}))).await;
        assert!([401, 422].contains(&found.status), "POST {path}: {}", found.body);
        for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            let other = answer(site.server.request(method.clone(), &path)).await;
            assert_eq!(
                (other.status, other.code()),
                (404, "not_found".to_owned()),
                "{method} {path}"
            );
        }
        let read = answer(site.server.get(&path)).await;
        let expected = if phase == "sign_in_with_token" { 200 } else { 404 };
        assert_eq!(read.status, expected, "GET {path}");
    }
    for path in [
        "/auth",
        "/auth/",
        "/auth/user",
        "/auth/user/password",
        "/auth/user/password/",
        "/auth/user/password/sign_in/",
        "/auth/user/password/SIGN_IN",
        "/auth/admin/password/sign_in",
        "/auth/user/magic_link/request",
        "/auth/user/password/sign_in/../register",
        "/auth/user/password/sign_in%00",
    ] {
        let answer = answer(site.server.post(path).json(&json!({"user": {}}))).await;
        let reachable = path.contains("../");
        assert!(
            answer.status == 404 || reachable,
            "POST {path}: {}",
            answer.status
        );
    }
    for method in [Method::POST, Method::DELETE] {
        let ended = answer(site.server.request(method, "/auth/user/sign_out")).await;
        assert_eq!(
            (ended.status, ended.json()),
            (200, json!({"status": "signed_out"}))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_sealed() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    let answers = [
        site.server
            .post_user(
                "sign_in",
                json!({"email": "ada@example.org", "password": PASSWORD}),
            )
            .await,
        site.server
            .post_user("sign_in", json!({"email": "ada@example.org", "password": "x"}))
            .await,
        site.server
            .post_user("reset_request", json!({"email": "ada@example.org"}))
            .await,
        site.server.post_user("register", json!({})).await,
        answer(site.server.get("/auth/nothing")).await,
        answer(site.server.get("/auth/user/password/sign_in_with_token?token=x")).await,
        answer(
            site.server
                .get("/auth/user/sign_out")
                .header("accept", "text/html"),
        )
        .await,
        answer(site.server.post("/auth/user/sign_out").bearer_auth(token)).await,
        answer(site.server.get("/me")).await,
    ];
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{answer:?}"
        );
        assert!(
            ["no-referrer", "same-origin"].contains(&answer.header("referrer-policy").unwrap()),
            "{answer:?}"
        );
        let challenge = (answer.status == 401).then_some("Bearer");
        assert_eq!(answer.header("www-authenticate"), challenge, "{answer:?}");
        if answer.status >= 400 {
            assert_eq!(answer.cookie(), None, "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_01_overload_and_outage_are_503_with_retry_after() {
    let site = Site::new().await;
    let crowd: Vec<_> = (0..80)
        .map(|number| {
            let body = json!({"user": {"email": format!("eve{number}@example.org"), "password": PASSWORD}});
            let request = site.server.post("/auth/user/password/sign_in").json(&body);
            tokio::spawn(answer(request))
        })
        .collect();
    let mut turned_away = Vec::new();
    for one in crowd {
        let answer = one.await.unwrap();
        match answer.status {
            401 => {}
            503 => turned_away.push(answer),
            other => panic!("{other}: {}", answer.body),
        }
    }
    for answer in &turned_away {
        assert_eq!(answer.code(), "overloaded");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    }
    assert!(
        !turned_away.is_empty(),
        "80 at once are more than any two cores can queue"
    );

    let token = site.register("ada@example.org").await;
    site.world.execute("DROP TABLE tokens").await;
    let me = answer(site.server.get("/me").bearer_auth(&token)).await;
    assert_eq!(
        (me.status, me.code()),
        (503, "unavailable".to_owned()),
        "a failed look-up denies"
    );
    let greeting = answer(site.server.get("/greeting").bearer_auth(&token)).await;
    assert_eq!(greeting.status, 503, "and is no stranger either");
    let ended = answer(
        site.server
            .post("/auth/user/sign_out")
            .session_cookie(&token)
            .json(&json!({})),
    )
    .await;
    assert_eq!(ended.status, 503);
    assert_eq!(
        ended.cookie().unwrap().0,
        "",
        "the cookie is cleared all the same"
    );
}
