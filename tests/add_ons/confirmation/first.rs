use std::sync::Arc;

use auth_runtime::{
    context::Context,
    error::{Cause, Code, Error, FieldError},
    strategy::Confirmed,
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use serde_json::{Value, json};
use time::Duration;

use super::db::{World, friend::*};

pub(crate) fn somebody(email: &str) -> RegisterWithPassword {
    RegisterWithPassword {
        email: email.to_owned(),
        password: PASSWORD.into(),
        password_confirmation: PASSWORD.into(),
        backup_email: None,
        nickname: None,
    }
}

/// Registers somebody and takes the token out of the message.
pub(crate) async fn registered(world: &World, cx: &Context<Friend>, email: &str) -> String {
    let before = world.outbox.of_kind("confirmation").len();
    let accepted = Friend::register_with_password(cx, somebody(email)).await.unwrap();
    accepted.delivered().await.unwrap();
    let sent = world.outbox.wait_for("confirmation", before + 1).await;
    assert_eq!(sent[before].to.as_deref(), Some(email));
    sent[before].token.clone().unwrap()
}

pub(crate) async fn confirm(cx: &Context<Friend>, token: &str) -> Result<Confirmed<Friend>, Error> {
    Friend::confirm(
        cx,
        Confirm {
            confirm: token.into(),
        },
    )
    .await
}

pub(crate) async fn sign_in(
    cx: &Context<Friend>,
    email: &str,
) -> Result<auth_runtime::session::SignedIn<Friend>, Error> {
    let input = SignInWithPassword {
        email: email.to_owned(),
        password: PASSWORD.into(),
    };
    Friend::sign_in_with_password(cx, input).await
}

/// A context in a browser of its own.
pub(crate) fn browser(cx: &Context<Friend>, name: &str) -> Context<Friend> {
    cx.clone().with_browser(format!("the secret of {name}").into())
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_04_the_browser_that_registered_is_signed_in_by_the_proof() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let token_in_mail = registered(&world, &cx, "ada@example.org").await;
    let error = sign_in(&cx, "ada@example.org").await.unwrap_err();
    assert_eq!(error.cause(), Cause::Unconfirmed, "CF-03: not before the proof");
    assert_eq!(world.tokens("user").await, []);

    let confirmed = confirm(&cx, &token_in_mail).await.unwrap();
    assert!(!confirmed.credentials_voided);
    assert!(confirmed.user.confirmed_at.is_some());
    let signed_in = confirmed.signed_in.unwrap();
    assert!(session(&cx, &token(&signed_in)).await.is_some());
    sign_in(&cx, "ada@example.org").await.unwrap();

    let error = confirm(&cx, &token_in_mail).await.unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::TokenSpent, Code::InvalidToken)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_02_a_link_confirms_the_value_it_was_sent_to_and_no_other() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let token = registered(&world, &cx, "ada@example.org").await;
    let rows = world.tokens("confirmation").await;
    let kept = rows[0].extra_data.as_deref().unwrap();
    assert!(kept.contains("ada@example.org"));
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert!(!claims.to_string().contains("ada@"), "no value is in the token");
    assert_eq!(claims["act"], "confirm");

    world
        .execute("UPDATE friends SET email = 'eve@example.org'")
        .await;
    let error = confirm(&cx, &token).await.unwrap_err();
    assert_eq!(error.cause(), Cause::ChangedMeanwhile);
    world
        .execute("UPDATE friends SET email = 'ada@example.org'")
        .await;
    confirm(&cx, &token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_of_many_who_follow_one_link_one_confirms() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let token = registered(&world, &cx, "ada@example.org").await;
    let repo = world
        .second_repo(auth_runtime::db::PoolOptions::default().max_size(4))
        .await;
    let other = world.builder_on::<Friend>(repo).start().await.unwrap();
    let barrier = Arc::new(tokio::sync::Barrier::new(8));
    let crowd: Vec<_> = (0..8)
        .map(|n| {
            let cx = if n % 2 == 0 {
                cx.clone()
            } else {
                browser(&other.context(), "Ada")
            };
            let (token, barrier) = (token.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                confirm(&cx, &token).await
            })
        })
        .collect();
    let mut winners = 0;
    for one in crowd {
        match one.await.unwrap() {
            Ok(_) => winners += 1,
            Err(error) => assert_eq!(error.cause(), Cause::TokenSpent),
        }
    }
    assert_eq!((winners, world.tokens("user").await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn su_03_a_link_is_for_one_add_on_and_one_purpose() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let input = RegisterWithPassword {
        backup_email: Some(" Backup@Example.org".to_owned()),
        ..somebody("ada@example.org")
    };
    let _ = Friend::register_with_password(&cx, input).await.unwrap();
    let sent = world.outbox.wait_for("confirmation", 2).await;
    assert_eq!(world.tokens("confirmation").await.len(), 2);
    let mut confirmed = Vec::new();
    for message in &sent {
        let token = message.token.as_deref().unwrap();
        let (first, backup) = (
            call(&cx, "confirm", json!({"confirm": token})).await,
            call(&cx, "confirm_backup", json!({"confirm": token})).await,
        );
        match (first, backup) {
            (Ok(_), Err(error)) => confirmed.push(("first", error.cause())),
            (Err(error), Ok(_)) => confirmed.push(("backup", error.cause())),
            other => panic!("{other:?}"),
        }
        for action in ["sign_in_with_magic_link", "sign_in_with_token"] {
            let error = enter(&cx, action, json!({"token": token})).await.unwrap_err();
            assert_eq!(error.cause(), Cause::TokenInvalid, "{action}");
        }
        assert!(session(&cx, token).await.is_none());
    }
    confirmed.sort_by_key(|(add_on, _)| *add_on);
    assert_eq!(
        confirmed,
        [("backup", Cause::WrongAction), ("first", Cause::WrongAction)]
    );
    let found = Friend::get_by_email(&cx, "ada@example.org")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.backup_email.as_deref(), Some("backup@example.org"), "IN-01");
    assert!(found.confirmed_at.is_some() && found.backup_confirmed_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn su_04_a_link_lives_as_long_as_declared() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let early = registered(&world, &cx, "ada@example.org").await;
    let late = registered(&world, &cx, "eve@example.org").await;
    world.clock.advance(Duration::hours(24) - Duration::seconds(1));
    confirm(&cx, &early).await.unwrap();
    world.clock.advance(Duration::minutes(2));
    assert_eq!(
        confirm(&cx, &late).await.unwrap_err().cause(),
        Cause::TokenInvalid
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_another_link_voids_the_earlier_one_and_tells_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let older = registered(&world, &cx, "ada@example.org").await;
    // Asked for in another browser, which is not thereby the one that registered.
    let elsewhere = browser(&auth.context(), "somebody");
    for email in ["ADA@example.org", "nobody@example.org", "no address"] {
        let input = ResendConfirm {
            email: email.to_owned(),
        };
        let accepted = Friend::resend_confirm(&elsewhere, input).await.unwrap();
        accepted.delivered().await.unwrap();
    }
    let sent = world.outbox.wait_for("confirmation", 2).await;
    auth.deliver_due().await.unwrap();
    assert_eq!(world.outbox.of_kind("confirmation").len(), 2);
    assert_eq!(confirm(&cx, &older).await.unwrap_err().cause(), Cause::TokenSpent);
    let newer = sent[1].token.clone().unwrap();
    let confirmed = confirm(&cx, &newer).await.unwrap();
    assert!(
        !confirmed.credentials_voided,
        "it is still the browser that registered"
    );
    assert!(confirmed.signed_in.is_some());
    // Confirmed by now, so there is nothing to send.
    let input = ResendConfirm {
        email: "ada@example.org".to_owned(),
    };
    let _ = Friend::resend_confirm(&cx, input).await.unwrap();
    auth.deliver_due().await.unwrap();
    assert_eq!(world.outbox.of_kind("confirmation").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_a_taken_identity_is_told_to_its_owner_alone() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = auth.context();
    let first = Friend::register_with_password(&cx, somebody("ada@example.org"))
        .await
        .unwrap();
    first.delivered().await.unwrap();
    let before = world.tokens("confirmation").await.len();
    let input = RegisterWithPassword {
        password: OTHER_PASSWORD.into(),
        password_confirmation: OTHER_PASSWORD.into(),
        nickname: Some("somebody else".to_owned()),
        ..somebody("ADA@example.org")
    };
    let again = Friend::register_with_password(&cx, input).await.unwrap();
    again.delivered().await.unwrap();
    let told = world.outbox.wait_for("account_exists", 1).await;
    assert_eq!(
        (told[0].to.as_deref(), &told[0].token),
        (Some("ada@example.org"), &None)
    );
    assert_eq!(
        world.tokens("confirmation").await.len(),
        before + 1,
        "the same rows"
    );
    assert_eq!(world.count("friends").await, 1);
    let found = Friend::get_by_email(&cx, "ada@example.org")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.nickname, None, "nothing is overwritten");
    // What is wrong with the rest is told whether or not the identity is taken.
    world
        .execute("CREATE UNIQUE INDEX one_backup ON friends (backup_email)")
        .await;
    world
        .execute("UPDATE friends SET backup_email = 'backup@example.org'")
        .await;
    for email in ["ada@example.org", "eve@example.org"] {
        let input = RegisterWithPassword {
            backup_email: Some("backup@example.org".to_owned()),
            ..somebody(email)
        };
        let error = Friend::register_with_password(&cx, input).await.unwrap_err();
        assert_eq!(
            field_errors(&error),
            [("backup_email".to_owned(), FieldError::Taken)],
            "{email}"
        );
    }
    let wrong = Friend::register_with_password(&cx, somebody("no address"))
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&wrong),
        [("email".to_owned(), FieldError::NotAnAddress)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_a_crowd_registers_one_identity_once_and_learns_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<Friend>().await;
    let crowd: Vec<_> = (0..6)
        .map(|_| {
            let cx = auth.context();
            tokio::spawn(
                async move { Friend::register_with_password(&cx, somebody("ada@example.org")).await },
            )
        })
        .collect();
    let mut refused = Vec::new();
    for one in crowd {
        refused.extend(one.await.unwrap().err().map(|error| error.cause()));
    }
    assert_eq!(world.count("friends").await, 1);
    // RL-05: five messages to one recipient, of which one is the confirmation. The sixth caller is told to wait, which
    // says nothing about the person.
    assert_eq!(refused, [Cause::TooManyAttempts]);
    world.outbox.wait_for("account_exists", 4).await;
    auth.deliver_due().await.unwrap();
    assert_eq!(world.outbox.of_kind("confirmation").len(), 1);
    assert_eq!(world.outbox.sent().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_gone_cannot_be_confirmed() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = browser(&auth.context(), "Ada");
    let token = registered(&world, &cx, "ada@example.org").await;
    world.execute("DELETE FROM friends").await;
    let error = confirm(&cx, &token).await.unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::NoSubject, Code::InvalidToken)
    );
    let error = confirm(&cx, "a.b.c").await.unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::TokenInvalid, Code::InvalidToken)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_registrations_are_counted_apart_from_messages_and_never_dropped() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = auth.context();
    for _ in 0..6 {
        let input = RequestPasswordResetWithPassword {
            email: "ada@example.org".to_owned(),
        };
        drop(
            Friend::request_password_reset_with_password(&cx, input)
                .await
                .unwrap(),
        );
    }
    registered(&world, &cx, "ada@example.org").await;
    // What was refused for its arguments does not count.
    for _ in 0..5 {
        let input = RegisterWithPassword {
            password: "short".into(),
            ..somebody("ada@example.org")
        };
        let error = Friend::register_with_password(&cx, input).await.unwrap_err();
        assert_eq!(error.cause(), Cause::InvalidInput);
    }
    for _ in 1..5 {
        drop(
            Friend::register_with_password(&cx, somebody("ada@example.org"))
                .await
                .unwrap(),
        );
    }
    let error = Friend::register_with_password(&cx, somebody("ada@example.org")).await;
    assert_eq!(error.unwrap_err().cause(), Cause::TooManyAttempts, "and says so");
    registered(&world, &cx, "eve@example.org").await;
}
