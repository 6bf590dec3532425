//! Idle and absolute limits.

use auth_runtime::{authentication::Authentication, clock::Clock, db::PoolOptions, session::SignedIn};
use auth_tests::call::*;
use time::{Duration, OffsetDateTime};

use super::{
    db::World,
    visitors::{Visitor, register, sign_in},
};

/// Uses a session until that is noted at `moment`.
async fn noted(auth: &Authentication<Visitor>, used: &SignedIn<Visitor>, moment: OffsetDateTime) {
    for _ in 0..500 {
        assert!(auth.authenticate(&token(used)).await.unwrap().is_some());
        let sessions = auth.sessions_of(&used.subject()).await.unwrap();
        if sessions
            .iter()
            .any(|session| session.last_seen_at.get() == moment)
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not noted at {moment}");
}

#[tokio::test(flavor = "multi_thread")]
async fn se_04_a_session_left_alone_ends_and_one_in_use_does_not() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Visitor>().await;
    let cx = auth.context();
    let used = register(&cx, "ada@example.org").await;
    let idle = sign_in(&cx, "ada@example.org").await;
    for _ in 0..4 {
        world.clock.advance(Duration::minutes(50));
        assert!(
            session(&cx, &token(&used)).await.is_some(),
            "{}",
            world.clock.now()
        );
        noted(&auth, &used, world.clock.now()).await;
    }
    assert!(session(&cx, &token(&idle)).await.is_none());
    let listed = auth.sessions_of(&used.subject()).await.unwrap();
    assert_eq!(listed.len(), 1, "what is over is not listed");
    world.clock.advance(Duration::hours(1) - Duration::seconds(1));
    assert!(session(&cx, &token(&used)).await.is_some());
    noted(&auth, &used, world.clock.now()).await;
    world.clock.advance(Duration::hours(1));
    assert!(session(&cx, &token(&used)).await.is_none());
    assert!(auth.sessions_of(&used.subject()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_12_a_clock_set_back_does_not_revive_an_idle_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Visitor>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(61));
    assert!(session(&cx, &token(&signed_in)).await.is_none());
    let report = auth.shutdown(std::time::Duration::from_secs(10)).await;
    assert_eq!(report.unfinished, 0, "the end is written beside the request");
    world.clock.advance(Duration::minutes(-30));
    assert!(session(&cx, &token(&signed_in)).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn se_04_the_absolute_limit_holds_for_a_session_in_use() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Visitor>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    for _ in 0..28 {
        world.clock.advance(Duration::minutes(50));
        assert!(session(&cx, &token(&signed_in)).await.is_some());
        noted(&auth, &signed_in, world.clock.now()).await;
    }
    world.clock.advance(Duration::minutes(50));
    assert!(session(&cx, &token(&signed_in)).await.is_none(), "24 h 10 min");
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_the_use_of_a_session_is_written_now_and_then_only() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<Visitor>().await;
    let repo = world.second_repo(PoolOptions::default()).await;
    let there = world.builder_on::<Visitor>(repo).start().await.unwrap();
    let cx = here.context();
    let signed_in = register(&cx, "ada@example.org").await;
    let seen = async || {
        here.sessions_of(&signed_in.subject()).await.unwrap()[0]
            .last_seen_at
            .get()
    };
    let began = world.clock.now();
    world.clock.advance(Duration::minutes(4));
    for _ in 0..20 {
        assert!(session(&cx, &token(&signed_in)).await.is_some());
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(seen().await, began, "within the pause nothing is written");
    world.clock.advance(Duration::minutes(2));
    for auth in [&here, &there].repeat(10) {
        assert!(auth.authenticate(&token(&signed_in)).await.unwrap().is_some());
    }
    noted(&here, &signed_in, began + Duration::minutes(6)).await;
}
