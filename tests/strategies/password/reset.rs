use auth_runtime::error::{Cause, Code, Error, FieldError};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::Duration;

use super::db::{World, account::Account, admin::Admin, user::*, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn a_known_person_gets_a_token_and_the_sender_its_fields() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let input = RegisterWithPassword {
        email: "ada@example.org".to_owned(),
        password: PASSWORD.into(),
        password_confirmation: PASSWORD.into(),
        display_name: Some("Ada".to_owned()),
    };
    let ada = User::register_with_password(&cx, input).await.unwrap();
    let token = reset_token(&world, &cx, "ada@example.org").await;

    let sent = world.outbox.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to.as_deref(), Some("ada@example.org"));
    assert_eq!(sent[0].name.as_deref(), Some("Ada"), "select_for_senders");
    assert_eq!(
        sent[0].link,
        Some(format!("https://example.org/reset?token={token}"))
    );
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["act"], "password_reset_with_password");
    assert_eq!(claims["purpose"], "password_reset");
    assert_eq!(claims["sub"], ada.subject());
    let rows = world.tokens("password_reset").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(claims["jti"], rows[0].jti);
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_nothing_is_sent_to_nobody_and_the_answer_is_the_same() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let ask = async |email: &str| {
        let started = std::time::Instant::now();
        let input = RequestPasswordResetWithPassword {
            email: email.to_owned(),
        };
        let accepted = User::request_password_reset_with_password(&cx, input)
            .await
            .unwrap();
        let took = started.elapsed();
        accepted.delivered().await.unwrap();
        took
    };
    for email in ["ada@example.org", "eve@example.org", "no address", "", "x\0y"] {
        let took = ask(email).await;
        assert!(took.as_millis() >= 60, "{email:?} was answered after {took:?}");
    }
    assert_eq!(world.outbox.sent().len(), 1);
    let rows = world.tokens("password_reset").await;
    assert_eq!(rows.len(), 5, "everybody costs one row");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_password_works_and_the_token_does_not_any_more() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let before = world.hash_of("ada@example.org").await;
    let reset_token = reset_token(&world, &cx, "ada@example.org").await;
    let signed_in = reset(&cx, &reset_token, OTHER_PASSWORD).await.unwrap();
    assert!(
        session(&cx, &token(&signed_in)).await.is_some(),
        "a reset signs in"
    );
    let after = world.hash_of("ada@example.org").await;
    assert_ne!(before, after);
    assert_eq!(
        sign_in(&cx, "ada@example.org", PASSWORD)
            .await
            .unwrap_err()
            .cause(),
        Cause::WrongPassword
    );
    sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();

    let error = reset(&cx, &reset_token, PASSWORD).await.unwrap_err();
    assert!(matches!(error, Error::InvalidToken { .. }), "{error:?}");
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::TokenSpent, Code::InvalidToken)
    );
    assert_eq!(
        world.hash_of("ada@example.org").await,
        after,
        "the hash is still there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_leaves_the_token_good() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let token = reset_token(&world, &cx, "ada@example.org").await;
    let error = reset(&cx, &token, "too short").await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("password".to_owned(), FieldError::TooShort(15))]
    );
    let input = json!({"reset_token": token, "password": OTHER_PASSWORD, "password_confirmation": PASSWORD});
    let error = call(&cx, "password_reset_with_password", input)
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("password_confirmation".to_owned(), FieldError::DoesNotMatch)]
    );
    reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_04_a_reset_token_lives_half_an_hour() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    for email in ["ada@example.org", "eve@example.org"] {
        register(&cx, email).await;
    }
    let (early, late) = (
        reset_token(&world, &cx, "ada@example.org").await,
        reset_token(&world, &cx, "eve@example.org").await,
    );
    world.clock.advance(Duration::minutes(30) - Duration::seconds(1));
    reset(&cx, &early, OTHER_PASSWORD).await.unwrap();
    world.clock.advance(Duration::seconds(1));
    assert_eq!(
        reset(&cx, &late, OTHER_PASSWORD)
            .await
            .unwrap_err()
            .failure()
            .code,
        Code::InvalidToken
    );
    world.clock.advance(Duration::minutes(1));
    assert_eq!(
        reset(&cx, &late, OTHER_PASSWORD).await.unwrap_err().cause(),
        Cause::TokenInvalid
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_newer_request_voids_the_older_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let older = reset_token(&world, &cx, "ada@example.org").await;
    let newer = reset_token(&world, &cx, "ada@example.org").await;
    assert_eq!(
        reset(&cx, &older, OTHER_PASSWORD).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    reset(&cx, &newer, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_09_a_reset_ends_every_other_session_and_token_of_that_person() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let eve = register(&cx, "eve@example.org").await;
    let first = register(&cx, "ada@example.org").await;
    let second = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let outstanding = sign_in_token(&cx, "ada@example.org").await;
    let reset_token = reset_token(&world, &cx, "ada@example.org").await;
    let fresh = reset(&cx, &reset_token, OTHER_PASSWORD).await.unwrap();
    for old in [&first, &second] {
        assert!(session(&cx, &token(old)).await.is_none());
    }
    assert_eq!(
        exchange(&cx, &outstanding).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    assert!(session(&cx, &token(&fresh)).await.is_some());
    assert!(
        session(&cx, &token(&eve)).await.is_some(),
        "nobody else is touched"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_nobody_and_garbage_fail_alike() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let orphan = reset_token(&world, &cx, "ada@example.org").await;
    world.delete_user("ada@example.org").await;
    let orphan = reset(&cx, &orphan, OTHER_PASSWORD).await.unwrap_err();
    assert!(
        matches!(orphan.cause(), Cause::NoSubject | Cause::TokenSpent),
        "{orphan:?}"
    );
    for token in ["", "x", "a.b.c", "..", &"x".repeat(9000)] {
        let error = reset(&cx, token, OTHER_PASSWORD).await.unwrap_err();
        assert_eq!(
            (error.cause(), error.failure()),
            (Cause::TokenInvalid, orphan.failure()),
            "{token:.9}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strategy_without_resets_has_no_such_action() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Account>().await;
    let cx = auth.context();
    let input = json!({"email": "ada@example.org"});
    let error = call(&cx, "request_password_reset_with_password", input)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoSuchAction), "{error:?}");
    assert_eq!(error.failure().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unconfirmed_can_reset_but_is_not_signed_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Admin>().await;
    let cx = auth.context();
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let _ = call(&cx, "register_with_password", input).await.unwrap_err();
    let _ = call(
        &cx,
        "request_password_reset_with_password",
        json!({"email": "ada@example.org"}),
    )
    .await
    .unwrap();
    let sent = world.outbox.wait_for("password_reset", 1).await;
    let input = json!({
        "reset_token": sent[0].token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    let error = enter(&cx, "password_reset_with_password", input)
        .await
        .unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::Unconfirmed, Code::AuthenticationFailed)
    );
    assert_eq!(world.tokens("user").await, []);
    world.confirm_admin("ada@example.org", true).await;
    let input = json!({"email": "ada@example.org", "password": OTHER_PASSWORD});
    enter(&cx, "sign_in_with_password", input).await.unwrap();
}
