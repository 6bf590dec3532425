//! A guard of the application's own.

use auth_runtime::error::{Cause, Code};
use auth_tests::{PASSWORD, WRONG_PASSWORD, call::call};
use serde_json::{Value, json};

use super::{db::World, people::guarded::Guarded};

fn sign_in(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_a_guard_of_the_application_is_asked_before_anything_runs() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guarded>().await;
    let cx = auth.context();
    for email in ["ada@example.org", "x@example.org"] {
        let arguments = json!({"email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
        call(&cx, "register_with_password", arguments).await.unwrap();
    }
    call(
        &cx,
        "sign_in_with_password",
        sign_in(" ADA@example.org", PASSWORD),
    )
    .await
    .unwrap();
    let refused = call(
        &cx,
        "sign_in_with_password",
        sign_in("Refused@example.org", PASSWORD),
    )
    .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.cause(), Cause::TooManyAttempts);
    assert_eq!(refused.retry_after(), Some(std::time::Duration::from_secs(7)));
    assert_eq!(refused.failure().code, Code::AuthenticationFailed);
    let asked = json!({"email": "refused@example.org"});
    call(&cx, "request_password_reset_with_password", asked)
        .await
        .unwrap();
    assert!(world.outbox.of_kind("password_reset").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_06_a_guard_that_cannot_say_denies() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guarded>().await;
    let cx = auth.context();
    let error = call(
        &cx,
        "sign_in_with_password",
        sign_in("broken@example.org", PASSWORD),
    )
    .await
    .unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::GuardFailed, Code::Unavailable)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_behind_a_guard_the_counters_stay_at_their_floor() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guarded>().await;
    let cx = auth.context();
    for number in 0..100 {
        let error = call(
            &cx,
            "sign_in_with_password",
            sign_in("ada@example.org", WRONG_PASSWORD),
        )
        .await;
        assert_eq!(error.unwrap_err().cause(), Cause::NoUser, "{number}");
    }
    let error = call(
        &cx,
        "sign_in_with_password",
        sign_in("ada@example.org", WRONG_PASSWORD),
    )
    .await;
    assert_eq!(error.unwrap_err().cause(), Cause::TooManyAttempts);
}
