//! Identities that people attach to their accounts and take away again.

use auth_runtime::{
    context::Context,
    error::{Cause, Error, FieldError},
    oauth::Callback,
    strategies::oauth2::{Entered, IdentityInfo},
};
use auth_tests::{
    PASSWORD,
    call::{field_errors, on_behalf_of},
};
use serde_json::{Value, json};
use time::Duration;

use super::{
    people::arrival::*,
    visit::{Place, ada, ada_with},
};

/// Somebody who is signed in with a password.
async fn signed_in(place: &Place, email: &str) -> Context<Arrival> {
    place.confirmed(email).await;
    with_password(place, email).await
}

async fn with_password(place: &Place, email: &str) -> Context<Arrival> {
    let cx = place.browser(email);
    let input = SignInWithPassword {
        email: email.to_owned(),
        password: PASSWORD.into(),
    };
    let signed_in = Arrival::sign_in_with_password(&cx, input).await.unwrap();
    on_behalf_of(&cx, &signed_in).await
}

async fn begin(place: &Place, cx: &Context<Arrival>, claims: &Value) -> Callback {
    let redirect = Arrival::link_corporate(cx, LinkCorporate {}).await.unwrap();
    place.answers(redirect.location(), claims)
}

async fn link(place: &Place, cx: &Context<Arrival>, claims: &Value) -> Result<IdentityInfo, Error> {
    let callback = begin(place, cx, claims).await;
    match Arrival::register_with_corporate(cx, callback.into()).await? {
        Entered::Linked(info) => Ok(info),
        other => panic!("{other:?}"),
    }
}

