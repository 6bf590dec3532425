//! People who have nothing but identities.

use std::collections::HashSet;

use auth_runtime::{
    authentication::Authentication,
    error::{Cause, Error},
    oauth::Callback,
    session::SignedIn,
    strategies::oauth2::Entered,
};
use auth_tests::secrets::with_secrets;
use serde_json::{Value, json};
use url::Url;

use super::{
    people::{World, nomad::*},
    visit::{at, browser},
};
use crate::provider::{Idp, egress, parameter};

async fn start(world: &World, idp: &Idp) -> Authentication<Nomad> {
    Nomad::schema().create(&world.repo).await.unwrap();
    let builder = world.builder::<Nomad>().egress(egress());
    at(idp, builder.start()).await.unwrap()
}

fn answers(auth: &Authentication<Nomad>, idp: &Idp, location: &Url, claims: &Value) -> Callback {
    idp.signs_in(location, auth.now(), claims);
    Callback {
        code: Some("code-1".to_owned()),
        state: parameter(location, "state"),
        ..Callback::default()
    }
}

async fn visit(auth: &Authentication<Nomad>, idp: &Idp, claims: &Value) -> Result<SignedIn<Nomad>, Error> {
    let cx = browser(auth, "nomad");
    let redirect = Nomad::request_corporate(&cx, RequestCorporate::default()).await?;
    let callback = answers(auth, idp, redirect.location(), claims);
    match Nomad::register_with_corporate(&cx, callback.into()).await? {
        Entered::SignedIn(signed_in) => Ok(signed_in),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_address_can_be_a_person() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    let auth = start(&world, &idp).await;
    let mut people = HashSet::new();
    for sub in ["ada-1", "Ada-1", "eve-1"] {
        let claims = json!({"sub": sub, "name": sub});
        let signed_in = visit(&auth, &idp, &claims).await.unwrap();
        assert_eq!(signed_in.user.email, None);
        assert_eq!(
            visit(&auth, &idp, &claims).await.unwrap().subject(),
            signed_in.subject()
        );
        people.insert(signed_in.subject());
    }
    assert_eq!(people.len(), 3, "a subject is what it is, letter by letter");
    assert_eq!(
        world.count("nomad_identities").await,
        3,
        "in the table that the block writes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_02_what_no_column_takes_is_left_out() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    let auth = start(&world, &idp).await;
    for name in [json!("a\u{0}b"), json!("x".repeat(3_000)), json!("line\nline")] {
        let claims = json!({"sub": "ada-1", "name": name, "email": "a\u{0}@example.org"});
        let signed_in = visit(&auth, &idp, &claims).await.unwrap();
        assert_eq!((&signed_in.user.name, &signed_in.user.email), (&None, &None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_visits_at_once_make_one_person() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    let auth = start(&world, &idp).await;
    let claims = json!({"sub": "ada-1", "email": "ada@example.org"});
    let mut begun = Vec::new();
    for number in 0..6 {
        let cx = browser(&auth, &format!("tab-{number}"));
        let redirect = Nomad::request_corporate(&cx, RequestCorporate::default())
            .await
            .unwrap();
        begun.push((cx, redirect.location().clone()));
    }
    let mut visits = Vec::new();
    for (cx, location) in begun {
        let callback = Callback {
            code: Some(idp.code_for(&location, auth.now(), &claims)),
            state: parameter(&location, "state"),
            ..Callback::default()
        };
        visits.push(tokio::spawn(async move {
            Nomad::register_with_corporate(&cx, callback.into()).await
        }));
    }
    let mut subjects = HashSet::new();
    for visit in visits {
        match visit.await.unwrap() {
            Ok(Entered::SignedIn(signed_in)) => subjects.insert(signed_in.subject()),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(subjects.len(), 1);
    assert_eq!(world.count("nomads").await, 1);
    assert_eq!(world.count("nomad_identities").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strategy_can_be_left_out_of_a_deployment() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    Nomad::schema().create(&world.repo).await.unwrap();
    let start = world.builder::<Nomad>().egress(egress()).start();
    let secrets = [("base_url", Some(idp.server.url.clone())), ("client_id", None)];
    let auth = with_secrets(secrets, start).await.unwrap();
    assert!(auth.offers("corporate") && !auth.offers("github") && !auth.offers("nothing"));
    let outcome = Nomad::request_github(&browser(&auth, "ada"), RequestGithub::default()).await;
    assert_eq!(outcome.map(drop).unwrap_err().cause(), Cause::NoSuchAction);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_a_setting_without_a_value_stops_the_start() {
    let Some(world) = World::new().await else { return };
    let idp = Idp::start().await;
    Nomad::schema().create(&world.repo).await.unwrap();
    for (setting, value, said) in [
        ("client_secret", None, "client_secret"),
        ("base_url", None, "base_url"),
        (
            "base_url",
            Some("http://corporate.example".to_owned()),
            "corporate",
        ),
        ("base_url", Some("no url".to_owned()), "base_url"),
    ] {
        let mut secrets = vec![("base_url", Some(idp.server.url.clone()))];
        secrets.retain(|(name, _)| *name != setting);
        secrets.push((setting, value));
        let start = world.builder::<Nomad>().egress(egress()).start();
        let error = with_secrets(secrets, start).await.map(drop).unwrap_err();
        let Error::Config(error) = error else {
            panic!("{error:?}")
        };
        assert!(error.to_string().contains(said), "{error}");
    }
    // A provider that is out of reach stops nothing.
    let start = world.builder::<Nomad>().egress(egress()).start();
    let secrets = [("base_url", Some("http://127.0.0.1:1".to_owned()))];
    let auth = with_secrets(secrets, start).await.unwrap();
    let outcome = Nomad::request_corporate(&browser(&auth, "ada"), RequestCorporate::default()).await;
    let error = outcome.map(drop).unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().status().as_u16()),
        (Cause::ProviderUnreachable, 503)
    );
}
