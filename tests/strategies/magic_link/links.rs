use auth_runtime::{error::Cause, user::Authenticated};
use auth_tests::call::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::Duration;

use super::db::{World, friend::Friend, reader::*};

/// Asks for a link and takes the token out of the message.
pub(crate) async fn link(world: &World, cx: &auth_runtime::context::Context<Reader>, email: &str) -> String {
    let before = world.outbox.of_kind("magic_link").len();
    let input = RequestMagicLink {
        email: email.to_owned(),
    };
    Reader::request_magic_link(cx, input)
        .await
        .unwrap()
        .delivered()
        .await
        .unwrap();
    let sent = world.outbox.wait_for("magic_link", before + 1).await;
    sent[before].token.clone().unwrap()
}

pub(crate) async fn follow(
    cx: &auth_runtime::context::Context<Reader>,
    token: &str,
) -> Result<auth_runtime::session::SignedIn<Reader>, Cause> {
    let input = SignInWithMagicLink { token: token.into() };
    Reader::sign_in_with_magic_link(cx, input)
        .await
        .map_err(|error| error.cause())
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_somebody_new_gets_an_account_and_then_signs_in_to_it() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let first = link(&world, &cx, " Ada@Example.org").await;
    assert_eq!(
        world.outbox.sent()[0].to.as_deref(),
        Some("ada@example.org"),
        "the canonical form"
    );
    let signed_in = follow(&cx, &first).await.unwrap();
    assert_eq!(
        (signed_in.user.email.as_str(), signed_in.user.visits),
        ("ada@example.org", 7)
    );
    assert_eq!(follow(&cx, &first).await.unwrap_err(), Cause::TokenSpent);
    let second = link(&world, &cx, "ADA@example.org").await;
    let again = follow(&cx, &second).await.unwrap();
    assert_eq!(again.user.id, signed_in.user.id, "case variants are one account");
    let live = session(&cx, &token(&again)).await.unwrap();
    assert_eq!(live.claims().amr, ["link"]);
    let found = Reader::get_by_email(&cx, "aDa@example.org").await.unwrap();
    assert_eq!(found.unwrap().id, signed_in.user.id);
    assert!(Reader::get_by_email(&cx, "no address").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_the_strategy_yield_to_those_of_the_call() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let own = auth_runtime::token::ExtraClaims::new([("by", json!("call"))]).unwrap();
    let cx = auth.context().with_token_claims(own);
    let link = link(&world, &cx, "ada@example.org").await;
    let signed_in = follow(&cx, &link).await.unwrap();
    let session = session(&cx, &token(&signed_in)).await.unwrap();
    assert_eq!(session.token_claims()["by"], "call");
    assert_eq!(session.token_claims()["visits"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_03_a_token_is_bound_to_purpose_action_and_subject() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let fresh = link(&world, &cx, "ada@example.org").await;
    let claims = |token: &str| -> Value {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice(&payload).unwrap()
    };
    let said = claims(&fresh);
    assert_eq!(said["purpose"], "magic_link");
    assert_eq!(said["act"], "sign_in_with_magic_link");
    assert_eq!(said["identity"], "ada@example.org");
    assert!(session(&cx, &fresh).await.is_none(), "no bearer credential");
    let signed_in = follow(&cx, &fresh).await.unwrap();
    let session_token = token(&signed_in);
    assert_eq!(
        follow(&cx, &session_token).await.unwrap_err(),
        Cause::TokenInvalid
    );
    let known = link(&world, &cx, "ada@example.org").await;
    assert_eq!(claims(&known)["sub"], signed_in.subject());
    // Another resource, which has the same secret and table.
    let friends = world.start::<Friend>().await;
    let error = enter(
        &friends.context(),
        "sign_in_with_magic_link",
        json!({"token": known}),
    )
    .await
    .unwrap_err();
    assert_eq!(error.cause(), Cause::TokenInvalid);
    for garbage in ["x", "a.b.c", &known[1..], &format!("{known}x")] {
        assert_eq!(follow(&cx, garbage).await.unwrap_err(), Cause::TokenInvalid);
    }
    follow(&cx, &known).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_03_a_link_dies_with_the_address() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let first = link(&world, &cx, "ada@example.org").await;
    follow(&cx, &first).await.unwrap();
    let sent = link(&world, &cx, "ada@example.org").await;
    world
        .execute("UPDATE readers SET email = 'lovelace@example.org'")
        .await;
    assert_eq!(follow(&cx, &sent).await.unwrap_err(), Cause::ChangedMeanwhile);
    // The address goes to somebody else, whom the old link does not sign in.
    let other = link(&world, &cx, "ada@example.org").await;
    let eve = follow(&cx, &other).await.unwrap();
    assert_eq!(follow(&cx, &sent).await.unwrap_err(), Cause::ChangedMeanwhile);
    let orphan = link(&world, &cx, "ada@example.org").await;
    world.execute("DELETE FROM readers").await;
    let cause = follow(&cx, &orphan).await.unwrap_err();
    assert_eq!(cause, Cause::NoSubject, "{:?}", eve.user.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_04_a_link_lives_ten_minutes() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let early = link(&world, &cx, "ada@example.org").await;
    let late = link(&world, &cx, "eve@example.org").await;
    world.clock.advance(Duration::minutes(10) - Duration::seconds(1));
    follow(&cx, &early).await.unwrap();
    world.clock.advance(Duration::seconds(1));
    assert_eq!(follow(&cx, &late).await.unwrap_err(), Cause::TokenSpent);
    world.clock.advance(Duration::minutes(1));
    assert_eq!(follow(&cx, &late).await.unwrap_err(), Cause::TokenInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_newer_request_voids_the_older_one_of_the_same_person_only() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let other = link(&world, &cx, "eve@example.org").await;
    let older = link(&world, &cx, "ada@example.org").await;
    let newer = link(&world, &cx, "ADA@example.org").await;
    assert_eq!(follow(&cx, &older).await.unwrap_err(), Cause::TokenSpent);
    follow(&cx, &newer).await.unwrap();
    follow(&cx, &other).await.unwrap();
    let older = link(&world, &cx, "ada@example.org").await;
    let newer = link(&world, &cx, "ada@example.org").await;
    assert_eq!(follow(&cx, &older).await.unwrap_err(), Cause::TokenSpent);
    follow(&cx, &newer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_01_nothing_stored_is_a_link() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    let token = link(&world, &cx, "ada@example.org").await;
    let stored = world.texts(&Reader::schema()).await.join("\n");
    for part in token.split('.') {
        assert!(!stored.contains(part));
    }
    assert_eq!(<Reader as Authenticated>::STRATEGIES[0].kind, "magic_link");
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_the_longest_address_fits_for_somebody_new() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Reader>().await;
    let cx = auth.context();
    // Text that grows when it is written into a URL.
    let (label, local) = ("d".repeat(61), "++++".repeat(16));
    let address = format!("{local}@{label}.{label}.{label}.com");
    assert_eq!(address.len(), 254);
    let token = link(&world, &cx, &address).await;
    assert_eq!(follow(&cx, &token).await.unwrap().user.email, address);
}
