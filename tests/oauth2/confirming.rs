//! Asking the owner of an address whether an identity is theirs.

use auth_runtime::error::{Cause, Error};
use serde_json::json;

use super::{
    people::arrival::*,
    visit::{Place, ada, ada_with, entered},
};

async fn visit(place: &Place, claims: &serde_json::Value) -> Result<Arrival, Error> {
    let cx = place.browser("ada");
    let redirect = Arrival::request_asking(&cx, RequestAsking::default()).await.unwrap();
    let callback = place.answers(redirect.location(), claims);
    let signed_in = entered(Arrival::register_with_asking(&cx, callback.into()).await)?;
    Ok((*signed_in.user).clone())
}

async fn confirm(place: &Place, browser: &str, token: &str) -> Result<(), Error> {
    let input = ConfirmAsking { token: token.to_owned().into() };
    Arrival::confirm_asking(&place.browser(browser), input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_the_owner_of_the_address_decides() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    let refused = visit(&place, &ada()).await.map(drop).unwrap_err();
    assert_eq!(refused.cause(), Cause::ConfirmationRequired);
    let failure = refused.failure();
    let other = place.visit("x", &ada_with(&json!({"email_verified": false}))).await.map(drop).unwrap_err();
    assert_eq!(failure, other.failure(), "a client sees no difference");
    assert_eq!(place.find(&user).await.unwrap(), user);
    assert_eq!(place.world.count("identities_of_all").await, 0);

    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    assert_eq!(mail[0].to.as_deref(), Some("ada@example.org"));
    let token = mail[0].token.clone().unwrap();
    assert!(!token.contains("ada-1"), "what it attaches is not in it");
    confirm(&place, "another browser", &token).await.unwrap();
    assert_eq!(visit(&place, &ada()).await.unwrap().id, user.id);
    let again = confirm(&place, "another browser", &token).await;
    assert_eq!(again.unwrap_err().cause(), Cause::TokenSpent);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_one_question_at_a_time() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for sub in ["ada-1", "eve-1", "eve-2"] {
        let refused = visit(&place, &ada_with(&json!({"sub": sub}))).await.map(drop);
        assert_eq!(refused.unwrap_err().cause(), Cause::ConfirmationRequired);
    }
    place.auth.shutdown(std::time::Duration::from_secs(5)).await;
    assert_eq!(place.world.outbox.of_kind("identity_link").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_what_somebody_else_got_meanwhile_is_not_attached() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    visit(&place, &ada()).await.map(drop).unwrap_err();
    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    // The same identity becomes somebody else's by another address.
    let elsewhere = visit(&place, &ada_with(&json!({"email": "other@example.org"}))).await.unwrap();
    let refused = confirm(&place, "ada", mail[0].token.as_deref().unwrap()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::IdentityElsewhere);
    assert_eq!(visit(&place, &ada()).await.unwrap().id, elsewhere.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_the_answer_also_proves_the_address() {
    let Some(place) = Place::new().await else { return };
    // Somebody else has registered the address with a password.
    let user = place.registered("ada@example.org").await;
    visit(&place, &ada()).await.map(drop).unwrap_err();
    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    confirm(&place, "ada", mail[0].token.as_deref().unwrap()).await.unwrap();
    let now = place.find(&user).await.unwrap();
    assert!(now.confirmed_at.is_some());
    assert_ne!(now.hashed_password, user.hashed_password, "what was set before the proof has ended");
    assert_eq!(visit(&place, &ada()).await.unwrap().id, user.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_07_other_links_are_no_answer() {
    let Some(place) = Place::new().await else { return };
    place.registered("ada@example.org").await;
    let mail = place.world.outbox.wait_for("confirmation", 1).await;
    let refused = confirm(&place, "ada", mail[0].token.as_deref().unwrap()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::TokenInvalid);
}
