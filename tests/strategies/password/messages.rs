use std::{error::Error as _, time::Duration};

use auth_runtime::error::{Cause, Code, Error};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*, mail::Post};

use super::db::{
    World,
    user::{RequestPasswordResetWithPassword, User},
    with_user::*,
};

async fn ask(cx: &auth_runtime::context::Context<User>, email: &str) -> auth_runtime::strategy::Accepted {
    let input = RequestPasswordResetWithPassword {
        email: email.to_owned(),
    };
    User::request_password_reset_with_password(cx, input)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_failing_sender_is_told_to_callers_inside_and_to_nobody_else() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    world.outbox.set(Post::Fails);
    let (known, unknown) = (
        ask(&cx, "ada@example.org").await,
        ask(&cx, "eve@example.org").await,
    );
    unknown.delivered().await.unwrap();
    let error = known.delivered().await.unwrap_err();
    assert!(matches!(error, Error::SenderFailed(_)), "{error:?}");
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::SenderFailed, Code::Unavailable)
    );
    let reason = error
        .source()
        .and_then(|sender_failed| sender_failed.source())
        .unwrap();
    assert_eq!(reason.to_string(), "the post is on strike");
    assert_eq!(world.outbox.attempts(), 1, "further attempts have time");

    world.outbox.set(Post::Works);
    let token = reset_token(&world, &cx, "ada@example.org").await;
    reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_delivery_that_failed_once_arrives_later() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    world.outbox.set(Post::FailsOnce);
    ask(&cx, "ada@example.org").await.delivered().await.unwrap_err();
    world.clock.advance(time::Duration::seconds(10));
    auth.deliver_due().await.unwrap();
    world.outbox.wait_for("password_reset", 1).await;
    assert_eq!((world.outbox.attempts(), world.outbox.sent().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_panicking_sender_is_a_failed_delivery_only() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    world.outbox.set(Post::Panics);
    let accepted = ask(&cx, "ada@example.org").await;
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let error = accepted.delivered().await.unwrap_err();
    assert_eq!(error.cause(), Cause::SenderFailed);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_slow_sender_does_not_delay_the_answer() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    world.outbox.set(Post::Slow(Duration::from_secs(20)));
    let started = std::time::Instant::now();
    let accepted = ask(&cx, "ada@example.org").await;
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "the answer waited for the sender"
    );
    assert_eq!(world.outbox.sent(), []);
    drop(accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_caller_who_does_not_wait_loses_no_message() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    drop(ask(&cx, "ada@example.org").await);
    world.outbox.wait_for("password_reset", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn su_10_the_owner_is_told_of_every_new_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    assert_eq!(world.outbox.sent(), [], "the first password is no change");
    change(&on_behalf_of(&cx, &first).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap();
    let told = world.outbox.wait_for("password_changed", 1).await;
    assert_eq!(
        (told[0].to.as_deref(), told[0].token.as_deref()),
        (Some("ada@example.org"), None)
    );

    let token = reset_token(&world, &cx, "ada@example.org").await;
    reset(&cx, &token, PASSWORD).await.unwrap();
    world.outbox.wait_for("password_changed", 2).await;
    assert!(reset(&cx, &token, OTHER_PASSWORD).await.is_err());
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    assert_eq!(
        world.outbox.of_kind("password_changed").len(),
        2,
        "a refused change is none"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn su_10_a_notice_that_cannot_be_sent_undoes_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    world.outbox.set(Post::Panics);
    change(&on_behalf_of(&cx, &first).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap();
    sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();
}
