use auth_tests::{OTHER_PASSWORD, PASSWORD, sqlite::user::User};
use reqwest::{Method, header::COOKIE};
use serde_json::json;

use crate::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn se_02_attributes_of_the_cookie() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let credentials = json!({"email": "ada@example.org", "password": PASSWORD});
    let signed_in = site.server.post_user("sign_in", credentials).await;
    let (value, attributes) = signed_in.cookie().unwrap();
    assert_eq!(signed_in.json()["token"], value);
    assert_eq!(
        attributes,
        ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Lax", "Secure"],
        "and no Domain"
    );
    assert!(signed_in.header("set-cookie").unwrap().len() <= 4096);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_02_the_development_switch_drops_secure_on_this_machine_only() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let builder = site
        .world
        .builder::<User>()
        .public_url("http://127.0.0.1:3000")
        .development(true);
    let server = Server::of(routes(&builder.start().await.unwrap())).await;
    let sign_in = |host: &str| {
        let body = json!({"user": {"email": "ada@example.org", "password": PASSWORD}});
        server
            .post("/auth/user/password/sign_in")
            .header("host", host)
            .json(&body)
    };
    for host in ["127.0.0.1:3000", "localhost:3000", "[::1]:3000"] {
        let answer = answer(sign_in(host)).await;
        let line = answer.header("set-cookie").unwrap();
        assert!(
            line.starts_with("user_session=") && !line.contains("Secure"),
            "{line}"
        );
        assert!(
            line.contains("HttpOnly") && line.contains("SameSite=Lax"),
            "{line}"
        );
    }
    for host in ["example.org", "localhost.example.org", "192.168.0.7"] {
        let answer = answer(sign_in(host)).await;
        assert_eq!(
            (answer.status, answer.header("set-cookie")),
            (200, None),
            "{host}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_01_a_session_chosen_by_somebody_else_is_never_adopted() {
    let site = Site::new().await;
    let eves = site.register("eve@example.org").await;
    site.register("ada@example.org").await;
    let sign_in = |cookie: &str| {
        let body = json!({"user": {"email": "ada@example.org", "password": PASSWORD}});
        site.server
            .post("/auth/user/password/sign_in")
            .session_cookie(cookie)
            .json(&body)
    };
    // Eve planted a cookie of her own choice, then of her own session, in Ada's browser.
    for planted in ["chosen-by-eve", "a.b.c", &eves] {
        let answer = answer(sign_in(planted)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let (fresh, _) = answer.cookie().unwrap();
        assert_ne!(fresh, planted);
        assert!(site.knows(&fresh).await);
        assert_eq!(answer.json()["user"]["email"], "ada@example.org");
        assert!(!site.knows(planted).await, "the session it replaced is over");
    }
    let other_names = format!("user_session={eves}; __Secure-user_session={eves}; {COOKIE_NAME}2={eves}");
    assert_eq!(
        answer(site.server.get("/me").header(COOKIE, other_names))
            .await
            .status,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_01_each_sign_in_has_a_session_of_its_own() {
    let site = Site::new().await;
    let first = site.register("ada@example.org").await;
    let second = answer(
        site.server
            .post("/auth/user/password/sign_in")
            .session_cookie(&first)
            .json(&json!({"user": {"email": "ada@example.org", "password": PASSWORD}})),
    )
    .await;
    let (second, _) = second.cookie().unwrap();
    assert!(!site.knows(&first).await && site.knows(&second).await);
    let change = json!({"user": {
        "current_password": PASSWORD,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    }});
    let third = answer(
        site.server
            .post("/auth/user/password/change")
            .session_cookie(&second)
            .json(&change),
    )
    .await;
    assert_eq!(third.status, 200, "{}", third.body);
    let (third, _) = third.cookie().unwrap();
    assert!(!site.knows(&second).await && site.knows(&third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_signing_out_kills_a_copied_token_and_clears_the_cookie() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    for (method, by_cookie) in [
        (Method::POST, true),
        (Method::DELETE, true),
        (Method::POST, false),
    ] {
        let token = site.sign_in("ada@example.org").await;
        let request = site
            .server
            .request(method.clone(), "/auth/user/sign_out")
            .json(&json!({}));
        let request = if by_cookie {
            request.session_cookie(&token)
        } else {
            request.bearer_auth(&token)
        };
        let ended = answer(request).await;
        assert_eq!(ended.status, 200, "{method}: {}", ended.body);
        let (value, attributes) = ended.cookie().unwrap();
        assert_eq!(
            (value.as_str(), attributes.contains(&"Max-Age=0".to_owned())),
            ("", true)
        );
        assert!(!site.knows(&token).await, "{method}, by cookie: {by_cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_signing_out_always_completes() {
    let site = Site::new().await;
    let (ada, eve) = (
        site.register("ada@example.org").await,
        site.register("eve@example.org").await,
    );
    for odd in ["", "x", "a.b.c", "\"quoted\""] {
        let ended = answer(
            site.server
                .post("/auth/user/sign_out")
                .session_cookie(odd)
                .json(&json!({})),
        )
        .await;
        assert_eq!(ended.status, 200, "{odd}");
        assert_eq!(ended.cookie().unwrap().0, "");
    }
    // What would be ambiguous elsewhere is ended altogether here.
    let request = site
        .server
        .post("/auth/user/sign_out")
        .session_cookie(&ada)
        .bearer_auth(&eve)
        .json(&json!({}));
    assert_eq!(answer(request).await.status, 200);
    assert!(!site.knows(&ada).await && !site.knows(&eve).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_reading_the_sign_out_page_ends_nothing() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    for accept in ["text/html", "application/json"] {
        let request = site
            .server
            .get("/auth/user/sign_out")
            .session_cookie(&token)
            .header("accept", accept);
        let page = answer(request).await;
        assert_eq!((page.status, page.cookie()), (200, None));
    }
    assert!(site.knows(&token).await);
    let form = site.server.post("/auth/user/sign_out").session_cookie(&token);
    let ended = answer(form.form_of_the_site(&[("return_to", "/bye")])).await;
    assert_eq!((ended.status, ended.header("location")), (303, Some("/bye")));
    assert!(!site.knows(&token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_09_a_form_leads_to_paths_of_this_site_only() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    for (target, expected) in [
        ("/account?tab=1#top", "/account?tab=1#top"),
        ("/", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/%0d%0aSet-Cookie:x=1", "/%0d%0aSet-Cookie:x=1"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("javascript:alert(1)", "/"),
        ("account", "/"),
        ("", "/"),
    ] {
        let form = site
            .server
            .post("/auth/user/password/sign_in")
            .form_of_the_site(&[
                ("user[email]", "ada@example.org"),
                ("user[password]", PASSWORD),
                ("return_to", target),
            ]);
        let answer = answer(form).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(expected)),
            "{target:?}"
        );
    }
}
