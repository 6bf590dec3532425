//! Failures that an audit log counts.

use std::num::NonZeroUsize;

use auth_runtime::{
    db::PoolOptions,
    error::{Cause, Error},
    hasher::PoolOptions as HashPoolOptions,
    prelude::{Authentication, Context},
    resources::audit_log::{AuditLogResource, Page},
};
use auth_tests::{
    OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*, database::TestDatabase, held::Held, process::Worker,
};
use serde_json::{Value, json};
use time::Duration;

use super::{
    db::{Repo, World},
    people::recorded::{AuditLog, Recorded},
};

const ADA: &str = "ada@example.org";

async fn register(cx: &Context<Recorded>, email: &str) {
    let input = json!({"email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
    enter(cx, "register_with_password", input).await.unwrap();
}

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

async fn sign_in(cx: &Context<Recorded>, email: &str, password: &str) -> Option<Cause> {
    let input = credentials(email, password);
    enter(cx, "sign_in_with_password", input)
        .await
        .err()
        .map(|error: Error| error.cause())
}

async fn fail(cx: &Context<Recorded>, email: &str, times: usize) {
    for time in 0..times {
        let cause = sign_in(cx, email, WRONG_PASSWORD).await;
        assert!(
            matches!(cause, Some(Cause::WrongPassword | Cause::NoUser)),
            "{time}: {cause:?}"
        );
    }
}

async fn ask_for_reset(cx: &Context<Recorded>, email: &str) {
    call(
        cx,
        "request_password_reset_with_password",
        json!({"email": email}),
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_recorded_failures_refuse_until_they_are_old() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Recorded>().await;
    let cx = auth.context();
    register(&cx, ADA).await;
    register(&cx, "eve@example.org").await;
    fail(&cx, ADA, 4).await;
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, None, "four are free");
    world.clock.advance(Duration::minutes(2));
    fail(&cx, "ADA@example.org ", 1).await;
    assert_eq!(
        sign_in(&cx, ADA, PASSWORD).await,
        Some(Cause::TooManyAttempts),
        "success forgets nothing"
    );
    assert_eq!(sign_in(&cx, "eve@example.org", PASSWORD).await, None);
    world.clock.advance(Duration::minutes(3) - Duration::SECOND);
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, Some(Cause::TooManyAttempts));
    // The first four are out of the window, which slides. What was refused does not count.
    world.clock.advance(Duration::seconds(2));
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, None);
    fail(&cx, ADA, 4).await;
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, Some(Cause::TooManyAttempts));
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_unknown_people_have_to_wait_too_and_it_is_recorded() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Recorded>().await;
    let cx = auth.context();
    fail(&cx, "nobody@example.org", 5).await;
    for _ in 0..3 {
        assert_eq!(
            sign_in(&cx, "nobody@example.org", PASSWORD).await,
            Some(Cause::TooManyAttempts)
        );
    }
    let page = AuditLog::by_identity(&cx, "nobody@example.org", Page::of(10))
        .await
        .unwrap();
    let causes: Vec<&str> = page
        .entries
        .iter()
        .filter_map(|entry| entry.cause.as_deref())
        .collect();
    assert_eq!(causes[..3], ["too_many_attempts"; 3]);
    assert_eq!(causes[3..], ["no_user"; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_requests_count_alike_for_known_and_unknown_people() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Recorded>().await;
    let cx = auth.context();
    register(&cx, ADA).await;
    for email in [ADA, "nobody@example.org"] {
        fail(&cx, email, 2).await;
        for _ in 0..2 {
            ask_for_reset(&cx, email).await;
        }
        fail(&cx, email, 1).await;
        assert_eq!(
            sign_in(&cx, email, PASSWORD).await,
            Some(Cause::TooManyAttempts),
            "{email}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_failed_sign_ins_stand_in_the_way_of_requests() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Recorded>().await;
    let cx = auth.context();
    register(&cx, ADA).await;
    ask_for_reset(&cx, ADA).await;
    world.outbox.wait_for("password_reset", 1).await;
    fail(&cx, ADA, 4).await;
    ask_for_reset(&cx, ADA).await;
    world.clock.advance(Duration::minutes(6));
    ask_for_reset(&cx, ADA).await;
    assert_eq!(world.outbox.wait_for("password_reset", 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_what_tells_nothing_does_not_count() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Recorded>().await;
    let cx = auth.context();
    register(&cx, ADA).await;
    let too_long = "x".repeat(2000);
    for _ in 0..10 {
        assert_eq!(sign_in(&cx, ADA, &too_long).await, Some(Cause::InvalidInput));
    }
    let mine = enter(&cx, "sign_in_with_password", credentials(ADA, PASSWORD))
        .await
        .unwrap();
    // What a signed-in person does is counted by the library, for itself.
    let mine = on_behalf_of(&cx, &mine).await;
    let change = json!({
        "current_password": WRONG_PASSWORD,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    for _ in 0..5 {
        call(&mine, "change_password", change.clone()).await.unwrap_err();
    }
    let refused = call(&mine, "change_password", change).await.unwrap_err();
    assert_eq!(refused.cause(), Cause::TooManyAttempts);
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_06_a_log_that_cannot_be_asked_denies() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Recorded>().await;
    let cx = auth.context();
    register(&cx, ADA).await;
    world.execute("ALTER TABLE audit_log RENAME TO gone").await;
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, Some(Cause::StorageFailed));
    world.execute("ALTER TABLE gone RENAME TO audit_log").await;
    assert_eq!(sign_in(&cx, ADA, PASSWORD).await, None);
}

const NOBODY: &str = "nobody@example.org";

/// Five attempts whose hash does not end, and then `meanwhile`, and then nobody waits for them any more.
async fn abandon(auth: &Authentication<Recorded>, meanwhile: impl Future<Output = ()>) {
    let held = Held::new();
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let (cx, password) = (auth.context(), held.password().to_owned());
            tokio::spawn(async move { sign_in(&cx, NOBODY, &password).await })
        })
        .collect();
    until(async || held.waiting() == 5).await;
    meanwhile.await;
    for attempt in &attempts {
        attempt.abort();
    }
    for attempt in attempts {
        assert!(attempt.await.unwrap_err().is_cancelled());
    }
}

async fn start_with_five_slots(world: &World) -> Authentication<Recorded> {
    Recorded::schema().create(&world.repo).await.unwrap();
    let mut slots = HashPoolOptions::default();
    slots.workers = NonZeroUsize::new(5);
    let builder = world.builder::<Recorded>().hash_pool_options(slots);
    builder.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_an_abandoned_attempt_counts_as_failed_once_it_is_recorded() {
    let Some(world) = World::new().await else { return };
    let auth = start_with_five_slots(&world).await;
    abandon(&auth, async {}).await;
    until(async || world.counters().await.iter().sum::<i64>() == 5).await;
    let cause = sign_in(&auth.context(), NOBODY, PASSWORD).await;
    assert_eq!(cause, Some(Cause::TooManyAttempts));
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_an_abandoned_attempt_that_cannot_be_recorded_stays_under_way() {
    let Some(world) = World::new().await else { return };
    let auth = start_with_five_slots(&world).await;
    abandon(&auth, async {
        world.execute("ALTER TABLE audit_log RENAME TO gone").await;
    })
    .await;
    // Waits until writing the events was tried.
    auth.shutdown(std::time::Duration::from_secs(10)).await;
    assert_eq!(world.counters().await.iter().sum::<i64>(), 10);
    world.execute("ALTER TABLE gone RENAME TO audit_log").await;
    let auth = world.builder::<Recorded>().start().await.unwrap();
    let cause = sign_in(&auth.context(), NOBODY, PASSWORD).await;
    assert_eq!(cause, Some(Cause::TooManyAttempts));
}

fn ran(causes: &[Option<Cause>]) -> usize {
    let refused = |cause: &&Option<Cause>| **cause == Some(Cause::TooManyAttempts);
    causes.len() - causes.iter().filter(refused).count()
}

/// What became of so many attempts at once.
async fn storm(
    contexts: &[Context<Recorded>],
    password: &'static str,
    attempts: usize,
) -> Vec<Option<Cause>> {
    let attempts: Vec<_> = (0..attempts)
        .map(|number| {
            let cx = contexts[number % contexts.len()].clone();
            tokio::spawn(async move { sign_in(&cx, ADA, password).await })
        })
        .collect();
    let mut causes = Vec::new();
    for attempt in attempts {
        causes.push(attempt.await.unwrap());
    }
    causes
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_of_a_crowd_no_more_run_than_may_fail() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<Recorded>().await;
    register(&auth.context(), ADA).await;
    let options = PoolOptions::default()
        .max_size(8)
        .acquire_timeout(std::time::Duration::from_secs(20));
    let second = world.second_repo(options).await;
    let other = world.start_another_for_a_crowd::<Recorded>(second).await;
    let contexts = [auth.context(), other.context()];
    assert_eq!(ran(&storm(&contexts, WRONG_PASSWORD, 24).await), 5);
    assert!(
        world.counters().await.contains(&0),
        "nothing is under way any more"
    );
    world.clock.advance(Duration::minutes(4));
    assert_eq!(ran(&storm(&contexts, WRONG_PASSWORD, 8).await), 0);
    world.clock.advance(Duration::minutes(2));
    assert_eq!(ran(&storm(&contexts, WRONG_PASSWORD, 24).await), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_of_a_crowd_in_two_processes_no_more_run_than_may_fail() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<Recorded>().await;
    register(&auth.context(), ADA).await;
    let people = format!("{} recorded", <Repo as TestDatabase>::KEY);
    let input = credentials(ADA, WRONG_PASSWORD);
    let mut workers: Vec<Worker> = (0..2)
        .map(|_| {
            let program = env!("CARGO_BIN_EXE_worker");
            Worker::start_with(program, &world, &people, "sign_in_with_password", &input, 12)
        })
        .collect();
    for worker in &mut workers {
        worker.go();
    }
    let outcomes: Vec<String> = workers.into_iter().flat_map(Worker::outcomes).collect();
    let ran = outcomes.iter().filter(|outcome| *outcome == "wrong_password");
    assert_eq!((outcomes.len(), ran.count()), (24, 5), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_right_sign_ins_at_once_leave_nothing_under_way() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<Recorded>().await;
    register(&auth.context(), ADA).await;
    // As many as may fail.
    assert_eq!(storm(&[auth.context()], PASSWORD, 5).await, [None; 5]);
    assert_eq!(world.counters().await, [0, 0]);
}
