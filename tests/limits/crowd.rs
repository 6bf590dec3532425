//! Many at once.

use std::num::NonZeroUsize;

use auth_runtime::{
    db::PoolOptions,
    error::{Cause, Error},
    hasher::PoolOptions as HashPoolOptions,
    prelude::{Context, SignedIn},
};
use auth_tests::{PASSWORD, WRONG_PASSWORD, call::until, process::Worker};
use serde_json::json;
use time::Duration;

use super::db::{World, user::User, with_user::*};

/// What became of so many attempts with a wrong password at once.
async fn storm(contexts: &[Context<User>], email: &'static str, attempts: usize) -> Vec<Cause> {
    let attempts: Vec<tokio::task::JoinHandle<Result<SignedIn<User>, Error>>> = (0..attempts)
        .map(|number| {
            let cx = contexts[number % contexts.len()].clone();
            tokio::spawn(async move { sign_in(&cx, email, WRONG_PASSWORD).await })
        })
        .collect();
    let mut causes = Vec::new();
    for attempt in attempts {
        causes.push(attempt.await.unwrap().unwrap_err().cause());
    }
    causes
}

fn ran(causes: &[Cause]) -> usize {
    let allowed = [Cause::TooManyAttempts, Cause::WrongPassword, Cause::NoUser];
    assert!(causes.iter().all(|cause| allowed.contains(cause)), "{causes:?}");
    causes
        .iter()
        .filter(|cause| **cause != Cause::TooManyAttempts)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_of_a_crowd_on_two_pools_five_run() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    register(&auth.context(), "ada@example.org").await;
    let options = PoolOptions::default()
        .max_size(8)
        .acquire_timeout(std::time::Duration::from_secs(20));
    let second = world.second_repo(options).await;
    let other = world.start_another_for_a_crowd::<User>(second).await;
    let contexts = [auth.context(), other.context()];
    for email in ["ada@example.org", "nobody@example.org"] {
        assert_eq!(ran(&storm(&contexts, email, 40).await), 5, "{email}");
        for wait in [30, 60, 120] {
            world.clock.advance(Duration::seconds(wait));
            assert_eq!(
                ran(&storm(&contexts, email, 40).await),
                1,
                "{email}, after {wait} seconds"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_of_a_crowd_in_two_processes_five_run() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    register(&auth.context(), "ada@example.org").await;
    let input = json!({"email": "ada@example.org", "password": WRONG_PASSWORD});
    let mut workers: Vec<Worker> = (0..2)
        .map(|_| {
            let program = env!("CARGO_BIN_EXE_worker");
            Worker::start(program, &world, "sign_in_with_password", &input, 16)
        })
        .collect();
    for worker in &mut workers {
        worker.go();
    }
    let outcomes: Vec<String> = workers.into_iter().flat_map(Worker::outcomes).collect();
    let ran = outcomes
        .iter()
        .filter(|outcome| *outcome == "wrong_password")
        .count();
    assert_eq!((outcomes.len(), ran), (32, 5), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_more_right_sign_ins_of_one_person_at_once_than_failures_are_free_all_succeed() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    register(&auth.context(), "ada@example.org").await;
    let second = world.second_repo(PoolOptions::default().max_size(4)).await;
    let other = world.start_another_for_a_crowd::<User>(second).await;
    let contexts = [auth.context(), other.context()];
    let sign_ins: Vec<_> = (0..24)
        .map(|number| {
            let cx = contexts[number % 2].clone();
            tokio::spawn(async move { sign_in(&cx, "ada@example.org", PASSWORD).await })
        })
        .collect();
    for done in sign_ins {
        done.await.unwrap().unwrap();
    }
    assert_eq!(world.counters().await, [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_a_crowd_with_right_passwords_leaves_nothing_counted() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    let people: Vec<String> = (0..8)
        .map(|number| format!("person{number}@example.org"))
        .collect();
    for email in &people {
        register(&cx, email).await;
    }
    let sign_ins: Vec<_> = people
        .into_iter()
        .map(|email| {
            let cx = cx.clone();
            tokio::spawn(async move { sign_in(&cx, &email, PASSWORD).await })
        })
        .collect();
    for done in sign_ins {
        done.await.unwrap().unwrap();
    }
    assert_eq!(
        world.counters().await,
        [0],
        "the shared bucket of those without an address"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_whoever_goes_away_leaves_nothing_under_way() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let mut slots = HashPoolOptions::default();
    slots.workers = NonZeroUsize::new(1);
    let builder = world.builder::<User>().hash_pool_options(slots);
    let auth = builder.start().await.unwrap();
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let cx = auth.context();
            tokio::spawn(async move { sign_in(&cx, "nobody@example.org", WRONG_PASSWORD).await })
        })
        .collect();
    until(async || world.attempts_under_way().await > 0).await;
    for attempt in &attempts {
        attempt.abort();
    }
    let mut aborted = 0;
    for attempt in attempts {
        aborted += usize::from(attempt.await.is_err());
    }
    assert!(aborted > 0, "one thread does not hash so fast");
    until(async || world.attempts_under_way().await == 0).await;
}
