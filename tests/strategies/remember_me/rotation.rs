//! Each use of the cookie brings the next one; theft ends the session, parallel requests do not.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use auth_runtime::{
    authentication::Authentication, db::PoolOptions, error::Cause, session::SignedIn, token::Purpose,
};
use auth_tests::call::*;
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use super::{
    db::World,
    guests::{Guest, come_back, register, sign_in},
};

fn remembered(signed_in: &SignedIn<Guest>) -> SecretString {
    signed_in.remember_me.as_ref().unwrap().token.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_a_stolen_cookie_ends_the_session_wherever_it_is() {
    let Some(world) = World::new().await else { return };
    Guest::schema().create(&world.repo).await.unwrap();
    let reused = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&reused);
    let builder = world
        .builder::<Guest>()
        .on_token_reuse(move |reuse| listener.lock().unwrap().push(reuse.clone()));
    let auth = builder.start().await.unwrap();
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let elsewhere = sign_in(&cx, "ada@example.org", true).await;
    let first = sign_in(&cx, "ada@example.org", true).await;
    let stolen = remembered(&first);
    world.clock.advance(Duration::hours(1));
    let owner = come_back(&cx, &stolen).await.unwrap();
    world.clock.advance(Duration::hours(1));

    let error = come_back(&cx, &stolen).await.unwrap_err();
    assert_eq!(error.cause(), Cause::TokenReused);
    for signed_in in [&first, &owner] {
        assert!(session(&cx, &token(signed_in)).await.is_none());
    }
    let error = come_back(&cx, &remembered(&owner)).await.unwrap_err();
    assert_eq!(error.cause(), Cause::TokenSpent);
    assert!(session(&cx, &token(&elsewhere)).await.is_some(), "another device");
    assert!(come_back(&cx, &remembered(&elsewhere)).await.is_ok());
    let told = reused.lock().unwrap().clone();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].purpose, told[0].subject.as_str()),
        (Purpose::RememberMe, owner.subject().as_str())
    );
    assert!(come_back(&cx, &stolen).await.is_err());
    assert_eq!(reused.lock().unwrap().len(), 1, "told once");
    let letters = world.outbox.wait_for("token_reuse", 1).await;
    assert_eq!(letters.len(), 1, "and so is the owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_requests_side_by_side_get_one_successor() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<Guest>().await;
    let there = {
        let repo = world.second_repo(PoolOptions::default()).await;
        world.builder_on::<Guest>(repo).start().await.unwrap()
    };
    let cx = here.context();
    register(&cx, "ada@example.org").await;
    let mut current = sign_in(&cx, "ada@example.org", true).await;
    for round in 0..3 {
        world.clock.advance(Duration::days(1));
        let cookie = remembered(&current);
        let requests: Vec<_> = [&here, &there]
            .repeat(5)
            .into_iter()
            .map(|auth: &Authentication<Guest>| {
                let (cx, cookie) = (auth.context(), cookie.clone());
                tokio::spawn(async move { come_back(&cx, &cookie).await })
            })
            .collect();
        let mut successors = HashSet::new();
        for request in requests {
            let answered = request.await.unwrap().unwrap();
            assert!(session(&cx, &token(&answered)).await.is_some(), "round {round}");
            successors.insert(remembered(&answered).expose_secret().to_owned());
            current = answered;
        }
        assert_eq!(successors.len(), 1, "round {round}: the family forks");
        assert_eq!(world.tokens("remember_me").await.len(), 1, "round {round}");
    }
    world.clock.advance(Duration::seconds(20));
    assert!(come_back(&cx, &remembered(&current)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_a_remembered_browser_is_one_session_of_the_list() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    let here = register(&cx, "ada@example.org").await;
    let there = sign_in(&cx, "ada@example.org", true).await;
    let own = on_behalf_of(&cx, &here).await;
    let listed = own.sessions().await.unwrap();
    assert_eq!(listed.len(), 2);
    let other = listed.iter().find(|session| !session.current).unwrap();
    let ended = own.end_session(&other.id).await.unwrap();
    assert_eq!((ended.sessions, ended.tokens), (1, 2));
    assert!(session(&cx, &token(&there)).await.is_none());
    assert!(
        come_back(&cx, &remembered(&there)).await.is_err(),
        "nor does it come back"
    );
}
