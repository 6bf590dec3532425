//! Refresh tokens: rotation, theft, races and limits.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use auth_runtime::{
    authentication::Authentication,
    clock::Clock,
    context::Context,
    db::PoolOptions,
    error::{Cause, Error},
    session::SignedIn,
    token::{Claims, Purpose},
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use super::{
    db::World,
    roamers::{ChangePassword, Roamer, register, sign_in, unconfirm},
};

fn refresh_token(signed_in: &SignedIn<Roamer>) -> SecretString {
    signed_in.refresh_token.clone().unwrap()
}

fn claims_of(cx: &Context<Roamer>, token: &SecretString) -> Claims {
    let tokens = cx.authentication().tokens().unwrap();
    tokens
        .verify_for_revocation(token.expose_secret(), &[Purpose::Refresh])
        .unwrap()
}

async fn refused(cx: &Context<Roamer>, token: &SecretString) -> Cause {
    let error = cx.refresh(token).await.map(drop).unwrap_err();
    assert!(
        matches!(
            error,
            Error::InvalidToken {
                purpose: Purpose::Refresh,
                ..
            }
        ),
        "{error:?}"
    );
    error.cause()
}

async fn alive(cx: &Context<Roamer>, signed_in: &SignedIn<Roamer>) -> bool {
    session(cx, &token(signed_in)).await.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_a_refresh_answers_with_the_next_pair() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let claims = first.claims.as_ref().unwrap();
    assert_eq!(claims.exp - claims.iat, 300);
    world.clock.advance(Duration::minutes(6));
    assert!(!alive(&cx, &first).await, "the access token is short");

    let second = cx.refresh(&refresh_token(&first)).await.unwrap();
    assert_eq!(second.user.email, "ada@example.org");
    let current = session(&cx, &token(&second)).await.unwrap();
    assert_eq!(
        current.claims().auth_time,
        claims.auth_time,
        "nothing was proven anew"
    );
    assert_eq!(current.claims().amr, claims.amr);
    assert_eq!(current.token_claims()["mail"], "ada@example.org");
    let (old, new) = (
        claims_of(&cx, &refresh_token(&first)),
        claims_of(&cx, &refresh_token(&second)),
    );
    assert_eq!(
        (new.auth_time, &new.amr, &new.sub),
        (old.auth_time, &old.amr, &old.sub)
    );
    assert_eq!(new.exp, old.exp, "renewing does not make the session longer");
    assert_ne!(new.jti, old.jti);
    let listed = auth.sessions_of(&second.subject()).await.unwrap();
    assert_eq!(listed.len(), 1, "one sign-in is one session");
    assert_eq!(listed[0].expires_at.get(), new.expires_at());
    assert_eq!(listed[0].signed_in_at.get().unix_timestamp(), claims.iat);
}

