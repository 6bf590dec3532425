//! What custom actions have in common with all others: events, limits, messages.

use auth_runtime::{
    error::Cause,
    prelude::*,
    resources::audit_log::{LogEntry, LogFilter, Page},
};
use auth_tests::{PASSWORD, call::*};
use serde_json::json;
use time::Duration;

use super::{db::World, drivers::*};

async fn register(cx: &Context<Driver>, username: &str) -> SignedIn<Driver> {
    let input = json!({"username": username, "password": PASSWORD});
    enter(cx, "register_with_password", input).await.unwrap()
}

/// What is recorded, oldest first.
async fn events(cx: &Context<Driver>) -> Vec<LogEntry> {
    let page = AuditLog::entries(cx, LogFilter::new(), Page::of(100))
        .await
        .unwrap();
    page.entries.into_iter().rev().collect()
}

async fn cause_of(cx: &Context<Driver>, action: &str, field: &str, name: &str) -> Option<Cause> {
    enter(cx, action, json!({field: name}))
        .await
        .err()
        .map(|error| error.cause())
}

#[tokio::test(flavor = "multi_thread")]
async fn au_01_every_custom_action_leaves_its_event() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let marty = register(&cx, "marty").await;
    let mine = on_behalf_of(&cx, &marty).await;
    let ticket = "an unforgettable ticket";
    assert_eq!(
        cause_of(&cx, "sign_in_with_marty", "name", "doc").await,
        Some(Cause::NoUser)
    );
    call(&mine, "take_ticket_with_marty", json!({"ticket": ticket}))
        .await
        .unwrap();
    assert_eq!(
        cause_of(&cx, "use_ticket_with_marty", "ticket", ticket).await,
        None
    );
    assert_eq!(
        cause_of(&cx, "use_ticket_with_marty", "ticket", ticket).await,
        Some(Cause::NoUser)
    );
    call(&mine, "whoami_with_curfew", json!({})).await.unwrap();
    call(&cx, "take_ticket_with_marty", json!({"ticket": ticket}))
        .await
        .unwrap_err();

    let events = events(&cx).await;
    let outline: Vec<[&str; 4]> = events
        .iter()
        .map(|event| {
            let cause = event.cause.as_deref().unwrap_or_default();
            [&event.strategy, &event.action_name, event.status.as_str(), cause]
        })
        .collect();
    assert_eq!(
        outline,
        [
            ["password", "register_with_password", "success", ""],
            ["marty", "sign_in_with_marty", "failure", "no_user"],
            ["marty", "take_ticket_with_marty", "success", ""],
            ["marty", "use_ticket_with_marty", "success", ""],
            ["marty", "use_ticket_with_marty", "failure", "no_user"],
            ["curfew", "whoami_with_curfew", "success", ""],
            ["marty", "take_ticket_with_marty", "failure", "not_signed_in"],
        ]
    );
    assert_eq!(events[1].identity.as_deref(), Some("doc"));
    let subject = marty.subject();
    for event in [&events[2], &events[3]] {
        assert_eq!(event.subject.as_deref(), Some(&*subject));
    }
    let written = format!("{events:?}");
    assert!(
        !written.contains(ticket),
        "au_02: what an action takes is nobody's business"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_a_custom_strategy_has_limits_of_its_own() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    register(&cx, "marty").await;
    register(&cx, "doc").await;
    let by_counter = async |name| cause_of(&cx, "sign_in_with_marty", "name", name).await;
    let by_log = async |name| cause_of(&cx, "sign_in_with_strict", "exact_name", name).await;
    for _ in 0..3 {
        assert_eq!(by_counter("doc").await, Some(Cause::Custom("not_marty")));
    }
    assert_eq!(by_counter("doc").await, Some(Cause::TooManyAttempts));
    for _ in 0..2 {
        assert_eq!(by_log("doc").await, Some(Cause::Custom("not_marty")));
    }
    assert_eq!(by_log("doc").await, Some(Cause::TooManyAttempts));
    assert_eq!(by_counter("marty").await, None);
    assert_eq!(by_log("marty").await, Some(Cause::Custom("not_marty")));
    world.clock.advance(Duration::minutes(6));
    assert_eq!(by_log("doc").await, Some(Cause::Custom("not_marty")));
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_custom_action_sends_with_what_it_does() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let mine = on_behalf_of(&cx, &register(&cx, "marty").await).await;
    world.execute("ALTER TABLE drivers RENAME TO gone").await;
    call(&mine, "take_ticket_with_marty", json!({"ticket": "one"}))
        .await
        .unwrap_err();
    world.execute("ALTER TABLE gone RENAME TO drivers").await;
    call(&mine, "take_ticket_with_marty", json!({"ticket": "two"}))
        .await
        .unwrap();
    let sent = world.outbox.wait_for("custom", 1).await;
    assert_eq!(sent.len(), 1, "what was undone has sent nothing");
}
