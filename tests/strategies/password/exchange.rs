use auth_runtime::error::{Cause, Code, FieldError};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use secrecy::ExposeSecret;
use serde_json::json;
use time::Duration;

use super::db::{World, admin::Admin, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_token_is_exchanged_once() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let sign_in_token = sign_in_token(&cx, "ada@example.org").await;
    let rows = world.tokens("sign_in").await;
    assert_eq!(rows.len(), 1, "one row with that purpose");
    assert!(session(&cx, &sign_in_token).await.is_none(), "it is no session");

    let shown_at = auth.now().unix_timestamp();
    world.clock.advance(Duration::seconds(30));
    let signed_in = exchange(&cx, &sign_in_token).await.unwrap();
    let claims = signed_in.claims.clone().unwrap();
    assert_eq!(
        (claims.amr.as_slice(), claims.auth_time),
        (&["pwd".to_owned()][..], Some(shown_at))
    );
    assert!(session(&cx, &token(&signed_in)).await.is_some());

    let error = exchange(&cx, &sign_in_token).await.unwrap_err();
    assert_eq!(error.cause(), Cause::TokenSpent);
    assert_eq!(error.failure().code, Code::AuthenticationFailed);
    assert_eq!(world.tokens("sign_in").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_gets_no_sign_in_token() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let input = json!({"email": "ada@example.org", "password": OTHER_PASSWORD});
    let error = call(&cx, "sign_in_token_with_password", input).await.unwrap_err();
    assert_eq!(error.cause(), Cause::WrongPassword);
    assert_eq!(world.tokens("sign_in").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_04_a_sign_in_token_lives_a_minute() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    for email in ["ada@example.org", "eve@example.org"] {
        register(&cx, email).await;
    }
    let (early, late) = (
        sign_in_token(&cx, "ada@example.org").await,
        sign_in_token(&cx, "eve@example.org").await,
    );
    world.clock.advance(Duration::seconds(59));
    exchange(&cx, &early).await.unwrap();
    // The row ends with the minute; the leeway of the signature does not lengthen it.
    world.clock.advance(Duration::seconds(1));
    assert!(exchange(&cx, &late).await.is_err());
    world.clock.advance(Duration::seconds(31));
    assert_eq!(
        exchange(&cx, &late).await.unwrap_err().cause(),
        Cause::TokenInvalid
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_newer_sign_in_token_voids_the_older_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let older = sign_in_token(&cx, "ada@example.org").await;
    let newer = sign_in_token(&cx, "ada@example.org").await;
    assert_eq!(
        exchange(&cx, &older).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    exchange(&cx, &newer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_nobody_and_garbage_fail_alike() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let orphan = sign_in_token(&cx, "ada@example.org").await;
    world.delete_user("ada@example.org").await;
    let orphan = exchange(&cx, &orphan).await.unwrap_err();
    assert_eq!(orphan.cause(), Cause::NoSubject);
    for token in ["", "x", "a.b.c", "..", &"x".repeat(9000)] {
        let error = exchange(&cx, token).await.unwrap_err();
        assert_eq!(
            (error.cause(), error.failure()),
            (Cause::TokenInvalid, orphan.failure()),
            "{token:.9}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_longer_confirmed_gets_no_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Admin>().await;
    let cx = auth.context();
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let _ = call(&cx, "register_with_password", input).await.unwrap_err();
    world.confirm_admin("ada@example.org", true).await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let asked = call(&cx, "sign_in_token_with_password", input).await.unwrap();
    let auth_runtime::strategy::ActionOutcome::SignInToken(token) = asked else {
        panic!("no sign-in token");
    };
    world.confirm_admin("ada@example.org", false).await;
    let input = json!({"token": token.expose_secret()});
    let error = enter(&cx, "sign_in_with_token", input).await.unwrap_err();
    assert_eq!(error.cause(), Cause::Unconfirmed);
    assert_eq!(world.tokens("user").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_that_are_not_declared_are_refused() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let token = sign_in_token(&cx, "ada@example.org").await;
    let error = call(&cx, "sign_in_with_token", json!({"token": token, "extra": "x"}))
        .await
        .unwrap_err();
    assert_eq!(field_errors(&error), [("extra".to_owned(), FieldError::Unknown)]);
    exchange(&cx, &token).await.unwrap();
}
