use std::sync::Arc;

use auth_runtime::{context::Context, error::Cause};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use serde_json::json;

use super::{
    db::{World, friend::*, writer::Writer},
    first::{browser, confirm, registered, sign_in},
};

async fn magic_link(world: &World, cx: &Context<Friend>, email: &str) -> String {
    let before = world.outbox.of_kind("magic_link").len();
    let input = RequestMagicLink {
        email: email.to_owned(),
    };
    Friend::request_magic_link(cx, input)
        .await
        .unwrap()
        .delivered()
        .await
        .unwrap();
    let sent = world.outbox.wait_for("magic_link", before + 1).await;
    sent[before].token.clone().unwrap()
}

async fn follow(cx: &Context<Friend>, token: &str) -> auth_runtime::session::SignedIn<Friend> {
    let input = SignInWithMagicLink { token: token.into() };
    Friend::sign_in_with_magic_link(cx, input).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_what_somebody_else_chose_ends_with_the_owners_confirmation() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let (eve, ada) = (browser(&auth.context(), "Eve"), browser(&auth.context(), "Ada"));
    let token = registered(&world, &eve, "ada@example.org").await;
    let confirmed = confirm(&ada, &token).await.unwrap();
    assert!(confirmed.credentials_voided);
    assert!(confirmed.signed_in.is_none(), "CF-04");
    let error = sign_in(&eve, "ada@example.org").await.unwrap_err();
    assert_eq!(error.cause(), Cause::NoUser, "the password is gone");
    // The owner chooses a new one.
    let asked = call(
        &ada,
        "request_password_reset_with_password",
        json!({"email": "ada@example.org"}),
    );
    let _ = asked.await.unwrap();
    let reset = world.outbox.wait_for("password_reset", 1).await[0].token.clone();
    let input = json!({"reset_token": reset, "password": PASSWORD, "password_confirmation": PASSWORD});
    enter(&ada, "password_reset_with_password", input).await.unwrap();
    sign_in(&ada, "ada@example.org").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_a_magic_link_proves_and_wipes_too() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let (eve, ada) = (browser(&auth.context(), "Eve"), browser(&auth.context(), "Ada"));
    let confirmation = registered(&world, &eve, "ada@example.org").await;
    let link = magic_link(&world, &ada, "ada@example.org").await;
    let signed_in = follow(&ada, &link).await;
    assert!(signed_in.user.confirmed_at.is_some());
    assert!(session(&ada, &token(&signed_in)).await.is_some());
    assert_eq!(
        sign_in(&eve, "ada@example.org").await.unwrap_err().cause(),
        Cause::NoUser
    );
    assert_eq!(
        confirm(&eve, &confirmation).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    // What is set after the proof stays.
    let asked = call(
        &ada,
        "request_password_reset_with_password",
        json!({"email": "ada@example.org"}),
    );
    let _ = asked.await.unwrap();
    let reset = world.outbox.wait_for("password_reset", 1).await[0].token.clone();
    let input = json!({"reset_token": reset, "password": PASSWORD, "password_confirmation": PASSWORD});
    enter(&ada, "password_reset_with_password", input).await.unwrap();
    let link = magic_link(&world, &ada, "ada@example.org").await;
    follow(&ada, &link).await;
    sign_in(&ada, "ada@example.org").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_who_registered_and_then_signs_in_by_link_keeps_the_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let ada = browser(&auth.context(), "Ada");
    registered(&world, &ada, "ada@example.org").await;
    let link = magic_link(&world, &ada, "ada@example.org").await;
    follow(&ada, &link).await;
    sign_in(&ada, "ada@example.org").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_the_owner_who_comes_first_keeps_everything() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let (eve, ada) = (browser(&auth.context(), "Eve"), browser(&auth.context(), "Ada"));
    let link = magic_link(&world, &ada, "ada@example.org").await;
    let signed_in = follow(&ada, &link).await;
    assert_eq!(
        world.outbox.of_kind("confirmation").len(),
        0,
        "the link was the proof"
    );
    let input = super::first::somebody("ada@example.org");
    let _ = Friend::register_with_password(&eve, input).await.unwrap();
    world.outbox.wait_for("account_exists", 1).await;
    assert!(sign_in(&eve, "ada@example.org").await.is_err());
    assert!(session(&ada, &token(&signed_in)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_a_reset_proves_the_address_and_keeps_the_new_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let (eve, ada) = (browser(&auth.context(), "Eve"), browser(&auth.context(), "Ada"));
    registered(&world, &eve, "ada@example.org").await;
    let asked = call(
        &ada,
        "request_password_reset_with_password",
        json!({"email": "ada@example.org"}),
    );
    let _ = asked.await.unwrap();
    let reset = world.outbox.wait_for("password_reset", 1).await[0].token.clone();
    let input = json!({
        "reset_token": reset, "password": OTHER_PASSWORD, "password_confirmation": OTHER_PASSWORD,
    });
    let signed_in = enter(&ada, "password_reset_with_password", input).await.unwrap();
    assert!(signed_in.user.confirmed_at.is_some());
    assert!(session(&ada, &token(&signed_in)).await.is_some());
    let input = json!({"email": "ada@example.org", "password": OTHER_PASSWORD});
    enter(&ada, "sign_in_with_password", input).await.unwrap();
    assert_eq!(
        sign_in(&eve, "ada@example.org").await.unwrap_err().cause(),
        Cause::WrongPassword
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_sessions_from_before_the_proof_end_unless_it_comes_in_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Writer>().await;
    let cx = auth.context();
    for (name, in_session) in [("ada", true), ("bob", false)] {
        let input = json!({
            "username": name,
            "email": format!("{name}@example.org"),
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
        });
        let before = world.outbox.of_kind("confirmation").len();
        let first = enter(&cx, "register_with_password", input).await.unwrap();
        let sent = world.outbox.wait_for("confirmation", before + 1).await;
        let input = json!({"username": name, "password": PASSWORD});
        let second = enter(&cx, "sign_in_with_password", input.clone()).await.unwrap();
        let by = if in_session {
            let session = session(&cx, &token(&second)).await.unwrap();
            cx.clone().with_session(Arc::new(session))
        } else {
            cx.clone()
        };
        let _ = call(&by, "confirm", json!({"confirm": sent[before].token}))
            .await
            .unwrap();
        for signed_in in [&first, &second] {
            assert_eq!(
                session(&cx, &token(signed_in)).await.is_some(),
                in_session,
                "{name}"
            );
        }
        let again = enter(&cx, "sign_in_with_password", input).await;
        assert_eq!(again.is_ok(), in_session, "{name}");
    }
}
