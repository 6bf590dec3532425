//! Senders that fail, refuse, panic and dawdle.

use std::sync::{Arc, Mutex};

use auth_runtime::{
    authentication::Authentication,
    sender::{DeliveryOptions, DeliveryReport},
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*, mail::Post};
use time::{Duration, OffsetDateTime};

use super::db::{World, user::*, with_user::*};

/// What the hook was told: kind, attempts, and when the next one is.
type Told = Arc<Mutex<Vec<(String, u32, Option<OffsetDateTime>)>>>;

/// Starts without background work, so that the test decides when a message is tried again.
async fn start(world: &World, options: DeliveryOptions) -> (Authentication<User>, Told) {
    User::schema().create(&world.repo).await.unwrap();
    let told = Told::default();
    let hook = Arc::clone(&told);
    let auth = world
        .builder::<User>()
        .background_work(false)
        .delivery(options)
        .on_delivery_failed(move |failed| {
            hook.lock()
                .unwrap()
                .push((failed.kind.to_owned(), failed.attempts, failed.next_attempt_at));
        })
        .start()
        .await
        .unwrap();
    (auth, told)
}

async fn ask(auth: &Authentication<User>, email: &str) -> auth_runtime::strategy::Accepted {
    let input = RequestPasswordResetWithPassword {
        email: email.to_owned(),
    };
    User::request_password_reset_with_password(&auth.context(), input)
        .await
        .unwrap()
}

