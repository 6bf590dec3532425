use std::sync::Arc;

use auth_runtime::{db::PoolOptions, error::Cause};
use auth_tests::call::*;
use serde_json::json;
use tokio::sync::Barrier;

use super::{
    db::{World, friend::*, reader::Reader},
    links::{follow, link},
};

/// Lets a crowd on two pools follow one link at once, and counts the winners.
async fn race(world: &World, token: &str) -> usize {
    let one = world.builder::<Reader>().start().await.unwrap();
    let repo = world.second_repo(PoolOptions::default().max_size(4)).await;
    let other = world.builder_on::<Reader>(repo).start().await.unwrap();
    let barrier = Arc::new(Barrier::new(8));
    let crowd: Vec<_> = (0..8)
        .map(|n| {
            let cx = if n % 2 == 0 {
                one.context()
            } else {
                other.context()
            };
            let (token, barrier) = (token.to_owned(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                follow(&cx, &token).await
            })
        })
        .collect();
    let mut winners = 0;
    for racer in crowd {
        match racer.await.unwrap() {
            Ok(_) => winners += 1,
            Err(cause) => assert_eq!(cause, Cause::TokenSpent),
        }
    }
    winners
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_of_many_who_follow_one_link_one_wins() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let registers = link(&world, &cx, "ada@example.org").await;
    assert_eq!(race(&world, &registers).await, 1);
    assert_eq!(world.count("readers").await, 1, "a lost race makes nobody");
    let signs_in = link(&world, &cx, "ada@example.org").await;
    assert_eq!(race(&world, &signs_in).await, 1);
    assert_eq!(world.count("readers").await, 1);
    assert_eq!(world.tokens("user").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_a_spent_link_makes_nobody() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let token = link(&world, &cx, "ada@example.org").await;
    world
        .execute("UPDATE tokens SET purpose = 'revocation' WHERE purpose = 'magic_link'")
        .await;
    assert_eq!(follow(&cx, &token).await.unwrap_err(), Cause::TokenSpent);
    assert_eq!(world.count("readers").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_of_two_links_to_somebody_new_one_counts() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let one = link(&world, &cx, "ada@example.org").await;
    let other = link(&world, &cx, "ada@example.org").await;
    // As requests of the same moment in two processes leave them: neither is the newer one.
    world
        .execute("UPDATE tokens SET purpose = 'magic_link' WHERE purpose = 'revocation'")
        .await;
    follow(&cx, &one).await.unwrap();
    assert_eq!(follow(&cx, &other).await.unwrap_err(), Cause::TokenSpent);
    assert_eq!(world.tokens("user").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_somebody_who_registered_meanwhile_is_overwritten() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = auth.context();
    let input = RequestMagicLink {
        email: "ada@example.org".to_owned(),
    };
    Friend::request_magic_link(&cx, input)
        .await
        .unwrap()
        .delivered()
        .await
        .unwrap();
    let token = world.outbox.wait_for("magic_link", 1).await[0]
        .token
        .clone()
        .unwrap();
    let input = json!({
        "email": "ada@example.org",
        "password": auth_tests::PASSWORD,
        "password_confirmation": auth_tests::PASSWORD,
        "nickname": "first",
    });
    let _ = call(&cx, "register_with_password", input).await.unwrap();
    let input = SignInWithMagicLink {
        token: token.as_str().into(),
    };
    let signed_in = Friend::sign_in_with_magic_link(&cx, input).await.unwrap();
    assert_eq!(signed_in.user.nickname.as_deref(), Some("first"));
    assert!(signed_in.user.confirmed_at.is_some());
    assert_eq!(world.count("friends").await, 1);
}
