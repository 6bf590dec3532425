use auth_runtime::error::Cause;
use auth_tests::{
    addressed::{fetch, post},
    call::*,
    mail::Post,
};
use serde_json::json;

use super::{
    db::{World, caller::Caller, reader::*},
    links::link,
};

#[tokio::test(flavor = "multi_thread")]
async fn su_06_whatever_fetches_the_link_spends_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let token = link(&world, &auth.context(), "ada@example.org").await;
    let uri = format!("/reader/magic_link?token={token}");
    for method in ["GET", "HEAD", "GET"] {
        let page = fetch(&auth, method, &uri).await;
        assert_eq!((page.status, page.cookies.len()), (200, 0), "{}", page.body);
        assert!(
            page.headers
                .contains(&("referrer-policy".into(), "no-referrer".into()))
        );
        assert!(
            page.headers
                .contains(&("cache-control".into(), "no-store".into()))
        );
        assert!(
            page.body
                .contains("<form method=\"post\" action=\"./magic_link\">"),
            "{}",
            page.body
        );
    }
    assert_eq!(world.count("readers").await, 0);
    let answer = post(&auth, "/reader/magic_link", &json!({"token": token}), None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["reader"]["email"], "ada@example.org");
    assert_eq!(
        answer.cookie_names(),
        ["__Host-reader_session"],
        "no browser was bound"
    );
    let again = post(
        &auth,
        "/reader/magic_link",
        &json!({"reader": {"token": token}}),
        None,
    )
    .await;
    assert_eq!(
        (again.status, again.json()["error"]["code"].as_str().unwrap()),
        (401, "authentication_failed")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_known_and_unknown_people_are_answered_alike_and_cost_the_same_rows() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Caller>().await;
    world
        .execute("INSERT INTO callers (id, phone) VALUES (1, 'ada')")
        .await;
    let mut answers = Vec::new();
    for phone in ["ada", "eve"] {
        let before = (world.tokens("magic_link").await.len(), world.outbox.attempts());
        let started = std::time::Instant::now();
        let body = json!({"caller": {"phone": phone}});
        let mut answer = post(&auth, "/caller/sms/request", &body, None).await;
        assert!(started.elapsed().as_millis() >= 60);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.cookie_names(), ["__Host-caller_browser"], "bound alike");
        answer.cookies.clear();
        answers.push(answer);
        assert_eq!(world.tokens("magic_link").await.len(), before.0 + 1, "{phone}");
    }
    assert_eq!(answers[0], answers[1]);
    world.outbox.wait_for("magic_link", 1).await;
    auth.deliver_due().await.unwrap();
    assert_eq!(world.outbox.sent().len(), 1, "nothing is sent to nobody");

    world.outbox.set(Post::Fails);
    let failing = post(
        &auth,
        "/caller/sms/request",
        &json!({"caller": {"phone": "ada"}}),
        None,
    )
    .await;
    assert_eq!(failing.body, answers[0].body, "a failing sender changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn su_11_a_bound_link_works_in_the_browser_that_asked() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Caller>().await;
    world
        .execute("INSERT INTO callers (id, phone) VALUES (1, 'ada')")
        .await;
    let asked = post(
        &auth,
        "/caller/sms/request",
        &json!({"caller": {"phone": "Ada"}}),
        None,
    )
    .await;
    let browser = asked.cookie("_browser").unwrap();
    let token = world.outbox.wait_for("magic_link", 1).await[0]
        .token
        .clone()
        .unwrap();
    let body = json!({"caller": {"ticket": token}});
    let strange = format!("__Host-caller_browser={}", "x".repeat(43));
    for cookie in [None, Some("other=1"), Some(strange.as_str())] {
        let refused = post(&auth, "/caller/sms", &body, cookie).await;
        assert_eq!(refused.status, 401, "{cookie:?}");
    }
    let input = json!({"ticket": token});
    let error = enter(&auth.context(), "sign_in_with_sms", input)
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::OtherBrowser);
    let page = fetch(&auth, "GET", &format!("/caller/sms?ticket={token}")).await;
    assert!(page.body.contains("name=\"caller[ticket]\""), "{}", page.body);
    let entered = post(&auth, "/caller/sms", &body, Some(&browser)).await;
    assert_eq!(entered.status, 200, "{}", entered.body);

    // Inside the application the application says which browser it is.
    let cx = auth.context();
    let error = call(&cx, "request_sms", json!({"phone": "ada"}))
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::Internal);
    let cx = cx.with_browser("a secret that only this browser has".into());
    let _ = call(&cx, "request_sms", json!({"phone": "ada"})).await.unwrap();
    let token = world.outbox.wait_for("magic_link", 2).await[1].token.clone();
    enter(&cx, "sign_in_with_sms", json!({"ticket": token}))
        .await
        .unwrap();
}
