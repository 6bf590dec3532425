//! One-time tokens work once, for any number of callers and processes.

use auth_runtime::error::{Cause, Error};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*, process::Worker};
use serde_json::{Value, json};

use super::db::{World, user::User, with_user::*};

const CROWD: usize = 20;

/// How many of a crowd succeed with the same call; the others must find the token spent.
async fn winners(
    auth: &auth_runtime::authentication::Authentication<User>,
    action: &str,
    input: &Value,
) -> usize {
    let crowd: Vec<_> = (0..CROWD)
        .map(|_| {
            let (cx, action, input) = (auth.context(), action.to_owned(), input.clone());
            tokio::spawn(async move { enter(&cx, &action, input).await })
        })
        .collect();
    let mut winners = 0;
    for one in crowd {
        match one.await.unwrap() {
            Ok(_) => winners += 1,
            Err(error) => assert_eq!(error.cause(), Cause::TokenSpent, "{error:?}"),
        }
    }
    winners
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_of_a_crowd_one_exchanges_a_sign_in_token() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for round in 0..3 {
        let input = json!({"token": sign_in_token(&cx, "ada@example.org").await});
        assert_eq!(
            winners(&auth, "sign_in_with_token", &input).await,
            1,
            "round {round}"
        );
        let sessions = world.tokens("user").await.len();
        assert_eq!(sessions, 2 + round, "one more session");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_of_a_crowd_one_resets_the_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let token = reset_token(&world, &cx, "ada@example.org").await;
    let input = json!({
        "reset_token": token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    assert_eq!(winners(&auth, "password_reset_with_password", &input).await, 1);
    assert_eq!(world.tokens("user").await.len(), 1, "one session");
    world.outbox.wait_for("password_changed", 1).await;
    sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();
    assert_eq!(world.outbox.of_kind("password_changed").len(), 1, "one notice");
}

/// The same in two processes.
fn winners_of_two_processes(world: &World, action: &str, input: &Value) -> usize {
    let program = env!("CARGO_BIN_EXE_worker");
    let mut workers = [(); 2].map(|()| Worker::start(program, world, action, input, CROWD / 2));
    for worker in &mut workers {
        worker.go();
    }
    let outcomes: Vec<String> = workers.into_iter().flat_map(Worker::outcomes).collect();
    assert_eq!(outcomes.len(), CROWD);
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| *outcome == "ok");
    assert!(lost.iter().all(|cause| *cause == "token_spent"), "{lost:?}");
    won.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_two_processes_exchange_a_sign_in_token_once() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let input = json!({"token": sign_in_token(&cx, "ada@example.org").await});
    assert_eq!(winners_of_two_processes(&world, "sign_in_with_token", &input), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_two_processes_reset_a_password_once() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let token = reset_token(&world, &cx, "ada@example.org").await;
    let input = json!({
        "reset_token": token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    assert_eq!(
        winners_of_two_processes(&world, "password_reset_with_password", &input),
        1
    );
    sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_04_a_killed_process_spends_a_token_with_its_effect_or_not_at_all() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for round in 0..12_u64 {
        world.forget_limits().await;
        let before = world.hash_of("ada@example.org").await;
        let token = reset_token(&world, &cx, "ada@example.org").await;
        let password = format!("{OTHER_PASSWORD}, round {round}");
        let input = json!({"reset_token": token, "password": password, "password_confirmation": password});
        let program = env!("CARGO_BIN_EXE_worker");
        let mut worker = Worker::start(program, &world, "password_reset_with_password", &input, 1);
        worker.go();
        tokio::time::sleep(std::time::Duration::from_millis(7 * round)).await;
        worker.kill();

        // A transaction that had begun may still be committed; a reset waits for it.
        let left_behind = world.hash_of("ada@example.org").await;
        let changed = match reset(&cx, &token, &password).await {
            Ok(_) => {
                assert_eq!(
                    left_behind, before,
                    "round {round}: an unspent token, yet another password"
                );
                false
            }
            Err(Error::InvalidToken { cause, .. }) => {
                assert_eq!(cause, Cause::TokenSpent, "round {round}");
                true
            }
            Err(error) => panic!("round {round}: {error:?}"),
        };
        assert_ne!(
            world.hash_of("ada@example.org").await,
            before,
            "round {round}: the new password is there"
        );
        sign_in(&cx, "ada@example.org", &password).await.unwrap();
        assert!(sign_in(&cx, "ada@example.org", PASSWORD).await.is_err());
        let live = world.tokens("password_reset").await;
        assert_eq!(
            live,
            [],
            "round {round}, changed by the killed process: {changed}"
        );
    }
}
