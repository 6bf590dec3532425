//! Who is remembered, and what being remembered proves.

use auth_runtime::{error::Cause, session::SignedIn, token::Purpose, user::Authenticated};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use time::Duration;

use super::{
    db::{World, user::User},
    guests::{ChangePassword, Guest, SignInWithToken, come_back, register, sign_in, unconfirm},
};

fn remembered(signed_in: &SignedIn<Guest>) -> SecretString {
    signed_in.remember_me.as_ref().unwrap().token.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_ask_for_it_are_remembered() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    assert!(register(&cx, "ada@example.org").await.remember_me.is_none());
    assert!(sign_in(&cx, "ada@example.org", false).await.remember_me.is_none());
    let signed_in = sign_in(&cx, "ada@example.org", true).await;
    let expected = auth.now() + Duration::days(20);
    assert_eq!(signed_in.remember_me.as_ref().unwrap().expires_at, expected);
    assert!(!signed_in.renewed);
    for (asked, expected) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let input = json!({"email": "ada@example.org", "password": PASSWORD, "remember_me": asked});
        let signed_in = enter(&cx, "sign_in_with_password", input).await.unwrap();
        assert_eq!(signed_in.remember_me.is_some(), expected, "{asked}");
    }
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "remember_me": "maybe"});
    let error = enter(&cx, "sign_in_with_password", input).await.unwrap_err();
    assert_eq!(field_errors(&error)[0].0, "remember_me");
    let token = call(
        &cx,
        "sign_in_token_with_password",
        json!({"email": "ada@example.org", "password": PASSWORD}),
    );
    let auth_runtime::strategy::ActionOutcome::SignInToken(token) = token.await.unwrap() else {
        panic!("a sign-in token")
    };
    let input = SignInWithToken {
        token,
        remember_me: true,
    };
    let exchanged = Guest::sign_in_with_token(&cx, input).await.unwrap();
    assert!(exchanged.remember_me.is_some());
    assert!(
        world.tokens("remember_me").await.len() >= 3,
        "every one has its row"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mf_01_a_remembered_browser_gets_a_session_that_is_not_fresh() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let first = sign_in(&cx, "ada@example.org", true).await;
    world.clock.advance(Duration::days(3));
    assert!(session(&cx, &token(&first)).await.is_none());
    let back = come_back(&cx, &remembered(&first)).await.unwrap();
    assert!(back.renewed);
    assert_eq!(back.user.email, "ada@example.org");
    let current = session(&cx, &token(&back)).await.unwrap();
    let (old, new) = (first.claims.as_ref().unwrap(), current.claims());
    assert_eq!((new.auth_time, &new.amr), (old.auth_time, &old.amr));
    assert!(!current.is_fresh(auth.now(), Duration::days(1)));
    let own = on_behalf_of(&cx, &back).await;
    let input = ChangePassword {
        current_password: PASSWORD.into(),
        password: OTHER_PASSWORD.into(),
    };
    let error = Guest::change_password(&own, input).await.unwrap_err();
    assert_eq!(error.cause(), Cause::StaleSession);
    let listed = own.sessions().await.unwrap();
    assert_eq!(listed.iter().filter(|session| session.current).count(), 1);
    assert_eq!(listed.len(), 1, "the registration's session has expired");
    assert_eq!(listed[0].signed_in_at.get().unix_timestamp(), old.iat);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_04_nobody_is_remembered_for_longer_than_declared() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let mut last = sign_in(&cx, "ada@example.org", true).await;
    let end = last.remember_me.as_ref().unwrap().expires_at;
    for _ in 0..6 {
        world.clock.advance(Duration::days(3));
        last = come_back(&cx, &remembered(&last)).await.unwrap();
        assert_eq!(last.remember_me.as_ref().unwrap().expires_at, end);
    }
    world.clock.advance(Duration::days(1) + Duration::hours(12));
    last = come_back(&cx, &remembered(&last)).await.unwrap();
    assert_eq!(
        last.claims.as_ref().unwrap().expires_at(),
        end,
        "nor is the session"
    );
    world.clock.advance(Duration::hours(13));
    assert!(come_back(&cx, &remembered(&last)).await.is_err());
    assert!(session(&cx, &token(&last)).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_03_nobody_comes_back_who_may_not_have_a_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let first = sign_in(&cx, "ada@example.org", true).await;
    unconfirm(&world, "ada@example.org").await;
    let error = come_back(&cx, &remembered(&first)).await.unwrap_err();
    assert_eq!(error.cause(), Cause::Unconfirmed);
    assert_eq!(
        error.failure(),
        come_back(&cx, &"a.b.c".into()).await.unwrap_err().failure(),
        "why is not told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_07_the_token_is_nothing_else_and_nothing_else_is_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let first = sign_in(&cx, "ada@example.org", true).await;
    let cookie = remembered(&first);
    assert!(session(&cx, cookie.expose_secret()).await.is_none(), "no session");
    let input = json!({"token": cookie.expose_secret()});
    assert!(
        enter(&cx, "sign_in_with_token", input).await.is_err(),
        "no sign-in token"
    );
    for other in [token(&first), String::new()] {
        let error = come_back(&cx, &other.into()).await.unwrap_err();
        assert_eq!(error.cause(), Cause::TokenInvalid);
    }
    let users = world.start::<User>().await;
    assert!(
        users
            .authenticate(cookie.expose_secret())
            .await
            .unwrap()
            .is_none()
    );
    assert!(User::authentication_info().strategy("remember_me").is_none());
    let input = json!({"token": cookie.expose_secret()});
    let error = enter(&users.context(), "sign_in_with_remember_me", input)
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::NoSuchAction);
    let row = &world.tokens("remember_me").await[0];
    assert!(
        !cookie.expose_secret().contains(&row.jti),
        "tk_09: rows hold no token"
    );
    assert!(come_back(&cx, &cookie).await.is_ok(), "none of this used it up");
}

#[tokio::test(flavor = "multi_thread")]
async fn su_09_a_reset_and_a_change_end_remembering() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let first = sign_in(&cx, "ada@example.org", true).await;
    let own = on_behalf_of(&cx, &sign_in(&cx, "ada@example.org", false).await).await;
    let input = ChangePassword {
        current_password: PASSWORD.into(),
        password: OTHER_PASSWORD.into(),
    };
    Guest::change_password(&own, input).await.unwrap();
    let error = come_back(&cx, &remembered(&first)).await.unwrap_err();
    assert_eq!(error.cause(), Cause::TokenSpent);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_signing_out_forgets_this_browser_and_no_other() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let (here, there) = (
        sign_in(&cx, "ada@example.org", true).await,
        sign_in(&cx, "ada@example.org", true).await,
    );
    auth.sign_out(&token(&here)).await.unwrap();
    let error = come_back(&cx, &remembered(&here)).await.unwrap_err();
    assert_eq!(error.cause(), Cause::TokenSpent);
    assert!(come_back(&cx, &remembered(&there)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strategy_says_what_it_is() {
    let info = Guest::authentication_info();
    let strategy = info.strategy("remember_me").unwrap();
    assert_eq!((strategy.kind, strategy.phases.len()), ("remember_me", 0));
    assert!(strategy.tokens_required);
    assert_eq!(
        info.strategy_for_action("sign_in_with_remember_me").unwrap().name,
        "remember_me"
    );
    let config = Guest::SETTINGS.remember_me.unwrap();
    assert_eq!(config.cookie_name, "guest_remember_me");
    assert_eq!(Purpose::RememberMe.default_lifetime().as_secs(), 2_592_000);
}
