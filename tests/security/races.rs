//! Actions that meet each other.

use auth_runtime::error::Cause;
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};

use super::db::{World, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn se_05_a_sign_in_beside_a_reset_is_ended_by_it_or_refused() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let (mut old, mut new) = (PASSWORD, OTHER_PASSWORD);
    for round in 0..8_u64 {
        world.forget_limits().await;
        let reset_token = reset_token(&world, &cx, "ada@example.org").await;
        let sign_ins: Vec<_> = (0..5)
            .map(|number| {
                let cx = cx.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(number * (round + 1) * 2)).await;
                    sign_in(&cx, "ada@example.org", old).await
                })
            })
            .collect();
        let fresh = reset(&cx, &reset_token, new).await.unwrap();
        for sign_in in sign_ins {
            match sign_in.await.unwrap() {
                Ok(earlier) => {
                    let alive = session(&cx, &token(&earlier)).await.is_some();
                    assert!(
                        !alive,
                        "round {round}: the old password has a session after the reset"
                    );
                }
                Err(error) => {
                    let cause = error.cause();
                    assert!(
                        matches!(cause, Cause::WrongPassword | Cause::ChangedMeanwhile),
                        "{cause}"
                    );
                }
            }
        }
        assert!(session(&cx, &token(&fresh)).await.is_some(), "round {round}");
        assert_eq!(world.tokens("user").await.len(), 1, "round {round}");
        std::mem::swap(&mut old, &mut new);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_an_exchange_beside_a_reset_is_ended_by_it_or_refused() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let mut password = PASSWORD;
    for round in 0..8_u64 {
        world.forget_limits().await;
        let reset_token = reset_token(&world, &cx, "ada@example.org").await;
        let asked = super::db::user::SignInWithPassword {
            email: "ada@example.org".to_owned(),
            password: password.into(),
        };
        let sign_in_token = User::sign_in_token_with_password(&cx, asked).await.unwrap();
        let next = if password == PASSWORD {
            OTHER_PASSWORD
        } else {
            PASSWORD
        };
        let exchanging = {
            let cx = cx.clone();
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(8 * round)).await;
                use secrecy::ExposeSecret;
                exchange(&cx, sign_in_token.expose_secret()).await
            })
        };
        let fresh = reset(&cx, &reset_token, next).await.unwrap();
        match exchanging.await.unwrap() {
            Ok(earlier) => assert!(session(&cx, &token(&earlier)).await.is_none(), "round {round}"),
            Err(error) => assert_eq!(error.cause(), Cause::TokenSpent, "round {round}"),
        }
        assert!(session(&cx, &token(&fresh)).await.is_some());
        password = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_of_concurrent_requests_one_token_is_live() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let requests: Vec<_> = (0..5)
        .map(|_| {
            let cx = cx.clone();
            let input = super::db::user::RequestPasswordResetWithPassword {
                email: "ada@example.org".to_owned(),
            };
            tokio::spawn(async move { User::request_password_reset_with_password(&cx, input).await })
        })
        .collect();
    for request in requests {
        request.await.unwrap().unwrap().delivered().await.unwrap();
    }
    assert_eq!(world.tokens("password_reset").await.len(), 1);
    let mut worked = 0;
    // Those that were replaced before they went out were not sent.
    for sent in world.outbox.of_kind("password_reset") {
        worked += usize::from(reset(&cx, &sent.token.unwrap(), OTHER_PASSWORD).await.is_ok());
    }
    assert_eq!(worked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_03_a_client_that_goes_away_leaves_whole_work_and_free_slots() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for round in 0..10_u64 {
        let before = world.tokens("user").await.len();
        let cx = cx.clone();
        let client = tokio::spawn(async move { sign_in(&cx, "ada@example.org", PASSWORD).await });
        tokio::time::sleep(std::time::Duration::from_millis(5 * round)).await;
        client.abort();
        let _ = client.await;
        sign_in(&auth.context(), "ada@example.org", PASSWORD)
            .await
            .unwrap();
        let sessions = world.tokens("user").await.len() - before;
        assert!((1..=2).contains(&sessions), "round {round}: {sessions}");
    }
    // A hash that has begun runs to its end, whoever went away.
    until(async || auth.hash_pool().in_flight() == 0).await;
    assert_eq!(auth.hash_pool().waiting(), 0);
}