fn cause<T>(outcome: Result<T, Error>) -> Cause {
    outcome.map(drop).unwrap_err().cause()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_attaches_an_identity_whatever_its_address() {
    let Some(place) = Place::new().await else { return };
    let cx = signed_in(&place, "bob@example.org").await;
    let info = link(&place, &cx, &ada()).await.unwrap();
    assert_eq!(
        (info.strategy.as_str(), info.email.as_deref()),
        ("corporate", Some("Ada@example.org"))
    );
    let listed = Arrival::list_corporate_identities(&cx, ListCorporateIdentities {})
        .await
        .unwrap();
    assert_eq!(listed, [info]);
    let visit = place.visit("elsewhere", &ada()).await.unwrap();
    assert_eq!(visit.user.email.as_deref(), Some("bob@example.org"));
    place.world.outbox.wait_for("identity_linked", 1).await;
    // Once more changes nothing.
    link(&place, &cx, &ada()).await.unwrap();
    assert_eq!(place.world.count("identities_of_all").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_07_a_link_ends_in_the_session_that_began_it() {
    let Some(place) = Place::new().await else { return };
    let bob = signed_in(&place, "bob@example.org").await;
    let eve = signed_in(&place, "eve@example.org").await;
    let others = [
        (
            place
                .browser("eve@example.org")
                .with_session(shared(&place, &bob).await),
            Cause::AttemptMismatch,
        ),
        (place.browser("eve@example.org"), Cause::NotSignedIn),
    ];
    for (other, expected) in others {
        let callback = begin(&place, &eve, &ada()).await;
        let outcome = Arrival::register_with_corporate(&other, callback.into()).await;
        assert_eq!(cause(outcome), expected);
    }
    assert_eq!(place.world.count("identities_of_all").await, 0);
    // Another session of the same person does not do either.
    let callback = begin(&place, &eve, &ada()).await;
    let later = with_password(&place, "eve@example.org").await;
    assert_eq!(
        cause(Arrival::register_with_corporate(&later, callback.into()).await),
        Cause::AttemptMismatch
    );
}

async fn shared(
    place: &Place,
    cx: &Context<Arrival>,
) -> std::sync::Arc<auth_runtime::session::CurrentSession<Arrival>> {
    let input = SignInWithPassword {
        email: cx.session().unwrap().user().email.clone().unwrap(),
        password: PASSWORD.into(),
    };
    let signed_in = Arrival::sign_in_with_password(&place.browser("x"), input)
        .await
        .unwrap();
    let token = auth_tests::call::token(&signed_in);
    std::sync::Arc::new(place.auth.authenticate(&token).await.unwrap().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_07_a_link_needs_a_recent_sign_in_and_a_session_at_the_end() {
    let Some(place) = Place::new().await else { return };
    let nobody = Arrival::link_corporate(&place.browser("nobody"), LinkCorporate {}).await;
    assert_eq!(cause(nobody), Cause::NotSignedIn);
    let cx = signed_in(&place, "bob@example.org").await;
    let callback = begin(&place, &cx, &ada()).await;
    // Every session ends between the two.
    let token = cx.session().unwrap().jti().to_owned();
    place
        .world
        .execute(&format!(
            "UPDATE tokens SET purpose = 'revocation' WHERE jti = '{token}'"
        ))
        .await;
    assert_eq!(
        cause(Arrival::register_with_corporate(&cx, callback.into()).await),
        Cause::NotSignedIn
    );
    let cx = with_password(&place, "bob@example.org").await;
    place.world.clock.advance(Duration::minutes(16));
    let stale = Arrival::link_corporate(&cx, LinkCorporate {}).await;
    assert_eq!(cause(stale), Cause::StaleSession);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_07_an_identity_of_somebody_else_and_a_second_one_are_refused() {
    let Some(place) = Place::new().await else { return };
    let ada_here = place.visit("ada", &ada()).await.unwrap();
    let bob = signed_in(&place, "bob@example.org").await;
    assert_eq!(cause(link(&place, &bob, &ada()).await), Cause::IdentityElsewhere);
    link(&place, &bob, &ada_with(&json!({"sub": "bob-1"})))
        .await
        .unwrap();
    assert_eq!(
        cause(link(&place, &bob, &ada_with(&json!({"sub": "bob-2"}))).await),
        Cause::SecondIdentity
    );
    assert_eq!(
        place.visit("ada", &ada()).await.unwrap().subject(),
        ada_here.subject()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wa_07_the_last_way_in_stays() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let callback = place.returns(&cx, &ada()).await;
    let signed_in =
        super::visit::entered(Arrival::register_with_corporate(&cx, callback.into()).await).unwrap();
    place.world.execute("UPDATE arrivals SET email = NULL").await;
    let cx = on_behalf_of(&cx, &signed_in).await;
    let listed = Arrival::list_corporate_identities(&cx, ListCorporateIdentities {})
        .await
        .unwrap();
    let refused = Arrival::unlink_corporate(&cx, UnlinkCorporate { id: listed[0].id }).await;
    assert_eq!(
        field_errors(&refused.unwrap_err()),
        [("id".to_owned(), FieldError::LastCredential)]
    );
    assert_eq!(
        place.world.count("identities_of_all").await,
        1,
        "nothing of it was written"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_taken_away_by_its_owner_alone() {
    let Some(place) = Place::new().await else { return };
    let bob = signed_in(&place, "bob@example.org").await;
    let info = link(&place, &bob, &ada()).await.unwrap();
    let eve = signed_in(&place, "eve@example.org").await;
    let refused = Arrival::unlink_corporate(&eve, UnlinkCorporate { id: info.id }).await;
    assert_eq!(
        field_errors(&refused.unwrap_err()),
        [("id".to_owned(), FieldError::NotAChoice)]
    );
    Arrival::unlink_corporate(&bob, UnlinkCorporate { id: info.id })
        .await
        .unwrap();
    assert_eq!(place.world.count("identities_of_all").await, 0);
    place.world.outbox.wait_for("identity_unlinked", 1).await;
    let again = Arrival::unlink_corporate(&bob, UnlinkCorporate { id: info.id }).await;
    assert_eq!(
        field_errors(&again.unwrap_err()),
        [("id".to_owned(), FieldError::NotAChoice)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wa_07_of_two_that_go_at_once_one_stays() {
    let Some(place) = Place::new().await else { return };
    let cx = signed_in(&place, "bob@example.org").await;
    let first = link(&place, &cx, &ada()).await.unwrap();
    let redirect = Arrival::link_asking(&cx, LinkAsking {}).await.unwrap();
    let callback = place.answers(redirect.location(), &ada());
    let Entered::Linked(second) = Arrival::register_with_asking(&cx, callback.into()).await.unwrap() else {
        panic!("nothing was linked");
    };
    // Nothing but the two identities is left to sign in with.
    place
        .world
        .execute("UPDATE arrivals SET hashed_password = NULL, email = NULL")
        .await;
    let (one, other) = (cx.clone(), cx.clone());
    let one =
        tokio::spawn(async move { Arrival::unlink_corporate(&one, UnlinkCorporate { id: first.id }).await });
    let other =
        tokio::spawn(async move { Arrival::unlink_asking(&other, UnlinkAsking { id: second.id }).await });
    let gone = [one.await.unwrap().is_ok(), other.await.unwrap().is_ok()];
    assert_eq!(gone.iter().filter(|gone| **gone).count(), 1, "{gone:?}");
    assert_eq!(place.world.count("identities_of_all").await, 1);
}
