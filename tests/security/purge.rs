//! Purging of tokens.

use auth_runtime::error::Cause;
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use time::Duration;

use super::db::{World, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn tk_12_exactly_what_has_expired_is_removed() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let expire = async |seconds: i64| {
        let end = auth.now() + Duration::seconds(seconds);
        let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        let end = end.format(&format).unwrap();
        // The margin of the purge lies between minus 150 and now.
        let jti = format!("row-{}", seconds + 1_000_000);
        world
            .execute(&format!(
                "INSERT INTO tokens (jti, subject, purpose, expires_at, created_at, updated_at) \
                 SELECT '{jti}', subject, 'revocation', {end}, created_at, created_at FROM tokens WHERE purpose = 'user'",
                end = stored_timestamp(&end),
            ))
            .await;
    };
    for seconds in 1..=10 {
        expire(-1000 * seconds).await;
        expire(1000 * seconds).await;
    }
    expire(-10).await;
    assert_eq!(auth.expunge_expired().await.unwrap(), 10);
    assert_eq!(auth.expunge_expired().await.unwrap(), 0);
    let left = world.tokens("revocation").await;
    assert_eq!(left.len(), 11, "ten that live, and one within the margin");
    assert!(
        left.iter()
            .all(|row| row.expires_at.get() > auth.now() - Duration::seconds(60))
    );
    assert_eq!(world.tokens("user").await.len(), 1);
}

/// How the database writes a moment.
fn stored_timestamp(moment: &str) -> String {
    match <super::db::Repo as auth_tests::database::TestDatabase>::KEY {
        "sqlite" => format!("'{moment}.000000+00:00'"),
        "postgres" => format!("TIMESTAMPTZ '{moment}+00:00'"),
        _ => format!("'{moment}'"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_12_a_revocation_outlives_what_it_revokes() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    let spent = reset_token(&world, &cx, "ada@example.org").await;
    reset(&cx, &spent, OTHER_PASSWORD).await.unwrap();
    let steps = [
        Duration::minutes(29),
        Duration::seconds(59),
        Duration::seconds(31),
        Duration::minutes(3),
        Duration::days(13),
        Duration::days(1),
        Duration::minutes(10),
    ];
    for step in steps {
        world.clock.advance(step);
        auth.expunge_expired().await.unwrap();
        assert!(reset(&cx, &spent, PASSWORD).await.is_err(), "{step}");
        assert!(session(&cx, &session_token).await.is_none(), "{step}");
    }
    assert_eq!(world.tokens("revocation").await, [], "in the end nothing is left");
    assert_eq!(world.tokens("user").await, []);
    sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_requests_for_nobody_leave_nothing_for_good() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    for number in 0..5 {
        let input = super::db::user::RequestPasswordResetWithPassword {
            email: format!("nobody{number}@example.org"),
        };
        let _ = User::request_password_reset_with_password(&cx, input)
            .await
            .unwrap();
    }
    world.clock.advance(Duration::minutes(40));
    assert_eq!(auth.expunge_expired().await.unwrap(), 5);
    let error = sign_in(&cx, "nobody1@example.org", PASSWORD).await.unwrap_err();
    assert_eq!(error.cause(), Cause::NoUser);
}
