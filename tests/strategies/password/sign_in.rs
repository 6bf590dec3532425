use auth_runtime::error::{Cause, Code, Error, FieldError};
use auth_tests::{PASSWORD, WRONG_PASSWORD, call::*};
use serde_json::json;
use time::Duration;

use super::db::{World, admin::Admin, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn the_right_pair_gives_a_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let registered = register(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(5));
    let signed_in = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();

    let claims = signed_in.claims.clone().unwrap();
    assert_eq!(claims.sub, format!("user?id={}", registered.user.id));
    assert_eq!(claims.amr, ["pwd"], "what was shown");
    assert_eq!(claims.auth_time, Some(auth.now().unix_timestamp()), "and when");
    assert_eq!(
        (claims.iat, claims.nbf),
        (auth.now().unix_timestamp(), auth.now().unix_timestamp())
    );
    assert_eq!(claims.exp - claims.iat, 14 * 24 * 60 * 60);
    assert_ne!(claims.jti, registered.claims.unwrap().jti);
    let session = session(&cx, &token(&signed_in)).await.unwrap();
    assert_eq!(session.user().email, "ada@example.org");
    assert_eq!(session.proven_at(), auth.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn en_01_all_failures_look_alike_and_differ_in_their_cause() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    for email in [
        "ada@example.org",
        "null@example.org",
        "empty@example.org",
        "garbage@example.org",
    ] {
        register(&cx, email).await;
    }
    world.set_hash("null@example.org", None).await;
    world.set_hash("empty@example.org", Some("")).await;
    world
        .set_hash("garbage@example.org", Some("no hash at all"))
        .await;

    let mut failures = Vec::new();
    for (email, password, cause) in [
        ("ada@example.org", WRONG_PASSWORD, Cause::WrongPassword),
        ("ada@example.org", "x", Cause::WrongPassword),
        ("eve@example.org", PASSWORD, Cause::NoUser),
        ("null@example.org", PASSWORD, Cause::NoUser),
        ("empty@example.org", PASSWORD, Cause::NoUser),
        ("garbage@example.org", PASSWORD, Cause::WrongPassword),
        ("no address", PASSWORD, Cause::NoUser),
        ("", PASSWORD, Cause::NoUser),
    ] {
        let error = sign_in(&cx, email, password).await.unwrap_err();
        assert!(
            matches!(error, Error::AuthenticationFailed(_)),
            "{email}: {error:?}"
        );
        assert_eq!(error.cause(), cause, "{email}");
        assert_eq!(error.to_string(), "Authentication failed");
        failures.push(error.failure());
    }
    assert!(
        failures.iter().all(|failure| *failure == failures[0]),
        "{failures:?}"
    );
    assert_eq!(failures[0].code, Code::AuthenticationFailed);
}

#[tokio::test(flavor = "multi_thread")]
async fn en_01_unconfirmed_is_told_to_the_operator_and_only_after_the_right_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Admin>().await;
    let cx = auth.context();
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let _ = call(&cx, "register_with_password", input).await.unwrap_err();
    let attempt = async |password: &str| {
        let input = json!({"email": "ada@example.org", "password": password});
        enter(&cx, "sign_in_with_password", input).await
    };
    let (right, wrong) = (
        attempt(PASSWORD).await.unwrap_err(),
        attempt(WRONG_PASSWORD).await.unwrap_err(),
    );
    assert_eq!(
        (right.cause(), wrong.cause()),
        (Cause::Unconfirmed, Cause::WrongPassword)
    );
    assert_eq!(right.failure(), wrong.failure());
    let token_asked = json!({"email": "ada@example.org", "password": PASSWORD});
    let error = call(&cx, "sign_in_token_with_password", token_asked)
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::Unconfirmed);

    world.confirm_admin("ada@example.org", true).await;
    attempt(PASSWORD).await.unwrap();
    world.confirm_admin("ada@example.org", false).await;
    assert_eq!(attempt(PASSWORD).await.unwrap_err().cause(), Cause::Unconfirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_04_a_password_over_the_bound_is_refused_alike_for_everybody() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for password in ["x".repeat(1025), "x".repeat(1024 * 1024)] {
        let known = sign_in(&cx, "ada@example.org", &password).await.unwrap_err();
        let unknown = sign_in(&cx, "eve@example.org", &password).await.unwrap_err();
        assert_eq!(
            field_errors(&known),
            [("password".to_owned(), FieldError::TooLong)]
        );
        assert_eq!(known.failure(), unknown.failure());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_01_a_new_sign_in_ends_the_session_it_replaces() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let elsewhere = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let second = sign_in(&on_behalf_of(&cx, &first).await, "ada@example.org", PASSWORD)
        .await
        .unwrap();
    assert!(
        session(&cx, &token(&first)).await.is_none(),
        "the replaced session is over"
    );
    assert!(session(&cx, &token(&second)).await.is_some());
    assert!(
        session(&cx, &token(&elsewhere)).await.is_some(),
        "another browser's session is not touched"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn en_03_a_hash_is_computed_for_people_who_do_not_exist() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "null@example.org").await;
    world.set_hash("null@example.org", None).await;
    for email in ["eve@example.org", "null@example.org", "no address"] {
        let cx = cx.clone();
        let attempt = tokio::spawn(async move { sign_in(&cx, email, PASSWORD).await });
        let mut hashed = false;
        while !attempt.is_finished() {
            hashed |= auth.hash_pool().in_flight() == 1;
            tokio::task::yield_now().await;
        }
        assert!(attempt.await.unwrap().is_err());
        assert!(hashed, "{email}: no hashing slot was taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_a_copied_token_is_dead_after_signing_out() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    let copied = token(&signed_in);
    auth.sign_out(&copied).await.unwrap();
    assert!(session(&cx, &copied).await.is_none());
    auth.sign_out(&copied).await.unwrap();
    auth.sign_out("not.a.token").await.unwrap();
    assert_eq!(
        world.tokens("revocation").await.len(),
        1,
        "nothing is written for a token that is none"
    );
}
