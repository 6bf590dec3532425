//! People of two tenants who share a provider.

use auth_runtime::{
    authentication::Authentication, error::Error, oauth::Callback, strategies::oauth2::Entered,
};
use serde_json::json;

use super::{
    people::{World, guest::*},
    visit::{at, browser},
};
use crate::provider::{Idp, egress, parameter};

async fn start(world: &World, idp: &Idp) -> Authentication<Guest> {
    Guest::schema().create(&world.repo).await.unwrap();
    let builder = world.builder::<Guest>().egress(egress()).tenant(|_| None);
    at(idp, builder.start()).await.unwrap()
}

async fn begin(auth: &Authentication<Guest>, idp: &Idp) -> Callback {
    let redirect = Guest::request_corporate(&browser(auth, "ada"), RequestCorporate::default())
        .await
        .unwrap();
    let claims = json!({"sub": "ada-1", "preferred_username": "Ada"});
    idp.signs_in(redirect.location(), auth.now(), &claims);
    Callback {
        code: Some("code-1".to_owned()),
        state: parameter(redirect.location(), "state"),
        ..Callback::default()
    }
}

async fn end(auth: &Authentication<Guest>, callback: Callback) -> Result<Guest, Error> {
    match Guest::register_with_corporate(&browser(auth, "ada"), callback.into()).await? {
        Entered::SignedIn(signed_in) => Ok((*signed_in.user).clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_one_identity_is_two_people_in_two_tenants() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    let auth = start(&world, &idp).await;
    let (north, south) = (auth.in_tenant(1), auth.in_tenant(2));
    let here = end(&north, begin(&north, &idp).await).await.unwrap();
    let there = end(&south, begin(&south, &idp).await).await.unwrap();
    assert_eq!((here.house, there.house), (1, 2));
    assert_ne!(here.id, there.id);
    assert_eq!(here.nickname, "ada");
    assert_eq!(end(&north, begin(&north, &idp).await).await.unwrap().id, here.id);
    assert_eq!(world.count("identities_of_all").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_an_attempt_ends_in_the_tenant_that_began_it() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    let auth = start(&world, &idp).await;
    let callback = begin(&auth.in_tenant(1), &idp).await;
    assert!(end(&auth.in_tenant(2), callback).await.is_err());
    assert!(matches!(
        Guest::request_corporate(&browser(&auth, "ada"), RequestCorporate::default()).await,
        Err(Error::TenantRequired)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_the_number_of_somebody_deleted_brings_no_identity_along() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    let auth = start(&world, &idp).await.in_tenant(1);
    let ada = end(&auth, begin(&auth, &idp).await).await.unwrap();
    // Somebody else gets her number.
    world.execute("DELETE FROM guests_of_houses").await;
    let redirect = Guest::request_corporate(&browser(&auth, "eve"), RequestCorporate::default())
        .await
        .unwrap();
    idp.signs_in(
        redirect.location(),
        auth.now(),
        &json!({"sub": "eve-1", "preferred_username": "eve"}),
    );
    let callback = Callback {
        code: Some("code-1".to_owned()),
        state: parameter(redirect.location(), "state"),
        ..Callback::default()
    };
    let outcome = Guest::register_with_corporate(&browser(&auth, "eve"), callback.into())
        .await
        .unwrap();
    let Entered::SignedIn(eve) = outcome else {
        panic!("{outcome:?}")
    };
    let left = if eve.user.id == ada.id { 1 } else { 2 };
    assert_eq!(
        world.count("identities_of_all").await,
        left,
        "ada's identity is nobody else's"
    );
}
