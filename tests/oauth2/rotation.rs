//! Rotation of the key that seals tokens of providers and secrets of connections.

use auth_runtime::{authentication::Builder, user::Authenticated};
use auth_tests::{
    call::on_behalf_of,
    secrets::{default_secret, with_secrets},
};
use secrecy::ExposeSecret;

use super::{
    connections::{Offices, visit as visit_office},
    people::{arrival::*, employee::Employee},
    visit::{Place, ada, browser},
};
use crate::provider::{Idp, egress};

const NEXT: &str = "the next encryption key of the tests, thirty-two bytes and more";
const OTHER: &str = "an encryption key of the tests that sealed nothing, and is long enough";

/// Starts it with these encryption keys.
async fn start<U: Authenticated>(
    builder: Builder<U>,
    idp: &Idp,
    current: &str,
    former: &str,
) -> auth_runtime::authentication::Authentication<U> {
    let secrets = [
        ("base_url", Some(idp.server.url.clone())),
        ("encryption_key", Some(current.to_owned())),
        ("previous_encryption_keys", Some(former.to_owned())),
    ];
    with_secrets(secrets, builder.egress(egress()).start())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_a_rotation_seals_tokens_anew() {
    let Some(place) = Place::new().await else { return };
    place.visit("ada", &ada()).await.unwrap();
    let (first, builder) = (default_secret("encryption_key"), || {
        place.world.builder::<Arrival>()
    });

    let stranger = start(builder(), &place.idp, NEXT, OTHER).await;
    let resealed = stranger.reseal().await.unwrap();
    assert_eq!(
        (resealed.renewed, resealed.unreadable),
        (0, 2),
        "it stays as it is"
    );
    let both = start(builder(), &place.idp, NEXT, &first).await;
    for renewed in [2, 0] {
        let resealed = both.reseal().await.unwrap();
        assert_eq!((resealed.renewed, resealed.unreadable), (renewed, 0));
    }

    // The former key is gone.
    let after = start(builder(), &place.idp, NEXT, OTHER).await;
    let cx = browser(&after, "ada");
    let callback = place.returns(&place.browser("ada"), &ada()).await;
    let signed_in =
        super::visit::entered(Arrival::register_with_corporate(&place.browser("ada"), callback.into()).await);
    let cx = on_behalf_of(&cx, &signed_in.unwrap()).await;
    let listed = Arrival::list_corporate_identities(&cx, ListCorporateIdentities {})
        .await
        .unwrap();
    // That sign-in was at a process which still has it.
    assert_eq!(both.reseal().await.unwrap().renewed, 2);
    let id = listed[0].id;
    let token = Arrival::corporate_access_token(&cx, CorporateAccessToken { id }).await;
    assert_eq!(token.unwrap().expose_secret(), "access-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_a_rotation_seals_secrets_of_connections_anew() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let idp = Idp::start().await;
    for house in [1, 2] {
        offices.connect(house, "acme", &idp).await;
    }
    visit_office(&offices.cx(1), "acme", &idp, &ada()).await.unwrap();
    let builder = || offices.world.builder::<Employee>().tenant(|_| None);
    let first = default_secret("encryption_key");
    let both = start(builder(), &idp, NEXT, &first).await;
    let resealed = both.reseal().await.unwrap();
    assert_eq!(
        (resealed.renewed, resealed.unreadable),
        (4, 0),
        "two secrets, and two tokens of one person"
    );
    let after = start(builder(), &idp, NEXT, OTHER).await;
    let cx = browser(&after.in_tenant(2), "somebody");
    visit_office(&cx, "acme", &idp, &ada()).await.unwrap();
    assert_eq!(after.reseal().await.unwrap().unreadable, 0);
}
