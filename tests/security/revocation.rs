//! The end of sessions, seen from elsewhere.

use auth_runtime::{db::PoolOptions, error::Cause};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};

use super::db::{World, member::Member, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn tk_08_every_process_sees_a_revocation_at_once() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<User>().await;
    let repo = world.second_repo(PoolOptions::default()).await;
    let there = world.builder_on::<User>(repo).start().await.unwrap();
    let cx = here.context();
    let tokens = [
        token(&register(&cx, "ada@example.org").await),
        token(&sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap()),
        token(
            &sign_in(&there.context(), "ada@example.org", PASSWORD)
                .await
                .unwrap(),
        ),
    ];
    for token in &tokens {
        assert!(there.authenticate(token).await.unwrap().is_some());
    }
    here.sign_out(&tokens[0]).await.unwrap();
    assert!(
        there.authenticate(&tokens[0]).await.unwrap().is_none(),
        "by its own identifier"
    );
    assert!(there.authenticate(&tokens[1]).await.unwrap().is_some());

    let reset_token = reset_token(&world, &cx, "ada@example.org").await;
    reset(&cx, &reset_token, OTHER_PASSWORD).await.unwrap();
    for token in &tokens {
        assert!(there.authenticate(token).await.unwrap().is_none(), "by subject");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_08_a_failed_look_up_denies() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    let members = world.start::<Member>().await;
    let input = serde_json::json!({
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "points": 1,
    });
    let member_token = token(
        &enter(&members.context(), "register_with_password", input)
            .await
            .unwrap(),
    );
    world.execute("DROP TABLE tokens").await;
    world.execute("DROP TABLE member_tokens").await;
    let error = auth.authenticate(&session_token).await.unwrap_err();
    assert_eq!(error.cause(), Cause::StorageFailed, "with presence");
    let error = members.authenticate(&member_token).await.unwrap_err();
    assert_eq!(error.cause(), Cause::StorageFailed, "without");
    assert!(
        auth.sign_out(&session_token).await.is_err(),
        "and a sign-out that cannot be written is no success"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_nobody_is_signed_in_who_does_not_exist() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    world.delete_user("ada@example.org").await;
    assert!(session(&cx, &session_token).await.is_none());
}