#[tokio::test(flavor = "multi_thread")]
async fn mf_04_a_refreshed_session_is_not_fresh() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(40));
    let second = cx.refresh(&refresh_token(&first)).await.unwrap();
    let current = session(&cx, &token(&second)).await.unwrap();
    assert!(!current.is_fresh(auth.now(), Duration::minutes(30)));
    let own = on_behalf_of(&cx, &second).await;
    let input = ChangePassword {
        current_password: PASSWORD.into(),
        password: OTHER_PASSWORD.into(),
    };
    let error = Roamer::change_password(&own, input).await.unwrap_err();
    assert_eq!(error.cause(), Cause::StaleSession);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_claims_of_the_sign_in_go_on() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let plan = auth_runtime::token::ExtraClaims::new([("plan", "team")].map(|(n, v)| (n, v.into()))).unwrap();
    let signed_in = sign_in(&cx.clone().with_token_claims(plan), "ada@example.org").await;
    let mut next = cx.refresh(&refresh_token(&signed_in)).await.unwrap();
    for _ in 0..2 {
        world.clock.advance(Duration::minutes(1));
        next = cx.refresh(&refresh_token(&next)).await.unwrap();
        let current = session(&cx, &token(&next)).await.unwrap();
        assert_eq!(current.token_claims()["plan"], "team");
        assert_eq!(current.token_claims()["mail"], "ada@example.org");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_a_used_token_ends_the_whole_family_and_nothing_else() {
    let Some(world) = World::new().await else { return };
    Roamer::schema().create(&world.repo).await.unwrap();
    let (reused, revoked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (on_reuse, on_revoked) = (Arc::clone(&reused), Arc::clone(&revoked));
    let builder = world
        .builder::<Roamer>()
        .on_token_reuse(move |reuse| on_reuse.lock().unwrap().push(reuse.clone()))
        .on_tokens_revoked(move |ended| on_revoked.lock().unwrap().push(ended.clone()));
    let auth = builder.start().await.unwrap();
    let cx = auth.context();
    let stolen = register(&cx, "ada@example.org").await;
    let elsewhere = sign_in(&cx, "ada@example.org").await;
    let eve = register(&cx, "eve@example.org").await;
    world.clock.advance(Duration::minutes(1));
    let second = cx.refresh(&refresh_token(&stolen)).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    let third = cx.refresh(&refresh_token(&second)).await.unwrap();
    assert!(reused.lock().unwrap().is_empty());
    world.clock.advance(Duration::minutes(1));

    assert_eq!(refused(&cx, &refresh_token(&stolen)).await, Cause::TokenReused);
    for (signed_in, cause) in [
        (&stolen, Cause::TokenReused),
        (&second, Cause::TokenReused),
        (&third, Cause::TokenSpent),
    ] {
        assert!(!alive(&cx, signed_in).await);
        assert_eq!(refused(&cx, &refresh_token(signed_in)).await, cause);
    }
    for signed_in in [&elsewhere, &eve] {
        assert!(alive(&cx, signed_in).await);
        assert!(cx.refresh(&refresh_token(signed_in)).await.is_ok());
    }
    let told = reused.lock().unwrap().clone();
    assert_eq!(told.len(), 1, "a family that is over ends once");
    let letters = world.outbox.wait_for("token_reuse", 1).await;
    assert_eq!(letters.len(), 1, "and its owner is told once");
    assert_eq!(told[0].subject, third.subject());
    assert_eq!(told[0].purpose, Purpose::Refresh);
    assert_eq!(
        revoked.lock().unwrap().len(),
        3,
        "each session token of the family, once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_requests_side_by_side_get_one_successor() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<Roamer>().await;
    let there = {
        let repo = world.second_repo(PoolOptions::default()).await;
        world.builder_on::<Roamer>(repo).start().await.unwrap()
    };
    let cx = here.context();
    let mut current = register(&cx, "ada@example.org").await;
    for round in 0..3 {
        world.clock.advance(Duration::minutes(1));
        let presented = refresh_token(&current);
        let requests: Vec<_> = [&here, &there]
            .repeat(5)
            .into_iter()
            .map(|auth: &Authentication<Roamer>| {
                let (cx, token) = (auth.context(), presented.clone());
                tokio::spawn(async move { cx.refresh(&token).await })
            })
            .collect();
        let mut successors = HashSet::new();
        for request in requests {
            let answered = request.await.unwrap().unwrap();
            assert!(alive(&cx, &answered).await, "round {round}");
            successors.insert(claims_of(&cx, &refresh_token(&answered)).jti);
            current = answered;
        }
        assert_eq!(successors.len(), 1, "round {round}: the family forks");
        let listed = here.sessions_of(&current.subject()).await.unwrap();
        assert_eq!(listed.len(), 1, "round {round}");
    }
    assert!(cx.refresh(&refresh_token(&current)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_the_grace_is_short_and_follows_the_family() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let second = cx.refresh(&refresh_token(&first)).await.unwrap();
    let third = cx.refresh(&refresh_token(&second)).await.unwrap();
    world.clock.advance(Duration::seconds(19));
    let late = cx.refresh(&refresh_token(&first)).await.unwrap();
    let (late, third) = (
        claims_of(&cx, &refresh_token(&late)),
        claims_of(&cx, &refresh_token(&third)),
    );
    assert_eq!(late, third, "what it says is the same to the last claim");
    world.clock.advance(Duration::seconds(1));
    assert_eq!(refused(&cx, &refresh_token(&first)).await, Cause::TokenReused);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_12_a_clock_set_back_opens_no_grace() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(2));
    let second = cx.refresh(&refresh_token(&first)).await.unwrap();
    world.clock.advance(Duration::minutes(-1));
    assert_eq!(refused(&cx, &refresh_token(&first)).await, Cause::TokenReused);
    assert_eq!(
        refused(&cx, &refresh_token(&second)).await,
        Cause::TokenInvalid,
        "from the future"
    );
    assert!(auth.sessions_of(&second.subject()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn se_04_refreshing_ends_with_the_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let idle = register(&cx, "ada@example.org").await;
    let mut used = sign_in(&cx, "ada@example.org").await;
    for _ in 0..4 {
        world.clock.advance(Duration::minutes(110));
        used = cx.refresh(&refresh_token(&used)).await.unwrap();
    }
    assert_eq!(refused(&cx, &refresh_token(&idle)).await, Cause::StaleSession);
    let end = claims_of(&cx, &refresh_token(&used)).expires_at();
    while auth.now() + Duration::minutes(119) < end {
        world.clock.advance(Duration::minutes(119));
        used = cx.refresh(&refresh_token(&used)).await.unwrap();
    }
    world.clock.advance(end - auth.now() - Duration::seconds(10));
    used = cx.refresh(&refresh_token(&used)).await.unwrap();
    assert_eq!(used.claims.as_ref().unwrap().expires_at(), end);
    world.clock.advance(Duration::seconds(10));
    assert_eq!(refused(&cx, &refresh_token(&used)).await, Cause::TokenSpent);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_signing_out_ends_what_could_renew_the_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let second = cx.refresh(&refresh_token(&first)).await.unwrap();
    auth.sign_out(&token(&second)).await.unwrap();
    assert!(!alive(&cx, &first).await && !alive(&cx, &second).await);
    assert_eq!(refused(&cx, &refresh_token(&second)).await, Cause::TokenSpent);
    let third = sign_in(&cx, "ada@example.org").await;
    auth.sign_out(refresh_token(&third).expose_secret())
        .await
        .unwrap();
    assert!(!alive(&cx, &third).await, "a refresh token signs out too");

    let replaced = sign_in(&cx, "ada@example.org").await;
    let own = on_behalf_of(&cx, &replaced).await;
    sign_in(&own, "ada@example.org").await;
    assert_eq!(
        refused(&cx, &refresh_token(&replaced)).await,
        Cause::TokenSpent,
        "se_01: a new sign-in ends the old one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_a_sign_out_beside_a_refresh_leaves_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for round in 0..6_u64 {
        let signed_in = sign_in(&cx, "ada@example.org").await;
        let refreshing = {
            let (cx, token) = (cx.clone(), refresh_token(&signed_in));
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(round)).await;
                cx.refresh(&token).await
            })
        };
        auth.sign_out(&token(&signed_in)).await.unwrap();
        match refreshing.await.unwrap() {
            Ok(refreshed) => {
                assert!(!alive(&cx, &refreshed).await, "round {round}");
                refused(&cx, &refresh_token(&refreshed)).await;
            }
            Err(error) => assert_eq!(error.cause(), Cause::TokenSpent, "round {round}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn su_09_a_reset_and_a_change_end_refresh_tokens() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let own = on_behalf_of(&cx, &sign_in(&cx, "ada@example.org").await).await;
    let input = ChangePassword {
        current_password: PASSWORD.into(),
        password: OTHER_PASSWORD.into(),
    };
    let changed = Roamer::change_password(&own, input).await.unwrap();
    assert_eq!(refused(&cx, &refresh_token(&first)).await, Cause::TokenSpent);
    let changed = cx.refresh(&refresh_token(&changed)).await.unwrap();

    let asked = serde_json::json!({"email": "ada@example.org"});
    let accepted = call(&cx, "request_password_reset_with_password", asked)
        .await
        .unwrap();
    drop(accepted);
    let sent = world.outbox.wait_for("password_reset", 1).await;
    let input = serde_json::json!({"reset_token": sent[0].token, "password": PASSWORD});
    let reset = enter(&cx, "password_reset_with_password", input).await.unwrap();
    assert_eq!(refused(&cx, &refresh_token(&changed)).await, Cause::TokenSpent);
    assert!(cx.refresh(&refresh_token(&reset)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_07_a_refresh_token_is_nothing_else_and_nothing_else_is_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    let refresh = refresh_token(&signed_in);
    assert!(
        session(&cx, refresh.expose_secret()).await.is_none(),
        "no session"
    );
    let exchanged = serde_json::json!({"token": refresh.expose_secret()});
    assert!(enter(&cx, "sign_in_with_token", exchanged).await.is_err());
    for other in [token(&signed_in), "a.b.c".to_owned(), String::new()] {
        assert_eq!(refused(&cx, &other.into()).await, Cause::TokenInvalid);
    }
    let eve = register(&cx, "eve@example.org").await;
    let as_eve = on_behalf_of(&cx, &eve).await;
    let error = as_eve.refresh(&refresh).await.map(drop).unwrap_err();
    assert_eq!(
        error.cause(),
        Cause::ForeignSubject,
        "se_11: two people in one request"
    );
    assert!(cx.refresh(&refresh).await.is_ok(), "none of this used it up");
    let users = world.start::<super::db::user::User>().await;
    let error = users.context().refresh(&refresh).await.map(drop).unwrap_err();
    assert_eq!(error.cause(), Cause::NoSuchAction);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_theft_beside_its_owner_always_ends_the_family() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let mut owner = register(&cx, "ada@example.org").await;
    // The thief copied the token and is first.
    let thief = cx.refresh(&refresh_token(&owner)).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    assert_eq!(refused(&cx, &refresh_token(&owner)).await, Cause::TokenReused);
    assert!(!alive(&cx, &thief).await);
    refused(&cx, &refresh_token(&thief)).await;
    // The thief comes within the grace and shares the successor; whoever is second with it gives the theft away.
    owner = sign_in(&cx, "ada@example.org").await;
    let copied = refresh_token(&owner);
    owner = cx.refresh(&copied).await.unwrap();
    let thief = cx.refresh(&copied).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    owner = cx.refresh(&refresh_token(&owner)).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    assert_eq!(refused(&cx, &refresh_token(&thief)).await, Cause::TokenReused);
    assert!(!alive(&cx, &owner).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_03_nobody_refreshes_who_may_not_have_a_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    unconfirm(&world, "ada@example.org").await;
    assert_eq!(refused(&cx, &refresh_token(&signed_in)).await, Cause::Unconfirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_08_a_renewed_session_is_as_old_as_its_sign_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let old = register(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(30));
    let moment = world.clock.now();
    let new = sign_in(&cx, "ada@example.org").await;
    world.clock.advance(Duration::minutes(30));
    let renewed = cx.refresh(&refresh_token(&old)).await.unwrap();
    let ended = auth.revoke_issued_before(&old.subject(), moment).await.unwrap();
    assert_eq!(ended.sessions, 1);
    assert!(!alive(&cx, &renewed).await);
    assert_eq!(refused(&cx, &refresh_token(&renewed)).await, Cause::TokenSpent);
    cx.refresh(&refresh_token(&new)).await.unwrap();
}