fn outcome(report: DeliveryReport) -> [usize; 4] {
    [report.delivered, report.failed, report.given_up, report.dropped]
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_message_waits_in_the_outbox_until_it_is_delivered() {
    let Some(world) = World::new().await else { return };
    let (auth, told) = start(&world, DeliveryOptions::default()).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    assert_eq!(auth.undelivered().await.unwrap(), 1);
    sign_in(&auth.context(), "ada@example.org", PASSWORD)
        .await
        .unwrap();

    assert_eq!(
        outcome(auth.deliver_due().await.unwrap()),
        [0, 0, 0, 0],
        "not yet"
    );
    world.clock.advance(Duration::seconds(7));
    assert_eq!(outcome(auth.deliver_due().await.unwrap()), [0, 1, 0, 0]);
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(13));
    assert_eq!(outcome(auth.deliver_due().await.unwrap()), [1, 0, 0, 0]);
    assert_eq!(auth.undelivered().await.unwrap(), 0);
    assert_eq!(world.outbox.attempts(), 3);
    let attempts: Vec<u32> = told
        .lock()
        .unwrap()
        .iter()
        .map(|(_, attempts, _)| *attempts)
        .collect();
    assert_eq!(attempts, [1, 2]);

    let token = world.outbox.sent()[0].token.clone().unwrap();
    reset(&auth.context(), &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_pauses_grow_and_end_with_the_token() {
    let Some(world) = World::new().await else { return };
    let (auth, told) = start(&world, DeliveryOptions::default()).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    let asked_at = auth.now();
    ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    let mut pauses = Vec::new();
    loop {
        let (_, _, next) = told.lock().unwrap().last().unwrap().clone();
        let Some(next) = next else { break };
        let pause = next - auth.now();
        pauses.push(pause);
        world.clock.advance(Duration::seconds(pause.whole_seconds() + 1));
        let report = auth.deliver_due().await.unwrap();
        assert_eq!(report.failed + report.given_up, 1, "{report:?}");
    }
    let mut pause = Duration::seconds(5);
    for found in &pauses {
        assert!(
            (pause..=pause * 1.25).contains(found),
            "{found} is not {pause} and up to a quarter: {pauses:?}"
        );
        pause *= 2;
    }
    assert!(pauses.len() >= 8, "{pauses:?}");
    assert!(auth.now() - asked_at < Duration::minutes(30));
    assert_eq!(auth.undelivered().await.unwrap(), 0, "it was given up");
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::hours(1));
    assert_eq!(outcome(auth.deliver_due().await.unwrap()), [0, 0, 0, 0]);
    assert_eq!(world.outbox.sent(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_attempts_are_used_up() {
    let Some(world) = World::new().await else { return };
    let mut options = DeliveryOptions::default();
    options.max_attempts = 2;
    let (auth, told) = start(&world, options).await;
    let ada = register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    let mine = on_behalf_of(&auth.context(), &ada).await;
    change(&mine, PASSWORD, OTHER_PASSWORD).await.unwrap();
    while told.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    world.clock.advance(Duration::seconds(10));
    assert_eq!(outcome(auth.deliver_due().await.unwrap()), [0, 0, 1, 0]);
    assert_eq!(auth.undelivered().await.unwrap(), 0);
    let told = told.lock().unwrap();
    assert_eq!(
        (told[1].0.as_str(), told[1].1, told[1].2),
        ("password_changed", 2, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_refusal_for_good_is_given_up_at_once() {
    let Some(world) = World::new().await else { return };
    let (auth, told) = start(&world, DeliveryOptions::default()).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Refuses);
    ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    assert_eq!(auth.undelivered().await.unwrap(), 0);
    assert_eq!(told.lock().unwrap()[0].2, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_panic_and_a_sender_without_end_are_failed_attempts() {
    let Some(world) = World::new().await else { return };
    let mut options = DeliveryOptions::default();
    options.attempt_deadline = std::time::Duration::from_millis(100);
    let (auth, _) = start(&world, options).await;
    for (person, post) in [
        ("ada@example.org", Post::Panics),
        (
            "eve@example.org",
            Post::Slow(std::time::Duration::from_secs(3600)),
        ),
    ] {
        register(&auth.context(), person).await;
        world.outbox.set(post);
        ask(&auth, person).await.delivered().await.unwrap_err();
        sign_in(&auth.context(), person, PASSWORD).await.unwrap();
    }
    assert_eq!(auth.undelivered().await.unwrap(), 2);
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    assert_eq!(outcome(auth.deliver_due().await.unwrap()), [2, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_one_slow_message_holds_up_no_other() {
    let Some(world) = World::new().await else { return };
    let mut options = DeliveryOptions::default();
    options.concurrency = 2;
    let (auth, _) = start(&world, options).await;
    for person in ["ada@example.org", "eve@example.org", "bob@example.org"] {
        register(&auth.context(), person).await;
    }
    let hour = std::time::Duration::from_secs(3600);
    world.outbox.set(Post::SlowTo("ada@example.org", hour));
    drop(ask(&auth, "ada@example.org").await);
    ask(&auth, "eve@example.org").await.delivered().await.unwrap();
    ask(&auth, "bob@example.org").await.delivered().await.unwrap();
    let to: Vec<_> = world
        .outbox
        .sent()
        .into_iter()
        .map(|sent| sent.to.unwrap())
        .collect();
    assert_eq!(to, ["eve@example.org", "bob@example.org"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_with_every_place_taken_messages_wait_in_the_table_and_not_in_memory() {
    let Some(world) = World::new().await else { return };
    let mut options = DeliveryOptions::default();
    options.concurrency = 1;
    let (auth, _) = start(&world, options).await;
    for person in ["ada@example.org", "eve@example.org"] {
        register(&auth.context(), person).await;
    }
    let second = std::time::Duration::from_secs(1);
    world.outbox.set(Post::SlowTo("ada@example.org", second));
    let slow = ask(&auth, "ada@example.org").await;
    for _ in 0..3 {
        ask(&auth, "eve@example.org").await.delivered().await.unwrap();
    }
    slow.delivered().await.unwrap();
    assert_eq!(world.outbox.sent().len(), 1);
    assert_eq!(auth.undelivered().await.unwrap(), 3);
    world.clock.advance(Duration::seconds(6));
    assert_eq!(
        outcome(auth.deliver_due().await.unwrap()),
        [1, 0, 0, 2],
        "two were replaced by the third"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_rows_that_nobody_reads_expire() {
    let Some(world) = World::new().await else { return };
    let (auth, _) = start(&world, DeliveryOptions::default()).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    world
        .execute("UPDATE auth_outbox SET subject_name = 'formerly'")
        .await;
    world.clock.advance(Duration::hours(24));
    assert_eq!(auth.deliver_due().await.unwrap().purged, 0);
    world.clock.advance(Duration::hours(1));
    assert_eq!(auth.deliver_due().await.unwrap().purged, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_10_what_a_shutdown_leaves_is_delivered_by_the_next_start() {
    let Some(world) = World::new().await else { return };
    let (auth, _) = start(&world, DeliveryOptions::default()).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Slow(std::time::Duration::from_secs(3600)));
    drop(ask(&auth, "ada@example.org").await);
    while world.outbox.attempts() == 0 {
        tokio::task::yield_now().await;
    }
    let report = auth.shutdown(std::time::Duration::from_millis(50)).await;
    assert_eq!(report.unfinished, 1);

    world.outbox.set(Post::Works);
    let (next, _) = start(&world, DeliveryOptions::default()).await;
    world.clock.advance(Duration::seconds(10));
    assert_eq!(
        outcome(next.deliver_due().await.unwrap()),
        [0, 0, 0, 0],
        "the first may still be at it"
    );
    world.clock.advance(Duration::seconds(60));
    assert_eq!(outcome(next.deliver_due().await.unwrap()), [1, 0, 0, 0]);
    let token = world.outbox.sent()[0].token.clone().unwrap();
    reset(&next.context(), &token, OTHER_PASSWORD).await.unwrap();
}
