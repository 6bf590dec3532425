//! Attempts: who may end one, and how often.

use auth_runtime::{
    error::{Cause, Error},
    oauth::Callback,
};
use serde_json::json;
use time::Duration;

use super::{
    people::arrival::*,
    visit::{Place, ada, browser, entered, start},
};
use crate::provider::parameter;

fn cause<T>(outcome: Result<T, Error>) -> Cause {
    outcome.map(drop).unwrap_err().cause()
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_an_attempt_ends_once_whatever_comes_of_it() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let good = place.returns(&cx, &ada()).await;
    Arrival::register_with_corporate(&cx, good.clone().into())
        .await
        .unwrap();
    let again = Arrival::register_with_corporate(&cx, good.into()).await;
    assert_eq!(cause(again), Cause::AttemptMismatch);

    // A failed one is spent as well (OA-08).
    let callback = place.returns(&cx, &ada()).await;
    let denied = Callback {
        code: None,
        error: Some("access_denied".to_owned()),
        error_description: Some("<script>".to_owned()),
        ..callback.clone()
    };
    let refused = Arrival::register_with_corporate(&cx, denied.into()).await;
    assert_eq!(cause(refused), Cause::ProviderDenied);
    let after = Arrival::register_with_corporate(&cx, callback.into()).await;
    assert_eq!(cause(after), Cause::AttemptMismatch);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_an_attempt_ends_in_the_browser_that_began_it() {
    let Some(place) = Place::new().await else { return };
    for victim in [place.browser("ada"), place.auth.context()] {
        let callback = place.returns(&place.browser("eve"), &ada()).await;
        let outcome = Arrival::register_with_corporate(&victim, callback.into()).await;
        assert_eq!(cause(outcome), Cause::OtherBrowser);
    }
    assert_eq!(place.world.count("arrivals").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_without_a_browser_nothing_begins() {
    let Some(place) = Place::new().await else { return };
    let outcome = Arrival::request_corporate(&place.auth.context(), RequestCorporate::default()).await;
    assert!(matches!(outcome, Err(Error::Internal(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_02_an_attempt_ends_in_the_strategy_that_began_it() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let callback = place.returns(&cx, &ada()).await;
    let outcome = Arrival::register_with_asking(&cx, callback.clone().into()).await;
    assert_eq!(cause(outcome), Cause::AttemptMismatch);
    let outcome = Arrival::register_with_corporate(&cx, callback.into()).await;
    assert_eq!(cause(outcome), Cause::AttemptMismatch, "it is spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_08_a_forged_callback_neither_says_nor_spends_anything() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let good = place.returns(&cx, &ada()).await;
    for state in [
        None,
        Some(String::new()),
        Some("x".repeat(43)),
        good.state.as_ref().map(|state| format!("{state}x")),
    ] {
        let forged = Callback {
            state,
            code: None,
            error: Some("access_denied".to_owned()),
            ..Callback::default()
        };
        let outcome = Arrival::register_with_corporate(&cx, forged.into()).await;
        assert_eq!(cause(outcome), Cause::AttemptMismatch);
    }
    Arrival::register_with_corporate(&cx, good.into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_04_an_attempt_lives_for_five_minutes() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let early = place.returns(&cx, &ada()).await;
    place.world.clock.advance(Duration::minutes(4));
    let location = Arrival::request_corporate(&cx, RequestCorporate::default())
        .await
        .unwrap();
    place.answers(location.location(), &ada());
    place.world.clock.advance(Duration::minutes(1));
    let outcome = Arrival::register_with_corporate(&cx, early.into()).await;
    assert_eq!(cause(outcome), Cause::AttemptMismatch);
    let later = place.answers(location.location(), &ada());
    Arrival::register_with_corporate(&cx, later.into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_a_browser_has_five_attempts_and_the_oldest_gives_way() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let mut locations = Vec::new();
    for _ in 0..6 {
        // Rows of one moment have no order.
        place.world.clock.advance(Duration::seconds(1));
        let redirect = Arrival::request_corporate(&cx, RequestCorporate::default())
            .await
            .unwrap();
        locations.push(redirect.location().clone());
    }
    let live = "tokens WHERE purpose = 'oauth_attempt'";
    assert_eq!(place.world.count(live).await, 5);
    let first = place.answers(&locations[0], &ada());
    assert_eq!(
        cause(Arrival::register_with_corporate(&cx, first.into()).await),
        Cause::AttemptMismatch
    );
    for location in &locations[1..] {
        let callback = place.answers(location, &ada());
        Arrival::register_with_corporate(&cx, callback.into())
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_rows_hold_neither_state_nor_browser_nor_what_the_exchange_needs() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let redirect = Arrival::request_corporate(&cx, RequestCorporate::default())
        .await
        .unwrap();
    let state = parameter(redirect.location(), "state").unwrap();
    let holding = format!("tokens WHERE jti LIKE '%{state}%' OR extra_data LIKE '%{state}%'");
    assert_eq!(place.world.count(&holding).await, 0);
    let holding = "tokens WHERE subject LIKE '%the secret of%' OR extra_data LIKE '%the secret of%'";
    assert_eq!(place.world.count(holding).await, 0);
    let nonce = parameter(redirect.location(), "nonce").unwrap();
    for secret in [&*nonce, "nonce", "verifier", "corporate"] {
        let holding = format!("tokens WHERE extra_data LIKE '%{secret}%'");
        assert_eq!(place.world.count(&holding).await, 0, "{secret}");
    }
    // What does not open under the state is no attempt.
    let callback = place.answers(redirect.location(), &ada());
    let other = Arrival::request_corporate(&cx, RequestCorporate::default())
        .await
        .unwrap();
    let of_other = place.answers(other.location(), &ada());
    for attempt in [callback, of_other] {
        place
            .world
            .execute("UPDATE tokens SET extra_data = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY'")
            .await;
        let outcome = Arrival::register_with_corporate(&cx, attempt.into()).await;
        assert_eq!(cause(outcome), Cause::AttemptMismatch);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_what_beginnings_at_once_left_over_ends_with_the_next_one() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let beginnings: Vec<_> = (0..12)
        .map(|_| {
            let cx = cx.clone();
            tokio::spawn(async move { Arrival::request_corporate(&cx, RequestCorporate::default()).await })
        })
        .collect();
    for beginning in beginnings {
        beginning.await.unwrap().unwrap();
    }
    place.world.clock.advance(Duration::seconds(1));
    Arrival::request_corporate(&cx, RequestCorporate::default())
        .await
        .unwrap();
    let live = place.world.count("tokens WHERE purpose = 'oauth_attempt'").await;
    assert_eq!(live, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_01_one_of_many_callbacks_at_once_goes_on() {
    let Some(place) = Place::new().await else { return };
    let second = place
        .world
        .second_repo(auth_runtime::db::PoolOptions::default().max_size(4))
        .await;
    let other = start(&place.world, &place.idp, second).await;
    let cx = place.browser("ada");
    let callback = place.returns(&cx, &ada()).await;
    let callers: Vec<_> = (0..8)
        .map(|number| {
            let auth = if number % 2 == 0 { &place.auth } else { &other };
            let (cx, callback) = (browser(auth, "ada"), callback.clone());
            tokio::spawn(async move {
                Arrival::register_with_corporate(&cx, callback.into())
                    .await
                    .is_ok()
            })
        })
        .collect();
    let mut winners = 0;
    for caller in callers {
        winners += usize::from(caller.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert_eq!(place.idp.server.seen("/token").len(), 1, "one code was exchanged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_can_come_in_at_another_process() {
    let Some(place) = Place::new().await else { return };
    let second = place
        .world
        .second_repo(auth_runtime::db::PoolOptions::default().max_size(2))
        .await;
    let other = start(&place.world, &place.idp, second).await;
    let callback = place.returns(&place.browser("ada"), &ada()).await;
    let outcome = Arrival::register_with_corporate(&browser(&other, "ada"), callback.into()).await;
    assert_eq!(
        entered(outcome).unwrap().user.email.as_deref(),
        Some("ada@example.org")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_beginning_is_limited() {
    let Some(place) = Place::new().await else { return };
    let mut refused = None;
    for number in 0..30 {
        let cx = place.browser(&format!("browser-{number}"));
        if let Err(error) = Arrival::request_members(&cx, RequestMembers::default()).await {
            refused = Some((number, error.cause()));
            break;
        }
    }
    // Without an address everybody shares a bucket of four networks.
    assert_eq!(refused, Some((20, Cause::TooManyAttempts)));
    place
        .world
        .clock
        .advance(Duration::minutes(5) + Duration::seconds(1));
    let again = Arrival::request_members(&place.browser("later"), RequestMembers::default()).await;
    assert!(again.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_08_a_provider_that_fails_lets_nobody_in() {
    let Some(place) = Place::new().await else { return };
    let cx = place.browser("ada");
    let redirect = Arrival::request_plain(&cx, RequestPlain::default())
        .await
        .unwrap();
    place
        .idp
        .server
        .reply("/token", crate::server::Reply::json(&json!({})).status(503));
    let callback = Callback {
        code: Some("code".to_owned()),
        state: parameter(redirect.location(), "state"),
        ..Callback::default()
    };
    let outcome = Arrival::register_with_plain(&cx, callback.into()).await;
    let error = outcome.map(drop).unwrap_err();
    assert_eq!(error.cause(), Cause::ProviderInvalid);
    assert_eq!(error.failure().status(), 401);
    assert_eq!(place.world.count("arrivals").await, 0);
}
