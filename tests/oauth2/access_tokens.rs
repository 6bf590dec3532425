//! The provider's tokens: kept sealed, and refreshed by one caller.

use auth_runtime::{
    context::Context,
    db::Id,
    error::{Cause, Error, FieldError},
    repo::Repo as _,
    resources::user_identity::UserIdentityStore,
};
use auth_tests::call::{field_errors, on_behalf_of};
use secrecy::ExposeSecret;
use serde_json::json;
use time::Duration;

use super::{
    people::{Identity, arrival::*},
    visit::{Place, ada},
};

async fn signed_in(place: &Place) -> (Context<Arrival>, Id) {
    let signed_in = place.visit("ada", &ada()).await.unwrap();
    let cx = on_behalf_of(&place.browser("ada"), &signed_in).await;
    let listed = Arrival::list_corporate_identities(&cx, ListCorporateIdentities {})
        .await
        .unwrap();
    (cx, listed[0].id)
}

async fn token(cx: &Context<Arrival>, id: Id) -> Result<String, Error> {
    let token = Arrival::corporate_access_token(cx, CorporateAccessToken { id }).await?;
    Ok(token.expose_secret().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_tokens_are_kept_only_where_asked_for_and_sealed() {
    let Some(place) = Place::new().await else { return };
    let (cx, id) = signed_in(&place).await;
    assert_eq!(token(&cx, id).await.unwrap(), "access-1");
    assert_eq!(
        place
            .world
            .count("identities_of_all WHERE access_token IS NOT NULL")
            .await,
        1
    );
    let mut connection = place.world.repo.get().await.unwrap();
    let row = <Identity as UserIdentityStore<_>>::find_by_id(&mut *connection, id).await;
    let row = row.unwrap().unwrap();
    for (sealed, token) in [(row.access_token, "access-1"), (row.refresh_token, "refresh-1")] {
        let sealed = sealed.unwrap();
        assert!(
            sealed.len() > token.len() && !sealed.windows(token.len()).any(|part| part == token.as_bytes())
        );
    }
    drop(connection);
    // A strategy that does not ask.
    let cx = place.browser("eve");
    let redirect = Arrival::request_plain(&cx, RequestPlain::default())
        .await
        .unwrap();
    let claims = json!({"sub": "eve-1", "email": "eve@example.org"});
    let callback = place.answers(redirect.location(), &claims);
    drop(Arrival::register_with_plain(&cx, callback.into()).await.unwrap());
    assert_eq!(
        place
            .world
            .count("identities_of_all WHERE access_token IS NOT NULL")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_a_ciphertext_opens_in_its_own_row_alone() {
    let Some(place) = Place::new().await else { return };
    let (cx, id) = signed_in(&place).await;
    place
        .world
        .execute("UPDATE identities_of_all SET access_token = refresh_token")
        .await;
    assert!(matches!(token(&cx, id).await, Err(Error::Internal(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_is_refreshed_by_one_caller() {
    let Some(place) = Place::new().await else { return };
    let (cx, id) = signed_in(&place).await;
    place
        .world
        .clock
        .advance(Duration::minutes(59) + Duration::seconds(1));
    place
        .idp
        .gives(&json!({"access_token": "access-2", "token_type": "Bearer", "expires_in": 3600}));
    let before = place.idp.server.seen("/token").len();
    let callers: Vec<_> = (0..6)
        .map(|_| {
            let cx = cx.clone();
            tokio::spawn(async move { token(&cx, id).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), "access-2");
    }
    let asked = place.idp.server.seen("/token");
    assert_eq!(asked.len(), before + 1, "the provider was asked once");
    assert_eq!(asked.last().unwrap().form()["refresh_token"], "refresh-1");
    // The answer had no refresh token, so the old one stays good.
    place.world.clock.advance(Duration::hours(1));
    place
        .idp
        .gives(&json!({"access_token": "access-3", "token_type": "Bearer", "expires_in": 3600}));
    assert_eq!(token(&cx, id).await.unwrap(), "access-3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_the_provider_refuses_for_good_ends_the_tokens() {
    let Some(place) = Place::new().await else { return };
    let (cx, id) = signed_in(&place).await;
    place.world.clock.advance(Duration::hours(1));
    let answer = |status, code| crate::server::Reply::json(&json!({"error": code})).status(status);
    place
        .idp
        .server
        .reply("/token", answer(503, "temporarily_unavailable"));
    assert_eq!(token(&cx, id).await.unwrap_err().cause(), Cause::ProviderInvalid);
    place.idp.server.reply("/token", answer(400, "invalid_grant"));
    assert_eq!(token(&cx, id).await.unwrap_err().cause(), Cause::ProviderInvalid);
    let gone = token(&cx, id).await.unwrap_err();
    assert_eq!(field_errors(&gone), [("id".to_owned(), FieldError::NotAChoice)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_their_owners_alone() {
    let Some(place) = Place::new().await else { return };
    let (_, id) = signed_in(&place).await;
    let signed_in = place
        .visit(
            "eve",
            &json!({"sub": "eve-1", "email": "eve@example.org", "email_verified": true}),
        )
        .await
        .unwrap();
    let eve = on_behalf_of(&place.browser("eve"), &signed_in).await;
    let refused = token(&eve, id).await.unwrap_err();
    assert_eq!(
        field_errors(&refused),
        [("id".to_owned(), FieldError::NotAChoice)]
    );
    assert_eq!(
        token(&place.browser("nobody"), id).await.unwrap_err().cause(),
        Cause::NotSignedIn
    );
}
