//! Links that remember a browser, and an audit log that counts who asks for them.

use auth_runtime::{context::Context, error::Cause};
use auth_tests::call::*;
use serde_json::json;
use time::Duration;

use super::db::{World, subscriber::*};

const ADA: &str = "ada@example.org";

async fn ask(cx: &Context<Subscriber>, email: &str) {
    call(cx, "request_magic_link", json!({"email": email}))
        .await
        .unwrap();
}

async fn link(world: &World, cx: &Context<Subscriber>) -> String {
    let before = world.outbox.of_kind("magic_link").len();
    ask(cx, ADA).await;
    let sent = world.outbox.wait_for("magic_link", before + 1).await;
    sent[before].token.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_a_link_remembers_the_browser_if_it_is_to() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Subscriber>().await;
    let cx = auth.context();
    let input = SignInWithMagicLink {
        token: link(&world, &cx).await.into(),
        remember_me: false,
    };
    let signed_in = Subscriber::sign_in_with_magic_link(&cx, input).await.unwrap();
    assert!(signed_in.remember_me.is_none());

    let arguments = json!({"token": link(&world, &cx).await, "remember_me": true});
    let signed_in = enter(&cx, "sign_in_with_magic_link", arguments).await.unwrap();
    let remembered = signed_in.remember_me.unwrap();
    let input = SignInWithRememberMe {
        token: remembered.token,
    };
    let back = Subscriber::sign_in_with_remember_me(&cx, input).await.unwrap();
    assert_eq!(back.user.id, signed_in.user.id);
    assert_eq!(back.claims.unwrap().amr, ["link"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_recorded_requests_are_counted_whether_or_not_somebody_gets_the_link() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Subscriber>().await;
    let cx = auth.context();
    for _ in 0..4 {
        ask(&cx, ADA).await;
    }
    ask(&cx, "eve@example.org").await;
    world.outbox.wait_for("magic_link", 4).await;
    world.clock.advance(Duration::minutes(6));
    ask(&cx, ADA).await;
    let sent = world.outbox.wait_for("magic_link", 5).await;
    let to: Vec<&str> = sent.iter().filter_map(|mail| mail.to.as_deref()).collect();
    assert_eq!(to.len(), 5, "the fourth was not sent");
    assert_eq!(to.iter().filter(|to| **to == ADA).count(), 4);
    assert_eq!(
        enter(&cx, "sign_in_with_magic_link", json!({"token": "x"}))
            .await
            .unwrap_err()
            .cause(),
        Cause::TokenInvalid
    );
}
