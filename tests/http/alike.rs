//! Answers that must not tell who has an account.

use auth_tests::call::call;
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, mail::Post, sqlite::admin::Admin};
use axum::Router;
use serde_json::json;

use crate::site::*;

#[tokio::test(flavor = "multi_thread")]
async fn en_01_sign_in_fails_byte_for_byte_alike() {
    let site = Site::new().await;
    for email in [
        "ada@example.org",
        "null@example.org",
        "garbage@example.org",
        "gone@example.org",
    ] {
        site.register(email).await;
    }
    site.world.set_hash("null@example.org", None).await;
    site.world
        .set_hash("garbage@example.org", Some("$argon2id$"))
        .await;
    site.world.delete_user("gone@example.org").await;
    for accept in ["application/json", "text/html"] {
        site.world.forget_limits().await;
        let mut answers = Vec::new();
        for (email, password) in [
            ("ada@example.org", WRONG_PASSWORD),
            ("ada@example.org", "x"),
            ("eve@example.org", PASSWORD),
            ("null@example.org", PASSWORD),
            ("garbage@example.org", PASSWORD),
            ("gone@example.org", PASSWORD),
            ("no address", PASSWORD),
            ("a@b@c", PASSWORD),
            ("\u{200b}", PASSWORD),
        ] {
            for phase in ["sign_in", "sign_in_token"] {
                let fields = [("user[email]", email), ("user[password]", password)];
                let request = site
                    .server
                    .post(&format!("/auth/user/password/{phase}"))
                    .form(&fields);
                answers.push((email, answer(request.header("accept", accept)).await));
            }
        }
        let (_, first) = answers[0].clone();
        assert_eq!(first.status, 401);
        for (email, answer) in &answers {
            assert_eq!(answer.visible(), first.visible(), "{email}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn en_01_unconfirmed_fails_as_a_wrong_password_does() {
    let site = Site::new().await;
    let admins = site.world.start::<Admin>().await;
    let server = Server::of(Router::new().nest("/auth", admins.router())).await;
    let arguments =
        json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let _ = call(&admins.context(), "register_with_password", arguments)
        .await
        .unwrap_err();
    let sign_in = |email: &str, password: &str| {
        let body = json!({"admin": {"email": email, "password": password}});
        answer(server.post("/auth/admin/password/sign_in").json(&body))
    };
    let right = sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(
        right.visible(),
        sign_in("ada@example.org", WRONG_PASSWORD).await.visible()
    );
    assert_eq!(
        right.visible(),
        sign_in("eve@example.org", PASSWORD).await.visible()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_a_reset_request_is_answered_byte_for_byte_alike() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    for post in [
        Post::Works,
        Post::Fails,
        Post::Panics,
        Post::Slow(std::time::Duration::from_secs(30)),
    ] {
        site.world.outbox.set(post);
        site.world.forget_limits().await;
        for accept in ["application/json", "text/html"] {
            let mut answers = Vec::new();
            for email in ["ada@example.org", "eve@example.org", "no address"] {
                let request = site
                    .server
                    .post("/auth/user/password/reset_request")
                    .form(&[("user[email]", email)]);
                answers.push(answer(request.header("accept", accept)).await);
            }
            assert_eq!(answers[0].status, 200);
            assert!(
                answers
                    .iter()
                    .all(|answer| answer.visible() == answers[0].visible()),
                "{answers:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_tokens_fail_byte_for_byte_alike() {
    let site = Site::new().await;
    for email in ["ada@example.org", "gone@example.org"] {
        site.register(email).await;
    }
    let mut tokens = vec![
        "x".to_owned(),
        "a.b.c".to_owned(),
        site.sign_in("ada@example.org").await,
    ];
    for (count, email) in ["ada@example.org", "ada@example.org", "gone@example.org"]
        .into_iter()
        .enumerate()
    {
        site.server
            .post_user("reset_request", json!({"email": email}))
            .await;
        let sent = site.world.outbox.wait_for("password_reset", count + 1).await;
        tokens.push(sent[count].token.clone().unwrap());
    }
    site.world.delete_user("gone@example.org").await;
    let reset = |token: &str| {
        let arguments = json!({
            "reset_token": token,
            "password": OTHER_PASSWORD,
            "password_confirmation": OTHER_PASSWORD,
        });
        site.server.post_user("reset", arguments)
    };
    let good = tokens[4].clone();
    assert_eq!(reset(&good).await.status, 200);
    let mut answers = Vec::new();
    for token in &tokens {
        answers.push(reset(token).await);
    }
    assert_eq!(
        (answers[0].status, answers[0].code()),
        (401, "invalid_token".to_owned())
    );
    for (token, answer) in tokens.iter().zip(&answers) {
        assert_eq!(answer.visible(), answers[0].visible(), "{token:.9}");
    }
}
