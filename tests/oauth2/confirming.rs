//! Asking the owner of an address whether an identity is theirs.

use auth_runtime::{
    context::Context,
    error::{Cause, Error},
};
use serde_json::json;

use super::{
    people::arrival::*,
    visit::{Place, ada, ada_with, entered},
};

async fn visit(place: &Place, claims: &serde_json::Value) -> Result<Arrival, Error> {
    let cx = place.browser("ada");
    let redirect = Arrival::request_asking(&cx, RequestAsking::default())
        .await
        .unwrap();
    let callback = place.answers(redirect.location(), claims);
    let signed_in = entered(Arrival::register_with_asking(&cx, callback.into()).await)?;
    Ok((*signed_in.user).clone())
}

/// A browser in which somebody has signed in by a link to that address.
async fn signed_in(place: &Place, email: &str) -> Context<Arrival> {
    let cx = place.browser("follows");
    let before = place.world.outbox.of_kind("magic_link").len();
    let input = RequestMagicLink {
        email: email.to_owned(),
    };
    drop(Arrival::request_magic_link(&cx, input).await.unwrap());
    let mail = place.world.outbox.wait_for("magic_link", before + 1).await;
    let input = SignInWithMagicLink {
        token: mail.last().unwrap().token.clone().unwrap().into(),
    };
    let signed_in = Arrival::sign_in_with_magic_link(&cx, input).await.unwrap();
    auth_tests::call::on_behalf_of(&cx, &signed_in).await
}

/// Follows the link there.
async fn follow(cx: &Context<Arrival>, token: &str) -> Result<(), Error> {
    let input = ConfirmAsking {
        token: token.to_owned().into(),
    };
    Arrival::confirm_asking(cx, input).await
}

/// Follows the link, signed in by a link to that address or not at all.
async fn confirm(place: &Place, signed_in_as: Option<&str>, token: &str) -> Result<(), Error> {
    let cx = match signed_in_as {
        Some(email) => signed_in(place, email).await,
        None => place.browser("follows"),
    };
    follow(&cx, token).await
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_the_owner_of_the_address_decides() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    let refused = visit(&place, &ada()).await.map(drop).unwrap_err();
    assert_eq!(refused.cause(), Cause::ConfirmationRequired);
    let failure = refused.failure();
    let other = place
        .visit("x", &ada_with(&json!({"email_verified": false})))
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(failure, other.failure(), "a client sees no difference");
    assert_eq!(place.find(&user).await.unwrap(), user);
    assert_eq!(place.world.count("identities_of_all").await, 0);

    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    assert_eq!(mail[0].to.as_deref(), Some("ada@example.org"));
    let token = mail[0].token.clone().unwrap();
    assert!(!token.contains("ada-1"), "what it attaches is not in it");
    place.confirmed("eve@example.org").await;
    for other in [None, Some("eve@example.org")] {
        let refused = confirm(&place, other, &token).await;
        assert_eq!(
            refused.unwrap_err().cause(),
            Cause::NotSignedIn,
            "the owner decides"
        );
    }
    confirm(&place, Some("ada@example.org"), &token).await.unwrap();
    assert_eq!(visit(&place, &ada()).await.unwrap().id, user.id);
    let again = confirm(&place, Some("ada@example.org"), &token).await;
    assert_eq!(again.unwrap_err().cause(), Cause::TokenSpent);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_07_a_session_that_lies_open_connects_nothing() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    visit(&place, &ada()).await.map(drop).unwrap_err();
    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    let token = mail[0].token.clone().unwrap();
    let open = signed_in(&place, "ada@example.org").await;
    place.world.clock.advance(time::Duration::minutes(16));
    let stale = follow(&open, &token).await;
    assert_eq!(stale.unwrap_err().cause(), Cause::StaleSession);
    confirm(&place, Some("ada@example.org"), &token).await.unwrap();
    assert_eq!(visit(&place, &ada()).await.unwrap().id, user.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_newer_question_voids_an_older_one() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for sub in ["eve-1", "ada-1", "ada-1"] {
        let refused = visit(&place, &ada_with(&json!({"sub": sub}))).await.map(drop);
        assert_eq!(refused.unwrap_err().cause(), Cause::ConfirmationRequired);
    }
    let mail = place.world.outbox.wait_for("identity_link", 2).await;
    let token = |place: usize| mail[place].token.clone().unwrap();
    let void = confirm(&place, Some("ada@example.org"), &token(0)).await;
    assert_eq!(void.unwrap_err().cause(), Cause::TokenSpent);
    confirm(&place, Some("ada@example.org"), &token(1)).await.unwrap();
    assert_eq!(
        place.world.outbox.of_kind("identity_link").len(),
        2,
        "the same question is asked once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_an_account_gets_five_questions_an_hour() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for number in 0..7 {
        place.world.forget_limits().await;
        let claims = ada_with(&json!({"sub": format!("eve-{number}")}));
        visit(&place, &claims).await.map(drop).unwrap_err();
    }
    place.world.clock.advance(time::Duration::minutes(61));
    place.world.forget_limits().await;
    visit(&place, &ada()).await.map(drop).unwrap_err();
    place.world.outbox.wait_for("identity_link", 6).await;
    place.auth.shutdown(std::time::Duration::from_secs(5)).await;
    assert_eq!(place.world.outbox.of_kind("identity_link").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_what_somebody_else_got_meanwhile_is_not_attached() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    visit(&place, &ada()).await.map(drop).unwrap_err();
    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    // The same identity becomes somebody else's by another address.
    let cx = place.browser("elsewhere");
    let redirect = Arrival::request_asking(&cx, RequestAsking::default())
        .await
        .unwrap();
    let callback = place.answers(
        redirect.location(),
        &ada_with(&json!({"email": "other@example.org"})),
    );
    drop(Arrival::register_with_asking(&cx, callback.into()).await.unwrap());
    let refused = confirm(&place, Some("ada@example.org"), mail[0].token.as_deref().unwrap()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::IdentityElsewhere);
    assert_eq!(place.world.count("identities_of_all").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_07_other_links_are_no_answer() {
    let Some(place) = Place::new().await else { return };
    place.registered("ada@example.org").await;
    let mail = place.world.outbox.wait_for("confirmation", 1).await;
    let refused = confirm(&place, None, mail[0].token.as_deref().unwrap()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::TokenInvalid);
}
