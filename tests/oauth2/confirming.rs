//! Asking the owner of an address whether an identity is theirs.

use auth_runtime::{
    context::Context,
    error::{Cause, Error},
    strategies::oauth2::Entered,
};
use serde_json::json;

use super::{
    people::arrival::*,
    visit::{Place, ada, ada_with, entered},
};

/// A whole visit by way of `asking`.
async fn visit(place: &Place, claims: &serde_json::Value) -> Result<Entered<Arrival>, Error> {
    let cx = place.browser("ada");
    let redirect = Arrival::request_asking(&cx, RequestAsking::default())
        .await
        .unwrap();
    let callback = place.answers(redirect.location(), claims);
    Arrival::register_with_asking(&cx, callback.into()).await
}

/// The same for somebody who is let in.
async fn let_in(place: &Place, claims: &serde_json::Value) -> Arrival {
    let signed_in = entered(visit(place, claims).await).unwrap();
    (*signed_in.user).clone()
}

/// The same for somebody about whom the owner of the address is asked.
async fn asks(place: &Place, claims: &serde_json::Value) {
    place
        .comes_to_nothing(visit(place, claims), Cause::ConfirmationRequired)
        .await;
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
    asks(&place, &ada()).await;
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
    assert_eq!(let_in(&place, &ada()).await.id, user.id);
    let again = confirm(&place, Some("ada@example.org"), &token).await;
    assert_eq!(again.unwrap_err().cause(), Cause::TokenSpent);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_07_a_session_that_lies_open_connects_nothing() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    asks(&place, &ada()).await;
    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    let token = mail[0].token.clone().unwrap();
    let open = signed_in(&place, "ada@example.org").await;
    place.world.clock.advance(time::Duration::minutes(16));
    let stale = follow(&open, &token).await;
    assert_eq!(stale.unwrap_err().cause(), Cause::StaleSession);
    confirm(&place, Some("ada@example.org"), &token).await.unwrap();
    assert_eq!(let_in(&place, &ada()).await.id, user.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_newer_question_voids_an_older_one() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for sub in ["eve-1", "ada-1", "ada-1"] {
        asks(&place, &ada_with(&json!({"sub": sub}))).await;
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
        asks(&place, &claims).await;
    }
    place.world.clock.advance(time::Duration::minutes(61));
    place.world.forget_limits().await;
    asks(&place, &ada()).await;
    place.world.outbox.wait_for("identity_link", 6).await;
    place.auth.shutdown(std::time::Duration::from_secs(5)).await;
    assert_eq!(place.world.outbox.of_kind("identity_link").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_what_somebody_else_got_meanwhile_is_not_attached() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    asks(&place, &ada()).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_identity_of_a_former_issuer_makes_room_for_one_that_the_owner_confirms() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    asks(&place, &ada()).await;
    let mail = place.world.outbox.wait_for("identity_link", 1).await;
    confirm(&place, Some("ada@example.org"), mail[0].token.as_deref().unwrap())
        .await
        .unwrap();
    // The provider moves, and names everybody anew.
    place
        .world
        .execute("UPDATE identities_of_all SET issuer = 'https://former.example'")
        .await;
    let moved = ada_with(&json!({"sub": "ada-2"}));
    asks(&place, &moved).await;
    assert_eq!(
        place.world.count("identities_of_all").await,
        1,
        "nothing goes before the owner answers"
    );
    let mail = place.world.outbox.wait_for("identity_link", 2).await;
    confirm(&place, Some("ada@example.org"), mail[1].token.as_deref().unwrap())
        .await
        .unwrap();
    assert_eq!(place.world.count("identities_of_all").await, 1);
    assert_eq!(let_in(&place, &moved).await.id, user.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_whoever_came_before_with_the_address_does_not_stand_in_its_owners_way() {
    let Some(place) = Place::new().await else { return };
    // Nobody vouches for what eve writes there.
    let eve = json!({"sub": "eve-1", "email": "ada@example.org"});
    let outcome = visit(&place, &eve).await.unwrap();
    assert!(matches!(outcome, Entered::MustConfirm(_)));
    let account = Arrival::get_by_email(&place.auth.context(), "ada@example.org").await;
    let account = account.unwrap().unwrap();
    // Its owner comes by the same provider and is told, because nobody can be asked in a session of such an account.
    place
        .comes_to_nothing(visit(&place, &ada()), Cause::UntrustedMatch)
        .await;
    place.world.outbox.wait_for("account_exists", 1).await;
    // A link signs in, and is their proof of the address.
    let owner = signed_in(&place, "ada@example.org").await;
    assert_eq!(place.world.count("identities_of_all").await, 0, "eve's is gone");
    asks(&place, &ada()).await;
    let asked = place.world.outbox.wait_for("identity_link", 1).await;
    follow(&owner, asked[0].token.as_deref().unwrap()).await.unwrap();
    assert_eq!(let_in(&place, &ada()).await.id, account.id);
}
