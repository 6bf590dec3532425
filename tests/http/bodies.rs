use auth_runtime::http::BODY_LIMIT;
use auth_tests::PASSWORD;
use serde_json::json;

use crate::site::*;

const SIGN_IN: &str = "/auth/user/password/sign_in";

#[tokio::test(flavor = "multi_thread")]
async fn in_02_a_body_has_at_most_64_kib() {
    let site = Site::new().await;
    assert_eq!(BODY_LIMIT, 64 * 1024);
    let padded = |size: usize| {
        let body = json!({"user": {"email": "ada@example.org", "password": PASSWORD}}).to_string();
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    let fits = answer(
        site.server
            .post(SIGN_IN)
            .raw("application/json", padded(BODY_LIMIT)),
    )
    .await;
    assert_eq!(fits.status, 401, "{}", fits.body);
    let too_large = answer(
        site.server
            .post(SIGN_IN)
            .raw("application/json", padded(BODY_LIMIT + 1)),
    )
    .await;
    assert_eq!(
        (too_large.status, too_large.code()),
        (413, "payload_too_large".to_owned())
    );
    for path in ["/auth/user/sign_out", "/auth/nowhere"] {
        let too_large = answer(
            site.server
                .post(path)
                .raw("application/json", padded(BODY_LIMIT + 1)),
        )
        .await;
        assert_eq!(too_large.status, 413, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_02_fields_are_bounded_and_free_of_control_characters() {
    let site = Site::new().await;
    for (field, value, code) in [
        ("email", "x".repeat(1025), "too_long"),
        ("password", "x".repeat(1025), "too_long"),
        ("email", "a\u{0}@example.org".to_owned(), "control_character"),
        ("password", format!("{PASSWORD}\u{0}"), "control_character"),
        ("email", String::new(), "required"),
    ] {
        let mut arguments = json!({"email": "ada@example.org", "password": PASSWORD});
        arguments[field] = json!(value);
        let as_json = site.server.post_user("sign_in", arguments.clone()).await;
        let fields: Vec<(String, String)> = ["email", "password"]
            .map(|name| {
                (
                    format!("user[{name}]"),
                    arguments[name].as_str().unwrap().to_owned(),
                )
            })
            .into();
        let as_form = answer(site.server.post(SIGN_IN).form(&fields)).await;
        for answer in [as_json, as_form] {
            assert_eq!(
                (answer.status, answer.code()),
                (422, "invalid".to_owned()),
                "{field}"
            );
            let errors = answer.json()["error"]["fields"].clone();
            assert_eq!(errors[field][0]["code"], code, "{errors}");
            assert_eq!(errors.as_object().unwrap().len(), 1, "{errors}");
            assert!(
                !answer.body.contains("xxx") && !answer.body.contains(PASSWORD),
                "values are not repeated"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_other_content_types_are_refused() {
    let site = Site::new().await;
    let body = json!({"user": {"email": "ada@example.org", "password": PASSWORD}}).to_string();
    for content_type in [
        "text/plain",
        "text/json",
        "application/xml",
        "multipart/form-data; boundary=x",
        "",
        "application/json5",
    ] {
        let answer = answer(site.server.post(SIGN_IN).raw(content_type, body.clone())).await;
        assert_eq!(
            (answer.status, answer.code()),
            (415, "unsupported_media_type".to_owned()),
            "{content_type}"
        );
    }
    let without = answer(site.server.post(SIGN_IN).body(body.clone())).await;
    assert_eq!(without.status, 415);
    let twice = site
        .server
        .post(SIGN_IN)
        .header("content-type", "application/json")
        .header("content-type", FORM);
    assert_eq!(answer(twice.body(body.clone())).await.status, 415);
    let with_charset = site
        .server
        .post(SIGN_IN)
        .raw("application/json; charset=utf-8", body);
    assert_eq!(answer(with_charset).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_duplicates_and_odd_shapes_are_refused() {
    let site = Site::new().await;
    for (content_type, body, status) in [
        (
            "application/json",
            r#"{"user": {"email": "a@b.example", "email": "c@d.example", "password": "x"}}"#,
            400,
        ),
        (
            "application/json",
            r#"{"user": {}, "user": {"email": "a@b.example", "password": "x"}}"#,
            400,
        ),
        (
            "application/json",
            r#"{"user": {"email": "a@b.example", "\u0065mail": "x", "password": "x"}}"#,
            400,
        ),
        (
            "application/json",
            r#"{"user": {"email": "a@b.example", "password": "x"}} {}"#,
            400,
        ),
        (
            "application/json",
            r#"[{"user": {"email": "a@b.example", "password": "x"}}]"#,
            400,
        ),
        ("application/json", "{\"user\": {\"email\": \"\u{fffd}", 400),
        ("application/json", "not json", 400),
        ("application/json", r#"{"user": "a@b.example"}"#, 422),
        ("application/json", r#"{"user": null}"#, 422),
        (
            "application/json",
            r#"{"email": "a@b.example", "password": "x"}"#,
            422,
        ),
        (
            "application/json",
            r#"{"user": {"email": ["a@b.example"], "password": "x"}}"#,
            422,
        ),
        (
            "application/json",
            r#"{"user": {"email": {"x": "y"}, "password": 1}}"#,
            422,
        ),
        (
            "application/json",
            r#"{"user": {"email": "a@b.example", "password": "x", "admin": true}}"#,
            422,
        ),
        (
            FORM,
            "user[email]=a@b.example&user[email]=c@d.example&user[password]=x",
            400,
        ),
        (
            FORM,
            "user[email]=a@b.example&user%5Bemail%5D=a@b.example&user[password]=x",
            400,
        ),
        (FORM, "user[email][]=a@b.example&user[password]=x", 400),
        (FORM, "user[email]=%ff&user[password]=x", 400),
        (FORM, "user=x&user[email]=a@b.example", 422),
        (FORM, "email=a@b.example&password=x", 422),
        (
            FORM,
            "user[email]=a@b.example&user[password]=x&user[admin]=1",
            422,
        ),
    ] {
        let answer = answer(site.server.post(SIGN_IN).raw(content_type, body)).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
    assert_eq!(
        answer(site.server.post(SIGN_IN).raw("application/json", deep))
            .await
            .status,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_query_parameters_never_stand_in_for_the_body() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let query =
        format!("{SIGN_IN}?user[email]=ada@example.org&user[password]=correct%20mule%20battery%20staple");
    for request in [
        site.server.post(&query),
        site.server.post(&query).json(&json!({})),
        site.server.post(&query).raw(FORM, ""),
    ] {
        let answer = answer(request).await;
        assert_eq!((answer.status, answer.cookie()), (422, None), "{}", answer.body);
    }
    let other = json!({"user": {"email": "eve@example.org", "password": PASSWORD}});
    assert_eq!(answer(site.server.post(&query).json(&other)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_stand_at_the_top_but_not_in_two_places() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let sign_in_token = async || {
        let asked = json!({"email": "ada@example.org", "password": PASSWORD});
        site.server.post_user("sign_in_token", asked).await.json()["token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let exchange = "/auth/user/password/sign_in_with_token";
    let token = sign_in_token().await;
    let twice = json!({"token": token, "user": {"token": token}});
    assert_eq!(answer(site.server.post(exchange).json(&twice)).await.status, 400);
    assert_eq!(
        answer(site.server.post(exchange).json(&json!({"token": token})))
            .await
            .status,
        200
    );
    let token = sign_in_token().await;
    assert_eq!(
        answer(site.server.post(exchange).form(&[("token", &token)]))
            .await
            .status,
        200
    );
}
