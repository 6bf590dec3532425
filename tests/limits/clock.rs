//! A clock that is moved.

use auth_runtime::error::Cause;
use auth_tests::{PASSWORD, WRONG_PASSWORD};
use time::Duration;

use super::db::{World, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn fa_12_a_wait_neither_vanishes_nor_lasts_when_the_clock_goes_back() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for back in [Duration::seconds(10), Duration::hours(3), Duration::days(400)] {
        for _ in 0..5 {
            sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
        }
        world.clock.advance(-back);
        let refused = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err();
        assert_eq!(refused.cause(), Cause::TooManyAttempts, "{back}");
        let wait = refused.retry_after().unwrap();
        assert!(
            wait <= std::time::Duration::from_secs(15 * 60),
            "{back}: {wait:?}"
        );
        world.clock.advance(Duration::try_from(wait).unwrap());
        sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_12_a_wait_that_has_passed_stays_passed() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for _ in 0..5 {
        sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    }
    world.clock.advance(Duration::seconds(30));
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    world.clock.advance(-Duration::seconds(30));
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}
