//! A database that fails, and an orderly end.

use std::time::{Duration, Instant};

use auth_runtime::{
    db::PoolOptions,
    error::{Cause, Code},
    repo::Repo as _,
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*, database::TestDatabase, mail::Post};
use diesel_async::SimpleAsyncConnection;

use super::db::{Repo, World, user::*, with_user::*};

/// A transaction of somebody else that holds the locks which actions need, until it is dropped.
async fn locked(world: &World) -> Repo {
    let repo = world.second_repo(PoolOptions::default().max_size(1)).await;
    let begin = match Repo::KEY {
        "sqlite" => "BEGIN IMMEDIATE",
        _ => "BEGIN; UPDATE users SET email = email; UPDATE tokens SET subject = subject",
    };
    let mut connection = repo.get_writer().await.unwrap();
    connection.batch_execute(begin).await.unwrap();
    drop(connection);
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_05_a_database_that_does_not_answer_is_an_error_within_the_deadline() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let auth = world
        .builder::<User>()
        .deadline(Duration::from_secs(1))
        .start()
        .await
        .unwrap();
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let token = reset_token(&world, &cx, "ada@example.org").await;
    let before = (world.hash_of("ada@example.org").await, world.tokens("user").await);
    let repo = locked(&world).await;
    for attempt in 0..2 {
        let started = Instant::now();
        let failure = match attempt {
            0 => sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err(),
            _ => reset(&cx, &token, OTHER_PASSWORD).await.unwrap_err(),
        };
        assert_eq!(
            (failure.cause(), failure.failure().code),
            (Cause::StorageFailed, Code::Unavailable),
            "{failure:?}"
        );
        assert!(
            started.elapsed() < Duration::from_secs(4),
            "{:?}",
            started.elapsed()
        );
    }
    let mut connection = repo.get_writer().await.unwrap();
    connection.batch_execute("ROLLBACK").await.unwrap();
    drop(connection);
    assert_eq!(
        before,
        (world.hash_of("ada@example.org").await, world.tokens("user").await)
    );
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_05_a_session_needs_a_commit() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let reset_token = reset_token(&world, &cx, "ada@example.org").await;
    let hash = world.hash_of("ada@example.org").await;
    // Spending works on this table, but the session that follows cannot be stored.
    let blocked = match Repo::KEY {
        "sqlite" => {
            "CREATE TRIGGER blocked BEFORE INSERT ON tokens BEGIN SELECT RAISE(ABORT, 'blocked'); END"
        }
        "postgres" => {
            "CREATE FUNCTION blocked() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'blocked'; END $$ LANGUAGE plpgsql; \
             CREATE TRIGGER blocked BEFORE INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION blocked()"
        }
        _ => {
            "CREATE TRIGGER blocked BEFORE INSERT ON tokens FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'blocked'"
        }
    };
    world.execute(blocked).await;
    let error = reset(&cx, &reset_token, OTHER_PASSWORD).await.unwrap_err();
    assert_eq!(error.cause(), Cause::StorageFailed, "{error:?}");
    assert_eq!(
        world.hash_of("ada@example.org").await,
        hash,
        "the old hash is still there"
    );
    assert_eq!(
        world.tokens("password_reset").await.len(),
        1,
        "and so is the token"
    );
    assert!(sign_in(&cx, "ada@example.org", PASSWORD).await.is_err());
    let input = RegisterWithPassword {
        email: "eve@example.org".to_owned(),
        password: PASSWORD.into(),
        password_confirmation: PASSWORD.into(),
        display_name: None,
    };
    assert!(User::register_with_password(&cx, input).await.is_err());
    assert_eq!(
        world.count_users().await,
        1,
        "nobody is registered without a session"
    );
    assert_eq!(world.outbox.of_kind("password_changed"), []);

    world
        .execute(match Repo::KEY {
            "postgres" => "DROP TRIGGER blocked ON tokens",
            _ => "DROP TRIGGER blocked",
        })
        .await;
    reset(&cx, &reset_token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_10_shutting_down_lets_deliveries_finish_and_refuses_new_work() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    world.outbox.set(Post::Slow(Duration::from_millis(300)));
    let asked = RequestPasswordResetWithPassword {
        email: "ada@example.org".to_owned(),
    };
    drop(
        User::request_password_reset_with_password(&cx, asked)
            .await
            .unwrap(),
    );
    let report = auth.shutdown(Duration::from_secs(10)).await;
    assert_eq!(report.unfinished, 0);
    assert_eq!(
        world.outbox.of_kind("password_reset").len(),
        1,
        "the message went out"
    );
    let error = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::StorageFailed, Code::Unavailable)
    );
    auth.sign_out(&token(&signed_in)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_10_a_deadline_that_passes_is_reported() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    world.outbox.set(Post::Slow(Duration::from_secs(60)));
    let asked = RequestPasswordResetWithPassword {
        email: "ada@example.org".to_owned(),
    };
    drop(
        User::request_password_reset_with_password(&cx, asked)
            .await
            .unwrap(),
    );
    let report = auth.shutdown(Duration::from_millis(50)).await;
    assert_eq!(report.unfinished, 1);
}
