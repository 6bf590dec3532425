use auth_tests::PASSWORD;
use reqwest::header::COOKIE;
use serde_json::json;

use crate::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn handlers_ask_for_the_current_user() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    let by_bearer = answer(site.server.get("/me").bearer_auth(&token)).await;
    assert_eq!(
        (by_bearer.status, by_bearer.body.as_str()),
        (200, "ada@example.org")
    );
    let by_cookie = answer(site.server.get("/me").session_cookie(&token)).await;
    assert_eq!(
        (by_cookie.status, by_cookie.body.as_str()),
        (200, "ada@example.org")
    );
    for scheme in ["bearer", "BEARER", "BeArEr"] {
        let request = site
            .server
            .get("/me")
            .header("authorization", format!("{scheme} {token}"));
        assert_eq!(answer(request).await.status, 200, "{scheme}");
    }
    let nobody = answer(site.server.get("/me")).await;
    assert_eq!(
        (nobody.status, nobody.code()),
        (401, "unauthenticated".to_owned())
    );
    assert_eq!(answer(site.server.get("/greeting")).await.body, "hello stranger");
    assert_eq!(
        answer(site.server.get("/greeting").bearer_auth(&token))
            .await
            .body,
        "hello ada@example.org"
    );
    assert_eq!(
        answer(site.server.get("/greeting").bearer_auth("x.y.z"))
            .await
            .body,
        "hello stranger"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn su_08_a_session_token_is_not_taken_from_an_address_or_a_body() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    for parameter in [
        "token",
        "access_token",
        "user_session",
        "__Host-user_session",
        "authorization",
    ] {
        let path = format!("/me?{parameter}={token}");
        assert_eq!(answer(site.server.get(&path)).await.status, 401, "{parameter}");
    }
    let in_body = site.server.post("/orders").form(&[("access_token", &token)]);
    assert_eq!(answer(in_body).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_03_other_tokens_are_no_sessions() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let credentials = json!({"email": "ada@example.org", "password": PASSWORD});
    let asked = site.server.post_user("sign_in_token", credentials).await;
    site.server
        .post_user("reset_request", json!({"email": "ada@example.org"}))
        .await;
    let reset_token = site.world.outbox.wait_for("password_reset", 1).await[0]
        .token
        .clone()
        .unwrap();
    for token in [asked.json()["token"].as_str().unwrap(), &reset_token] {
        assert_eq!(
            answer(site.server.get("/me").bearer_auth(token)).await.status,
            401
        );
        assert_eq!(
            answer(site.server.get("/me").session_cookie(token)).await.status,
            401
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_11_several_credentials_must_name_one_subject() {
    let site = Site::new().await;
    let (ada, eve) = (
        site.register("ada@example.org").await,
        site.register("eve@example.org").await,
    );
    let ada_again = site.sign_in("ada@example.org").await;
    let both = async |cookie: &str, bearer: &str| {
        answer(site.server.get("/me").session_cookie(cookie).bearer_auth(bearer)).await
    };
    assert_eq!(both(&ada, &ada).await.status, 200);
    assert_eq!(
        both(&ada, &ada_again).await.status,
        200,
        "two sessions of one person"
    );
    for (cookie, bearer) in [(&ada, &eve), (&eve, &ada), (&ada, &"x.y.z".to_owned())] {
        let answer = both(cookie, bearer).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "ambiguous_credentials".to_owned())
        );
    }
    assert_eq!(
        both("stale", &ada).await.status,
        200,
        "a left-over cookie says nothing"
    );

    let two_bearers = site.server.get("/me").bearer_auth(&ada).bearer_auth(&ada);
    assert_eq!(answer(two_bearers).await.status, 400);
    let basic = site
        .server
        .get("/me")
        .bearer_auth(&ada)
        .basic_auth("ada", Some("x"));
    assert_eq!(answer(basic).await.status, 400);
    let two_cookies = site
        .server
        .get("/me")
        .header(COOKIE, format!("{COOKIE_NAME}={ada}; {COOKIE_NAME}={ada}"));
    assert_eq!(answer(two_cookies).await.status, 400);
    let two_lines = site.server.get("/me").session_cookie(&ada).session_cookie(&eve);
    assert_eq!(answer(two_lines).await.status, 400);
    let at_an_action = site
        .server
        .post("/auth/user/password/sign_in")
        .bearer_auth(&ada)
        .session_cookie(&eve);
    let body = json!({"user": {"email": "ada@example.org", "password": PASSWORD}});
    assert_eq!(
        answer(at_an_action.json(&body)).await.status,
        400,
        "at the actions too"
    );
    assert!(site.knows(&ada).await && site.knows(&eve).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_cookie_is_cleared_when_a_page_is_loaded() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    let page = |token: &str| {
        site.server
            .get("/greeting")
            .header("accept", "text/html")
            .session_cookie(token)
    };
    assert_eq!(
        answer(page(&token)).await.cookie(),
        None,
        "a live one is left alone"
    );
    site.auth.sign_out(&token).await.unwrap();
    let dead = answer(page(&token)).await;
    assert_eq!(dead.body, "hello stranger");
    let (value, attributes) = dead.cookie().unwrap();
    assert_eq!(value, "");
    assert!(attributes.contains(&"Max-Age=0".to_owned()), "{attributes:?}");
    assert_eq!(
        dead.headers["cache-control"], "no-store",
        "an answer with a cookie is nobody else's"
    );
    let background = answer(site.server.get("/greeting").session_cookie(&token)).await;
    assert_eq!(
        background.cookie(),
        None,
        "not by a request that could overtake a sign-in"
    );
}
