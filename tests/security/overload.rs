//! More sign-ins than can be hashed.

use std::{num::NonZeroUsize, time::Instant};

use auth_runtime::{
    error::{Cause, Code},
    hasher::PoolOptions,
};
use auth_tests::{PASSWORD, WRONG_PASSWORD};

use super::db::{World, user::User, with_user::*};

/// More than one slot and its queue of eight.
const CROWD: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn fa_01_past_the_queue_everybody_is_turned_away_quickly_and_alike() {
    let Some(world) = World::new().await else { return };
    let mut slots = PoolOptions::default();
    slots.workers = NonZeroUsize::new(1);
    User::schema().create(&world.repo).await.unwrap();
    let auth = world
        .builder::<User>()
        .hash_pool_options(slots)
        .start()
        .await
        .unwrap();
    // Each with no more attempts than are free.
    const PEOPLE: usize = CROWD / 2 / 5;
    for number in 0..PEOPLE {
        register(&auth.context(), &format!("ada{number}@example.org")).await;
    }
    let crowd: Vec<_> = (0..CROWD)
        .map(|number| {
            let cx = auth.context();
            let name = ["ada", "eve"][number % 2];
            let email = format!("{name}{}@example.org", number / 2 % PEOPLE);
            tokio::spawn(async move {
                let started = Instant::now();
                let outcome = sign_in(&cx, &email, WRONG_PASSWORD).await;
                (name, started.elapsed(), outcome.unwrap_err())
            })
        })
        .collect();
    let (mut turned_away, mut checked, mut slowest_refusal) = (Vec::new(), 0, Default::default());
    for one in crowd {
        let (name, took, error) = one.await.unwrap();
        match error.cause() {
            Cause::Overloaded => {
                let failure = error.failure();
                assert_eq!((failure.code, failure.status().as_u16()), (Code::Overloaded, 503));
                assert!(failure.retry_after.is_some());
                slowest_refusal = took.max(slowest_refusal);
                turned_away.push((name, failure));
            }
            Cause::WrongPassword | Cause::NoUser => checked += 1,
            other => panic!("{other}"),
        }
    }
    assert!(checked >= 9, "one slot and a queue of eight: {checked}");
    assert_eq!(turned_away.len(), CROWD - checked);
    assert_eq!(auth.hash_pool().rejected(), turned_away.len() as u64);
    assert!(slowest_refusal.as_secs() < 4, "{slowest_refusal:?}");
    for name in ["ada", "eve"] {
        let failures: Vec<_> = turned_away
            .iter()
            .filter(|(whose, _)| *whose == name)
            .map(|(_, f)| f)
            .collect();
        assert!(!failures.is_empty(), "{name} was never turned away");
        assert!(
            failures.iter().all(|failure| **failure == turned_away[0].1),
            "known and unknown alike"
        );
    }
    world.forget_limits().await;
    sign_in(&auth.context(), "ada0@example.org", PASSWORD)
        .await
        .unwrap();
}

/// Interleaved sign-ins of somebody and nobody: neither may be told from the other by the time they take. Run it by
/// itself on a quiet machine: `cargo nextest run -p auth-tests --run-ignored only en_03`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures time, so it needs a machine of its own"]
async fn en_03_time_does_not_rank_known_above_unknown() {
    const PAIRS: usize = 1000;
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let mut times = [Vec::with_capacity(PAIRS), Vec::with_capacity(PAIRS)];
    for pair in 0..PAIRS + 20 {
        world.forget_limits().await;
        // The order alternates, and the first ones warm up.
        for place in 0..2 {
            let which = (pair + place) % 2;
            let started = Instant::now();
            let attempt = sign_in(&cx, ["ada@example.org", "eve@example.org"][which], WRONG_PASSWORD).await;
            let took = started.elapsed();
            assert!(attempt.is_err());
            if pair >= 20 {
                times[which].push(took);
            }
        }
    }
    let [known, unknown] = times;
    let above = known
        .iter()
        .map(|known| unknown.iter().filter(|unknown| *unknown < known).count());
    let area = above.sum::<usize>() as f64 / (PAIRS * PAIRS) as f64;
    assert!((0.45..=0.55).contains(&area), "area under the curve: {area}");
}
