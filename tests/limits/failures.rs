//! Failures of one identity.

use std::time::Duration as Span;

use auth_runtime::error::{Cause, Code, Error, FieldError};
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*};
use serde_json::json;
use time::Duration;

use super::db::{World, user::User, with_user::*};

fn cause<T>(result: Result<T, Error>) -> Option<Cause> {
    result.err().map(|error| error.cause())
}

async fn fail(cx: &auth_runtime::prelude::Context<User>, email: &str, times: usize) {
    for time in 0..times {
        let error = sign_in(cx, email, WRONG_PASSWORD).await.unwrap_err();
        assert!(
            matches!(error.cause(), Cause::WrongPassword | Cause::NoUser),
            "{time}: {error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_after_five_failures_even_the_right_password_waits() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    register(&cx, "eve@example.org").await;
    fail(&cx, "ada@example.org", 5).await;
    world.clock.advance(Duration::seconds(10));
    let refused = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err();
    assert_eq!(refused.cause(), Cause::TooManyAttempts);
    assert_eq!(refused.retry_after(), Some(Span::from_secs(20)), "for the caller");
    let failure = refused.failure();
    assert_eq!(
        (failure.code, failure.retry_after),
        (Code::AuthenticationFailed, None),
        "for the client"
    );
    sign_in(&cx, "eve@example.org", PASSWORD).await.unwrap();
    world.clock.advance(Duration::seconds(20));
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    fail(&cx, "ada@example.org", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_what_is_refused_hashes_nothing_and_does_not_count() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    fail(&cx, "ada@example.org", 5).await;
    let before = world.counters().await;
    for _ in 0..50 {
        assert_eq!(
            cause(sign_in(&cx, "ada@example.org", PASSWORD).await),
            Some(Cause::TooManyAttempts)
        );
    }
    assert_eq!(world.counters().await, before);
    world.clock.advance(Duration::seconds(30));
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_unknown_people_and_other_spellings_count_alike() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for name in ["ada", "nobody"] {
        let spellings = [
            format!("{name}@example.org"),
            format!(" {name}@EXAMPLE.org"),
            format!("{}@example.org", name.to_uppercase()),
        ];
        for number in 0..5 {
            fail(&cx, &spellings[number % 3], 1).await;
        }
        for spelling in &spellings {
            assert_eq!(
                cause(sign_in(&cx, spelling, PASSWORD).await),
                Some(Cause::TooManyAttempts),
                "{spelling}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_the_actions_of_a_strategy_share_a_count() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let wrong = json!({"email": "ada@example.org", "password": WRONG_PASSWORD});
    let taken = json!({
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "display_name": null,
    });
    for _ in 0..2 {
        call(&cx, "sign_in_with_password", wrong.clone())
            .await
            .unwrap_err();
        call(&cx, "sign_in_token_with_password", wrong.clone())
            .await
            .unwrap_err();
    }
    let error = call(&cx, "register_with_password", taken.clone())
        .await
        .unwrap_err();
    assert_eq!(field_errors(&error), [("email".to_owned(), FieldError::Taken)]);
    for (action, arguments) in [
        ("sign_in_with_password", &wrong),
        ("sign_in_token_with_password", &wrong),
        ("register_with_password", &taken),
    ] {
        let error = call(&cx, action, arguments.clone()).await.unwrap_err();
        assert_eq!(error.cause(), Cause::TooManyAttempts, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_what_tells_nothing_is_not_counted() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let too_long = "x".repeat(2000);
    for _ in 0..10 {
        let error = sign_in(&cx, "ada@example.org", &too_long).await.unwrap_err();
        assert_eq!(error.cause(), Cause::InvalidInput);
    }
    assert!(world.counters().await.iter().all(|attempts| *attempts == 0));
    for _ in 0..10 {
        let short =
            json!({"email": "new@example.org", "password": "short", "password_confirmation": "other"});
        let error = call(&cx, "register_with_password", short).await.unwrap_err();
        assert_eq!(error.cause(), Cause::InvalidInput);
    }
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_guessing_the_current_password_is_limited_too() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let ada = on_behalf_of(&cx, &register(&cx, "ada@example.org").await).await;
    for _ in 0..5 {
        let error = change(&ada, WRONG_PASSWORD, OTHER_PASSWORD).await.unwrap_err();
        assert_eq!(
            field_errors(&error),
            [("current_password".to_owned(), FieldError::Wrong)]
        );
        // Signing in proves nothing about the guesses of somebody who found an open session.
        sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    }
    assert_eq!(
        cause(change(&ada, PASSWORD, OTHER_PASSWORD).await),
        Some(Cause::TooManyAttempts)
    );
    world.clock.advance(Duration::seconds(30));
    change(&ada, PASSWORD, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_02_waits_grow_and_end() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    fail(&cx, "ada@example.org", 5).await;
    for wait in [30, 60, 120, 240, 480, 900, 900] {
        let refused = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err();
        assert_eq!(refused.retry_after(), Some(Span::from_secs(wait)));
        world
            .clock
            .advance(Duration::seconds(i64::try_from(wait).unwrap()));
        fail(&cx, "ada@example.org", 1).await;
    }
    world.clock.advance(Duration::minutes(15));
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    fail(&cx, "ada@example.org", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_02_a_reset_stays_open_to_an_owner_who_has_to_wait() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    fail(&cx, "ada@example.org", 5).await;
    let token = reset_token(&world, &cx, "ada@example.org").await;
    reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_04_a_window_ends_under_traffic() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for _ in 0..4 {
        fail(&cx, "ada@example.org", 1).await;
        world.clock.advance(Duration::seconds(75));
    }
    // Five minutes after the first.
    fail(&cx, "ada@example.org", 5).await;
    assert_eq!(
        cause(sign_in(&cx, "ada@example.org", PASSWORD).await),
        Some(Cause::TooManyAttempts)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_04_success_forgets_the_failures_of_that_identity_only() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    register(&cx, "eve@example.org").await;
    fail(&cx, "ada@example.org", 4).await;
    fail(&cx, "eve@example.org", 4).await;
    sign_in(&cx, "eve@example.org", PASSWORD).await.unwrap();
    fail(&cx, "eve@example.org", 4).await;
    fail(&cx, "ada@example.org", 1).await;
    assert_eq!(
        cause(sign_in(&cx, "ada@example.org", PASSWORD).await),
        Some(Cause::TooManyAttempts)
    );
    sign_in(&cx, "eve@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_a_success_that_is_rolled_back_forgets_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    fail(&cx, "ada@example.org", 4).await;
    world.execute("ALTER TABLE tokens RENAME TO gone").await;
    assert_eq!(
        cause(sign_in(&cx, "ada@example.org", PASSWORD).await),
        Some(Cause::StorageFailed)
    );
    world.execute("ALTER TABLE gone RENAME TO tokens").await;
    fail(&cx, "ada@example.org", 1).await;
    assert_eq!(
        cause(sign_in(&cx, "ada@example.org", PASSWORD).await),
        Some(Cause::TooManyAttempts)
    );
}
