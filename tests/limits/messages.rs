//! Messages that are asked for.

use auth_runtime::authentication::Authentication;
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::call};
use serde_json::json;
use time::Duration;

use super::{
    db::{World, user::User, with_user::*},
    people::small::Small,
};
use crate::wire::{Seen, post};

async fn ask(auth: &Authentication<Small>, peer: &str, email: &str) -> Seen {
    post(auth, Some(peer), &[], "reset_request", json!({"email": email})).await
}

async fn register_small(auth: &Authentication<Small>, email: &str) {
    let arguments = json!({"email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
    call(&auth.context(), "register_with_password", arguments)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_five_messages_an_hour_reach_one_recipient() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    register(&cx, "eve@example.org").await;
    let mut token = String::new();
    for _ in 0..5 {
        token = reset_token(&world, &cx, "ada@example.org").await;
    }
    let rows = world.tokens("password_reset").await;
    for spelling in ["ada@example.org", " ADA@example.org "] {
        let asked = super::db::user::RequestPasswordResetWithPassword {
            email: spelling.to_owned(),
        };
        let accepted = User::request_password_reset_with_password(&cx, asked)
            .await
            .unwrap();
        accepted.delivered().await.unwrap();
    }
    assert_eq!(world.outbox.of_kind("password_reset").len(), 5);
    assert!(
        world
            .tokens("password_reset")
            .await
            .iter()
            .any(|row| rows.contains(row)),
        "whoever floods does not void the link that was sent"
    );
    reset_token(&world, &cx, "eve@example.org").await;
    reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
    world.clock.advance(Duration::hours(1));
    reset_token(&world, &cx, "ada@example.org").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_over_the_limit_the_answer_is_as_always() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    register_small(&auth, "ada@example.org").await;
    let mut seen = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        for number in 0..4 {
            seen.push(ask(&auth, &format!("192.0.2.{number}"), email).await);
        }
    }
    assert_eq!(seen[0].status, 200);
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
    world.outbox.wait_for("password_reset", 2).await;
    auth.shutdown(std::time::Duration::from_secs(5)).await;
    assert_eq!(world.outbox.of_kind("password_reset").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_every_request_of_a_network_counts_known_or_unknown() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    for email in ["ada@example.org", "eve@example.org"] {
        register_small(&auth, email).await;
    }
    for number in 0..3 {
        ask(&auth, "192.0.2.1", &format!("nobody{number}@example.org")).await;
    }
    assert_eq!(ask(&auth, "192.0.2.1", "ada@example.org").await.status, 200);
    ask(&auth, "192.0.2.2", "eve@example.org").await;
    world.outbox.wait_for("password_reset", 1).await;
    auth.shutdown(std::time::Duration::from_secs(5)).await;
    let sent = world.outbox.of_kind("password_reset");
    assert_eq!(sent.len(), 1, "the network has asked three times");
}
