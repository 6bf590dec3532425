use auth_runtime::error::{Cause, Code, Error, FieldError};
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*};
use time::Duration;

use super::db::{World, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn changes_the_password_and_answers_with_a_new_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let elsewhere = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let fresh = change(&on_behalf_of(&cx, &first).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap();
    assert!(session(&cx, &token(&fresh)).await.is_some());
    for old in [&first, &elsewhere] {
        assert!(session(&cx, &token(old)).await.is_none(), "other sessions end");
    }
    assert!(sign_in(&cx, "ada@example.org", PASSWORD).await.is_err());
    sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_change_voids_outstanding_tokens() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let reset_token = reset_token(&world, &cx, "ada@example.org").await;
    let sign_in_token = sign_in_token(&cx, "ada@example.org").await;
    change(&on_behalf_of(&cx, &first).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap();
    assert_eq!(
        reset(&cx, &reset_token, PASSWORD).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    assert_eq!(
        exchange(&cx, &sign_in_token).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_11_needs_the_current_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let mine = on_behalf_of(&cx, &first).await;
    let error = change(&mine, WRONG_PASSWORD, OTHER_PASSWORD).await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("current_password".to_owned(), FieldError::Wrong)]
    );
    let error = change(&mine, &"x".repeat(2000), OTHER_PASSWORD)
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("current_password".to_owned(), FieldError::TooLong)]
    );
    let error = change(&mine, PASSWORD, "short").await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("password".to_owned(), FieldError::TooShort(15))]
    );
    world.set_hash("ada@example.org", None).await;
    let error = change(&mine, PASSWORD, OTHER_PASSWORD).await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("current_password".to_owned(), FieldError::Wrong)]
    );
    assert_eq!(world.hash_of("ada@example.org").await, None);
    assert!(
        session(&cx, &token(&first)).await.is_some(),
        "a refused change ends nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_11_needs_a_recent_sign_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let error = change(&cx, PASSWORD, OTHER_PASSWORD).await.unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::NotSignedIn, Code::AuthenticationFailed)
    );

    let first = register(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(15) + Duration::seconds(1));
    let error = change(&on_behalf_of(&cx, &first).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ReauthenticationRequired), "{error:?}");
    assert_eq!(error.failure().code, Code::ReauthenticationRequired);
    let second = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    world.clock.advance(Duration::minutes(15));
    change(&on_behalf_of(&cx, &second).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_concurrent_changes_one_wins() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let mine = on_behalf_of(&cx, &first).await;
    let (one, two) = tokio::join!(
        change(&mine, PASSWORD, OTHER_PASSWORD),
        change(&mine, PASSWORD, "yet another long phrase"),
    );
    let (winner, loser) = match (one, two) {
        (Ok(_), Err(loser)) => (OTHER_PASSWORD, loser),
        (Err(loser), Ok(_)) => ("yet another long phrase", loser),
        other => panic!("not exactly one change won: {other:?}"),
    };
    assert!(
        matches!(
            loser.cause(),
            Cause::ChangedMeanwhile | Cause::InvalidInput | Cause::NotSignedIn
        ),
        "{loser:?}"
    );
    sign_in(&cx, "ada@example.org", winner).await.unwrap();
}
