use auth_tests::{
    PASSWORD,
    addressed::{fetch, post},
};
use serde_json::json;

use super::db::{World, friend::Friend};

fn person(email: &str) -> serde_json::Value {
    json!({"friend": {
        "email": email,
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "backup_email": null,
        "nickname": null,
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_new_and_taken_identities_get_the_same_bytes() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let mut answer = post(
            &auth,
            "/friend/password/register",
            &person("ada@example.org"),
            None,
        )
        .await;
        assert_eq!(answer.cookie_names(), ["__Host-friend_browser"]);
        answer.cookies.clear();
        answers.push(answer);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        (answers[0].status, answers[0].body.as_str()),
        (200, r#"{"status":"accepted"}"#)
    );
    let mut resent = Vec::new();
    for email in ["ada@example.org", "eve@example.org"] {
        let body = json!({"friend": {"email": email}});
        resent.push(post(&auth, "/friend/confirm/resend", &body, None).await);
    }
    assert_eq!(resent[0], resent[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_06_fetching_the_link_confirms_nobody() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let registered = post(
        &auth,
        "/friend/password/register",
        &person("ada@example.org"),
        None,
    )
    .await;
    let browser = registered.cookie("_browser").unwrap();
    let token = world.outbox.wait_for("confirmation", 1).await[0]
        .token
        .clone()
        .unwrap();
    let uri = format!("/friend/confirm?token={token}");
    for method in ["GET", "HEAD", "GET"] {
        let page = fetch(&auth, method, &uri).await;
        assert_eq!((page.status, page.cookies.len()), (200, 0));
        assert!(page.body.contains("name=\"friend[confirm]\""), "{}", page.body);
    }
    assert_eq!(world.count("friends WHERE confirmed_at IS NULL").await, 1);

    let extra = json!({"friend": {"confirm": token, "email": "eve@example.org"}});
    let refused = post(&auth, "/friend/confirm", &extra, Some(&browser)).await;
    assert_eq!(refused.status, 422, "a link takes no other input");

    let body = json!({"friend": {"confirm": token}});
    let confirmed = post(&auth, "/friend/confirm", &body, Some(&browser)).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    let json = confirmed.json();
    assert_eq!(
        (json["status"].as_str(), json["credentials_voided"].as_bool()),
        (Some("confirmed"), Some(false))
    );
    assert_eq!(json["friend"]["email"], "ada@example.org");
    assert!(confirmed.cookie("_session").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_04_another_browser_gets_no_session_and_no_personal_data() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let _ = post(
        &auth,
        "/friend/password/register",
        &person("ada@example.org"),
        None,
    )
    .await;
    let token = world.outbox.wait_for("confirmation", 1).await[0]
        .token
        .clone()
        .unwrap();
    let body = json!({"friend": {"confirm": token}});
    let confirmed = post(&auth, "/friend/confirm", &body, None).await;
    assert_eq!(
        confirmed.body,
        r#"{"credentials_voided":true,"status":"confirmed"}"#
    );
    assert_eq!(confirmed.cookie_names(), Vec::<&str>::new());
    let again = post(&auth, "/friend/confirm", &body, None).await;
    assert_eq!(
        (again.status, again.json()["error"]["code"].as_str()),
        (401, Some("invalid_token"))
    );
}
