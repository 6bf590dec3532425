//! Each endpoint takes tokens of one purpose.

use std::collections::BTreeMap;

use auth_runtime::error::Cause;
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::Duration;

use super::db::{World, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn su_03_every_token_fails_at_every_endpoint_but_its_own() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    let sign_in_token = sign_in_token(&cx, "ada@example.org").await;
    let reset_token = reset_token(&world, &cx, "ada@example.org").await;
    let tokens = BTreeMap::from([
        ("session", session_token),
        ("sign_in", sign_in_token),
        ("reset", reset_token),
    ]);
    for (kind, token) in &tokens {
        if *kind != "session" {
            assert!(session(&cx, token).await.is_none(), "{kind} as session");
            auth.sign_out(token).await.unwrap();
        }
        if *kind != "sign_in" {
            assert_eq!(
                exchange(&cx, token).await.unwrap_err().cause(),
                Cause::TokenInvalid,
                "{kind} exchanged"
            );
        }
        if *kind != "reset" {
            let error = reset(&cx, token, OTHER_PASSWORD).await.unwrap_err();
            assert_eq!(error.cause(), Cause::TokenInvalid, "{kind} for a reset");
        }
    }
    // None of that has used any of them up.
    assert!(session(&cx, &tokens["session"]).await.is_some());
    exchange(&cx, &tokens["sign_in"]).await.unwrap();
    reset(&cx, &tokens["reset"], OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_09_a_row_of_another_purpose_is_no_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    for purpose in ["sign_in", "password_reset", "revocation", "nonsense"] {
        world
            .execute(&format!("UPDATE tokens SET purpose = '{purpose}'"))
            .await;
        assert!(session(&cx, &session_token).await.is_none(), "{purpose}");
    }
    world.execute("UPDATE tokens SET purpose = 'user'").await;
    assert!(session(&cx, &session_token).await.is_some());
    world.execute("DELETE FROM tokens").await;
    assert!(session(&cx, &session_token).await.is_none(), "without a row");
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_09_rows_hold_nothing_that_can_be_replayed() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let tokens = [
        token(&register(&cx, "ada@example.org").await),
        sign_in_token(&cx, "ada@example.org").await,
        reset_token(&world, &cx, "ada@example.org").await,
    ];
    let mut rows = Vec::new();
    for purpose in ["user", "sign_in", "password_reset"] {
        rows.extend(world.tokens(purpose).await);
    }
    let stored = format!("{rows:?}");
    for token in &tokens {
        for part in token.split('.') {
            assert!(!stored.contains(part));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_04_a_changed_token_is_nobodys() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let good = token(&register(&cx, "ada@example.org").await);
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("{good}")
    };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let mut eve = claims.clone();
    eve["sub"] = json!("user?id=0190b5a4-6c1e-7a3b-8c4d-0123456789ab");
    let mut forged = vec![
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(eve.to_string())),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}="),
        format!(
            "{}.{payload}.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"user+jwt"}"#)
        ),
        format!(" {good}"),
        format!("{good}\n"),
        format!("Bearer {good}"),
    ];
    for position in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'Q' } else { b'A' };
        forged.push(String::from_utf8(bytes).unwrap());
    }
    for token in forged.iter().filter(|forged| **forged != good) {
        assert!(session(&cx, token).await.is_none(), "{token}");
    }
    assert!(session(&cx, &good).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn su_04_a_session_ends_after_fourteen_days() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    world.clock.advance(Duration::days(14) - Duration::seconds(1));
    assert!(session(&cx, &session_token).await.is_some());
    world.clock.advance(Duration::seconds(1));
    assert!(session(&cx, &session_token).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_12_a_clock_that_goes_back_revives_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let session_token = token(&register(&cx, "ada@example.org").await);
    let sign_in_token = sign_in_token(&cx, "ada@example.org").await;
    exchange(&cx, &sign_in_token).await.unwrap();
    auth.sign_out(&session_token).await.unwrap();
    world.clock.advance(Duration::seconds(-20));
    assert_eq!(
        exchange(&cx, &sign_in_token).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    assert!(session(&cx, &session_token).await.is_none());
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    world.clock.advance(Duration::hours(-2));
    assert_eq!(
        exchange(&cx, &sign_in_token).await.unwrap_err().cause(),
        Cause::TokenInvalid
    );
}
