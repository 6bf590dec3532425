//! A wire to the database server that is cut.

use std::time::{Duration, Instant};

use auth_runtime::{
    db::PoolOptions,
    error::{Cause, Code, Error},
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::session, database::TestDatabase, proxy::Proxy};

use super::db::{Repo, World, user::*, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn fa_05_while_the_database_is_away_nothing_is_half_done() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<User>().await;
    register(&here.context(), "ada@example.org").await;
    let proxy = Proxy::before(&world.database.url).await;
    let patience = PoolOptions::default().acquire_timeout(Duration::from_secs(1));
    let repo = Repo::open(&proxy.url(&world.database.url), patience).await;
    let auth = world
        .builder_on::<User>(repo)
        .deadline(Duration::from_secs(2))
        .start()
        .await
        .unwrap();
    let cx = auth.context();
    let signed_in = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let token = reset_token(&world, &cx, "ada@example.org").await;
    let before = (
        world.hash_of("ada@example.org").await,
        world.tokens("user").await,
        world.outbox.sent(),
    );

    proxy.cut();
    let started = Instant::now();
    let asked = RequestPasswordResetWithPassword {
        email: "ada@example.org".to_owned(),
    };
    let failures: Vec<Error> = vec![
        sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err(),
        reset(&cx, &token, OTHER_PASSWORD).await.unwrap_err(),
        User::request_password_reset_with_password(&cx, asked)
            .await
            .unwrap_err(),
        auth.authenticate(&auth_tests::call::token(&signed_in))
            .await
            .unwrap_err(),
        auth.sign_out(&auth_tests::call::token(&signed_in))
            .await
            .unwrap_err(),
        auth.expunge_expired().await.unwrap_err(),
    ];
    assert!(
        started.elapsed() < Duration::from_secs(6 * 5),
        "{:?}",
        started.elapsed()
    );
    for error in &failures {
        assert_eq!(error.cause(), Cause::StorageFailed, "{error:?}");
        let failure = error.failure();
        assert_eq!(
            (failure.code, failure.status().as_u16()),
            (Code::Unavailable, 503)
        );
        assert_eq!(error.to_string(), "the database is not available");
    }
    let after = (
        world.hash_of("ada@example.org").await,
        world.tokens("user").await,
        world.outbox.sent(),
    );
    assert_eq!(before, after, "no password, session or mail without a commit");

    proxy.mend();
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    assert!(session(&cx, &auth_tests::call::token(&signed_in)).await.is_some());
    reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_07_a_connection_cut_at_any_moment_leaves_a_token_that_can_be_tried_again() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<User>().await;
    register(&here.context(), "ada@example.org").await;
    let proxy = Proxy::before(&world.database.url).await;
    let repo = Repo::open(&proxy.url(&world.database.url), PoolOptions::default()).await;
    let auth = world.builder_on::<User>(repo).start().await.unwrap();
    let cx = auth.context();
    for round in 0..16_u64 {
        world.forget_limits().await;
        let token = reset_token(&world, &cx, "ada@example.org").await;
        let password = format!("{OTHER_PASSWORD}, round {round}");
        let resetting = {
            let (cx, token, password) = (cx.clone(), token.clone(), password.clone());
            tokio::spawn(async move { reset(&cx, &token, &password).await })
        };
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
        proxy.cut();
        proxy.mend();
        let first = resetting.await.unwrap();
        match reset(&cx, &token, &password).await {
            Ok(_) => assert!(first.is_err(), "round {round}: spent twice"),
            // Either the first one said so, or its commit was cut off after the fact.
            Err(error) => assert_eq!(error.cause(), Cause::TokenSpent, "round {round}: {error:?}"),
        }
        sign_in(&cx, "ada@example.org", &password).await.unwrap();
    }
}
