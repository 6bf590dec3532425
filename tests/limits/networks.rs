//! Failures of one network.

use auth_runtime::authentication::Authentication;
use auth_tests::{PASSWORD, WRONG_PASSWORD, call::call};
use serde_json::json;
use time::Duration;

use super::{
    db::{World, user::User},
    people::{proxied::Proxied, small::Small},
};
use crate::wire::sign_in;

const HERE: Option<&str> = Some("192.0.2.1");

async fn register<U: auth_runtime::user::Authenticated>(auth: &Authentication<U>, email: &str) {
    let arguments = json!({"email": email, "password": PASSWORD, "password_confirmation": PASSWORD});
    call(&auth.context(), "register_with_password", arguments)
        .await
        .unwrap();
}

/// Fails once as each of so many identities.
async fn fail_as_many(auth: &Authentication<Small>, peer: Option<&str>, people: usize) {
    for number in 0..people {
        let seen = sign_in(
            auth,
            peer,
            &[],
            &format!("guess{number}@example.org"),
            WRONG_PASSWORD,
        )
        .await;
        assert_eq!(seen.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_a_network_has_a_limit_of_its_own() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    register(&auth, "ada@example.org").await;
    fail_as_many(&auth, HERE, 6).await;
    let refused = sign_in(&auth, HERE, &[], "ada@example.org", PASSWORD).await;
    let wrong = sign_in(&auth, Some("192.0.2.2"), &[], "ada@example.org", WRONG_PASSWORD).await;
    assert_eq!(refused, wrong, "the answer of any failed sign-in");
    let elsewhere = sign_in(&auth, Some("192.0.2.2"), &[], "ada@example.org", PASSWORD).await;
    assert_eq!(elsewhere.status, 200);
    world.clock.advance(Duration::minutes(5));
    assert_eq!(
        sign_in(&auth, HERE, &[], "ada@example.org", PASSWORD)
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_04_success_takes_back_only_its_own_attempt_from_the_network() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    register(&auth, "ada@example.org").await;
    fail_as_many(&auth, HERE, 5).await;
    for _ in 0..10 {
        assert_eq!(
            sign_in(&auth, HERE, &[], "ada@example.org", PASSWORD)
                .await
                .status,
            200
        );
    }
    fail_as_many(&auth, HERE, 1).await;
    assert_eq!(
        sign_in(&auth, HERE, &[], "ada@example.org", PASSWORD)
            .await
            .status,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_03_a_network_is_half_of_an_ipv6_address() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    register(&auth, "ada@example.org").await;
    for host in 0..6 {
        let peer = format!("2001:db8:0:1::{host:x}");
        let email = format!("guess{host}@example.org");
        sign_in(&auth, Some(&peer), &[], &email, WRONG_PASSWORD).await;
    }
    let from = async |peer: &str| {
        sign_in(&auth, Some(peer), &[], "ada@example.org", PASSWORD)
            .await
            .status
    };
    assert_eq!(from("2001:db8:0:1:ffff::1").await, 401);
    assert_eq!(from("2001:db8:0:2::1").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_04_without_an_address_there_is_one_bucket_and_it_is_wider() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    register(&auth, "ada@example.org").await;
    fail_as_many(&auth, None, 23).await;
    assert_eq!(
        sign_in(&auth, None, &[], "ada@example.org", PASSWORD)
            .await
            .status,
        200
    );
    fail_as_many(&auth, None, 1).await;
    assert_eq!(
        sign_in(&auth, None, &[], "ada@example.org", PASSWORD)
            .await
            .status,
        401
    );
    assert_eq!(
        sign_in(&auth, HERE, &[], "ada@example.org", PASSWORD)
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_03_a_client_behind_a_proxy_cannot_choose_its_address() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Proxied>().await;
    register(&auth, "ada@example.org").await;
    let attempt = async |claimed: &str, email: &str, password: &str| {
        let headers = [("x-forwarded-for", claimed)];
        sign_in(&auth, Some("10.0.0.1"), &headers, email, password)
            .await
            .status
    };
    for number in 0..3 {
        // The proxy puts the address it saw at the end of what the client claims.
        let claimed = format!("198.51.100.{number}, 203.0.113.7");
        attempt(&claimed, &format!("guess{number}@example.org"), WRONG_PASSWORD).await;
    }
    assert_eq!(
        attempt("198.51.100.9, 203.0.113.7", "ada@example.org", PASSWORD).await,
        401
    );
    assert_eq!(attempt("203.0.113.8", "ada@example.org", PASSWORD).await, 200);
    for number in 0..12 {
        attempt(
            "not an address",
            &format!("other{number}@example.org"),
            WRONG_PASSWORD,
        )
        .await;
    }
    assert_eq!(
        attempt("unknown", "ada@example.org", PASSWORD).await,
        401,
        "unreadable addresses share the bucket of those without one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_03_without_declared_proxies_a_header_moves_nobody() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Small>().await;
    register(&auth, "ada@example.org").await;
    for number in 0..6 {
        let headers = [("x-forwarded-for", format!("198.51.100.{number}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        sign_in(
            &auth,
            HERE,
            &headers,
            &format!("guess{number}@example.org"),
            WRONG_PASSWORD,
        )
        .await;
    }
    let headers = [("x-forwarded-for", "198.51.100.99")];
    assert_eq!(
        sign_in(&auth, HERE, &headers, "ada@example.org", PASSWORD)
            .await
            .status,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn en_01_an_identity_that_has_to_wait_answers_like_a_wrong_password() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let arguments = json!({
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "display_name": null,
    });
    call(&auth.context(), "register_with_password", arguments)
        .await
        .unwrap();
    for accept in ["application/json", "text/html"] {
        let mut seen = Vec::new();
        for email in ["ada@example.org", "nobody@example.org"] {
            for _ in 0..5 {
                seen.push(sign_in(&auth, HERE, &[("accept", accept)], email, WRONG_PASSWORD).await);
            }
            for password in [WRONG_PASSWORD, PASSWORD] {
                seen.push(sign_in(&auth, HERE, &[("accept", accept)], email, password).await);
            }
        }
        assert_eq!(seen[0].status, 401);
        assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
        world.clock.advance(Duration::hours(2));
    }
}
