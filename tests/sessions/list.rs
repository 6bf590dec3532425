//! The list of one's own sessions.

use std::sync::{Arc, Mutex};

use auth_runtime::{clock::Clock, error::Cause, session::TokensRevoked};
use auth_tests::{PASSWORD, call::*};

use super::db::{World, member::Member, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn se_10_owners_see_their_sessions_and_nobody_elses() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    world.clock.advance(time::Duration::hours(2));
    let second = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let eve = register(&cx, "eve@example.org").await;

    let own = on_behalf_of(&cx, &second).await;
    let sessions = own.sessions().await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(
        sessions.iter().map(|session| session.current).collect::<Vec<_>>(),
        [true, false],
        "newest first"
    );
    assert_eq!(sessions[0].signed_in_at.get(), world.clock.now());
    assert_eq!(
        sessions[1].signed_in_at.get(),
        world.clock.now() - time::Duration::hours(2)
    );
    let claims = first.claims.as_ref().unwrap();
    assert_eq!(sessions[1].expires_at.get(), claims.expires_at());
    for session in &sessions {
        for signed_in in [&first, &second] {
            assert!(!token(signed_in).contains(&session.id), "no part of a token");
        }
        assert!(auth.authenticate(&session.id).await.unwrap().is_none());
    }
    let eves = on_behalf_of(&cx, &eve).await.sessions().await.unwrap();
    assert_eq!(eves.len(), 1);
    assert!(sessions.iter().all(|session| session.id != eves[0].id));
    let seen_by_admin = auth.sessions_of(&second.subject()).await.unwrap();
    assert_eq!(seen_by_admin.len(), 2);
    assert!(seen_by_admin.iter().all(|session| !session.current));
    let error = cx.sessions().await.unwrap_err();
    assert_eq!(error.cause(), Cause::NotSignedIn);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_one_session_ends_and_only_its_owner_can_do_it() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let second = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let eve = register(&cx, "eve@example.org").await;
    let own = on_behalf_of(&cx, &second).await;
    let other_id = |sessions: Vec<auth_runtime::session::SessionInfo>| {
        let other = sessions.into_iter().find(|session| !session.current);
        other.unwrap().id
    };
    let id = other_id(own.sessions().await.unwrap());

    let eves = on_behalf_of(&cx, &eve).await;
    for id in [id.as_str(), "nothing", "", &first.claims.as_ref().unwrap().jti] {
        let ended = eves.end_session(id).await.unwrap();
        assert_eq!(
            (ended.sessions, ended.tokens, ended.current),
            (0, 0, false),
            "{id}"
        );
    }
    assert!(session(&cx, &token(&first)).await.is_some());

    let ended = own.end_session(&id).await.unwrap();
    assert_eq!((ended.sessions, ended.tokens, ended.current), (1, 1, false));
    assert!(session(&cx, &token(&first)).await.is_none());
    assert!(session(&cx, &token(&second)).await.is_some());
    let again = own.end_session(&id).await.unwrap();
    assert_eq!(again.sessions, 0, "ending twice is no error");

    let own_id = own.sessions().await.unwrap()[0].id.clone();
    let ended = own.end_session(&own_id).await.unwrap();
    assert_eq!((ended.sessions, ended.current), (1, true));
    assert!(session(&cx, &token(&second)).await.is_none());
    let error = own.end_session(&own_id).await.unwrap_err();
    assert_eq!(
        error.cause(),
        Cause::NotSignedIn,
        "a session that is over ends nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_all_others_end_and_the_application_is_told_of_each() {
    let Some(world) = World::new().await else { return };
    let told = Arc::new(Mutex::new(Vec::new()));
    User::schema().create(&world.repo).await.unwrap();
    let listener = Arc::clone(&told);
    let builder = world.builder::<User>();
    let builder = builder.on_tokens_revoked(move |revoked| listener.lock().unwrap().push(revoked.clone()));
    let auth = builder.start().await.unwrap();
    let cx = auth.context();
    let mut others = vec![register(&cx, "ada@example.org").await];
    for _ in 0..2 {
        others.push(sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap());
    }
    let eve = register(&cx, "eve@example.org").await;
    let kept = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let reset_token = reset_token(&world, &cx, "ada@example.org").await;

    let ended = on_behalf_of(&cx, &kept).await.end_other_sessions().await.unwrap();
    assert_eq!((ended.sessions, ended.tokens, ended.current), (3, 3, false));
    for other in &others {
        assert!(session(&cx, &token(other)).await.is_none());
    }
    assert!(session(&cx, &token(&kept)).await.is_some());
    assert!(session(&cx, &token(&eve)).await.is_some());
    let mut jtis: Vec<_> = others
        .iter()
        .map(|other| TokensRevoked::Token {
            jti: other.claims.as_ref().unwrap().jti.clone(),
        })
        .collect();
    let mut told = told.lock().unwrap().clone();
    let by_text = |revoked: &TokensRevoked| format!("{revoked:?}");
    jtis.sort_by_key(by_text);
    told.sort_by_key(by_text);
    assert_eq!(told, jtis);
    assert!(
        reset(&cx, &reset_token, auth_tests::OTHER_PASSWORD).await.is_ok(),
        "a link on its way is no session"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_a_sign_in_beside_the_end_of_all_others_is_ended_or_later() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for round in 0..4_u64 {
        let kept = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
        let own = on_behalf_of(&cx, &kept).await;
        let sign_ins: Vec<_> = (0..4)
            .map(|_| {
                let cx = cx.clone();
                tokio::spawn(async move { sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap() })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(20 * round)).await;
        own.end_other_sessions().await.unwrap();
        for sign_in in sign_ins {
            let signed_in = sign_in.await.unwrap();
            let alive = session(&cx, &token(&signed_in)).await.is_some();
            let listed = own.sessions().await.unwrap();
            let rows = world.tokens("user").await;
            let jti = &signed_in.claims.as_ref().unwrap().jti;
            assert_eq!(alive, rows.iter().any(|row| row.jti == *jti), "round {round}");
            assert!(listed.iter().any(|session| session.current), "round {round}");
        }
        own.end_other_sessions().await.unwrap();
        assert_eq!(own.sessions().await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn se_10_sessions_without_rows_are_not_known() {
    let Some(world) = World::new().await else { return };
    let members = world.start::<Member>().await;
    let cx = members.context();
    let input = serde_json::json!({
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "points": 1,
    });
    let signed_in = enter(&cx, "register_with_password", input).await.unwrap();
    let own = on_behalf_of(&cx, &signed_in).await;
    assert_eq!(own.sessions().await.unwrap(), []);
    assert_eq!(own.end_other_sessions().await.unwrap().tokens, 0);
    assert!(session(&cx, &token(&signed_in)).await.is_some());
}
