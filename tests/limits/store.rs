//! The table of counters.

use auth_runtime::error::{Cause, Code};
use auth_tests::{PASSWORD, WRONG_PASSWORD, call::call};
use serde_json::json;
use time::Duration;

use super::{
    db::{World, user::User, with_user::*},
    people::small::Small,
};
use crate::wire;

#[tokio::test(flavor = "multi_thread")]
async fn fa_06_counters_that_cannot_be_asked_deny() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    world.execute("ALTER TABLE auth_limits RENAME TO gone").await;
    let sessions = world.tokens("user").await.len();
    let error = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::StorageFailed, Code::Unavailable)
    );
    let asked = json!({"email": "ada@example.org"});
    let error = call(&cx, "request_password_reset_with_password", asked)
        .await
        .unwrap_err();
    assert_eq!(error.failure().code, Code::Unavailable);
    assert_eq!(world.tokens("user").await.len(), sessions);
    assert!(world.outbox.of_kind("password_reset").is_empty());
    world.execute("ALTER TABLE gone RENAME TO auth_limits").await;
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_a_network_over_its_limit_adds_no_rows_and_rows_go_away() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    let guess = async |number: usize| {
        let email = format!("guess{number}@example.org");
        wire::sign_in(&auth, Some("192.0.2.1"), &[], &email, WRONG_PASSWORD).await
    };
    for number in 0..30 {
        assert_eq!(guess(number).await.status, 401);
    }
    assert_eq!(world.counters().await.len(), 7, "six identities and the network");
    assert_eq!(auth.expunge_expired().await.unwrap(), 0);
    world.clock.advance(Duration::seconds(301));
    assert_eq!(auth.expunge_expired().await.unwrap(), 7);
    assert_eq!(world.counters().await, Vec::<i64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_many_ended_rows_are_purged_in_batches() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let rows: Vec<String> = (0..1200)
        .map(|number| format!("('{number:064}', 1, 0, '2020-01-01 00:00:00', '1970-01-01 00:00:00')"))
        .collect();
    for rows in rows.chunks(300) {
        let insert = "INSERT INTO auth_limits (id, attempts, pending, ends_at, delayed_until) VALUES";
        world.execute(&format!("{insert} {}", rows.join(", "))).await;
    }
    assert_eq!(auth.expunge_expired().await.unwrap(), 1200);
    assert_eq!(world.counters().await, Vec::<i64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn au_05_no_identity_stands_in_the_table() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    sign_in(&auth.context(), "ada@example.org", WRONG_PASSWORD)
        .await
        .unwrap_err();
    let keys = world.counter_keys().await;
    assert_eq!(keys.len(), 2);
    for key in keys {
        assert!(
            key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{key}"
        );
    }
}
