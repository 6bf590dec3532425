//! Signing out here and there.

use auth_runtime::session::SignedIn;
use auth_tests::call::{on_behalf_of, token};
use serde_json::{Value, json};
use time::Duration;

use super::{
    people::arrival::*,
    visit::{Place, ada, ada_with},
};
use crate::provider::{CLIENT, parameter};

async fn lives(place: &Place, signed_in: &SignedIn<Arrival>) -> bool {
    place
        .auth
        .authenticate(&token(signed_in))
        .await
        .unwrap()
        .is_some()
}

async fn tell(place: &Place, changes: &Value) -> Result<(), u16> {
    let now = place.auth.now().unix_timestamp();
    let mut claims = json!({
        "iss": place.idp.server.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "logout-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let mut header = place.idp.signer.header();
    header["typ"] = "logout+jwt".into();
    let text = place.idp.signer.sign_as(&header, &claims.to_string());
    post(place, &format!("logout_token={text}")).await
}

async fn post(place: &Place, body: &str) -> Result<(), u16> {
    let request = http::Request::post("/arrival/corporate/backchannel_logout")
        .header("content-type", "application/x-www-form-urlencoded");
    let (head, ()) = request.body(()).unwrap().into_parts();
    let answer = place.auth.handle(&head, body.as_bytes()).await;
    match answer.status().as_u16() {
        200 => Ok(()),
        status => Err(status),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_here_leads_to_where_it_ends_there() {
    let Some(place) = Place::new().await else { return };
    let signed_in = place.visit("ada", &ada()).await.unwrap();
    let cx = on_behalf_of(&place.browser("ada"), &signed_in).await;
    let redirect = Arrival::sign_out_with_corporate(&cx, SignOutWithCorporate {})
        .await
        .unwrap()
        .unwrap();
    assert_eq!(redirect.location().path(), "/end");
    assert_eq!(
        parameter(redirect.location(), "client_id").as_deref(),
        Some(CLIENT)
    );
    let home = parameter(redirect.location(), "post_logout_redirect_uri");
    assert_eq!(home.as_deref(), Some("https://example.org/"));
    assert!(!lives(&place, &signed_in).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_ends_the_sessions_that_came_from_one_of_its_own() {
    let Some(place) = Place::new().await else { return };
    let of = |sid: &str| ada_with(&json!({"sid": sid}));
    let first = place.visit("one", &of("s-1")).await.unwrap();
    let second = place.visit("two", &of("s-2")).await.unwrap();
    let mixed = json!({"sid": "s-1", "sub": "nobody", "jti": "logout-0"});
    tell(&place, &mixed).await.unwrap();
    assert!(lives(&place, &first).await, "session and person belong together");
    tell(&place, &json!({"sid": "s-1", "sub": "ada-1"}))
        .await
        .unwrap();
    assert!(!lives(&place, &first).await);
    assert!(lives(&place, &second).await);
    // The same token again.
    let again = tell(&place, &json!({"sid": "s-2", "sub": "ada-1"})).await;
    assert_eq!(again, Err(400));
    assert!(lives(&place, &second).await);
    // Everything of a person.
    let eve = json!({"sub": "eve-1", "sid": "s-3", "email": "eve@example.org", "email_verified": true});
    let eve = place.visit("eve", &eve).await.unwrap();
    tell(&place, &json!({"sub": "ada-1", "jti": "logout-2"}))
        .await
        .unwrap();
    assert!(!lives(&place, &second).await);
    assert!(lives(&place, &eve).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_token_that_does_not_hold_ends_nothing() {
    let Some(place) = Place::new().await else { return };
    let signed_in = place.visit("ada", &ada()).await.unwrap();
    for changes in [
        json!({"iss": "https://elsewhere.example"}),
        json!({"aud": "somebody-else"}),
        json!({"events": {}}),
        json!({"nonce": "n"}),
        json!({"exp": 1}),
    ] {
        let mut changes = changes;
        changes["sub"] = "ada-1".into();
        assert_eq!(tell(&place, &changes).await, Err(400), "{changes}");
    }
    for body in ["", "logout_token=", "logout_token=x", "logout_token=a.b.c"] {
        assert_eq!(post(&place, body).await, Err(400), "{body}");
    }
    assert!(lives(&place, &signed_in).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_provider_sessions_end_with_the_sessions() {
    let Some(place) = Place::new().await else { return };
    place
        .visit("ada", &ada_with(&json!({"sid": "s-1"})))
        .await
        .unwrap();
    let rows = "tokens WHERE purpose = 'provider_session'";
    assert_eq!(place.world.count(rows).await, 2, "by subject and by session");
    place.world.clock.advance(Duration::days(15));
    place.auth.expunge_expired().await.unwrap();
    assert_eq!(place.world.count(rows).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_tokens_that_do_not_hold_keep_no_others_out() {
    let Some(place) = Place::new().await else { return };
    let signed_in = place.visit("ada", &ada()).await.unwrap();
    let before = place.world.counters().await;
    for _ in 0..10 {
        assert_eq!(post(&place, "logout_token=a.b.c").await, Err(400));
    }
    assert_eq!(place.world.counters().await, before);
    tell(&place, &json!({"sub": "ada-1"})).await.unwrap();
    assert!(!lives(&place, &signed_in).await);
}
