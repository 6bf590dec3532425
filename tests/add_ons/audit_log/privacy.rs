//! Addresses in events.

use auth_runtime::{context::ClientIp, resources::audit_log::LogEntry};
use auth_tests::{WRONG_PASSWORD, call::token, secrets::with_secrets};
use serde_json::json;

use super::{
    db::{World, watched::*},
    support::*,
};
use crate::site::{Site, answer};

/// What an event says of addresses: of the client, of the peer, and the two headers.
fn addresses(event: &LogEntry) -> (Option<String>, serde_json::Value) {
    let request = &event.extra_data["request"];
    (
        event.client_ip.clone(),
        json!([
            request["remote_ip"],
            request["x_forwarded_for"],
            request["forwarded"]
        ]),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn au_03_every_place_of_an_address_follows_the_mode() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let site = Site::of(&auth).await;
    let ada = register(&auth.context(), "ada@example.org").await;
    let headers = |request: reqwest::RequestBuilder| {
        request
            .header("x-forwarded-for", "203.0.113.77, 2001:db8:85a3:1234::8")
            .header("x-forwarded-for", "198.51.100.9")
            .header(
                "forwarded",
                "for=\"[2001:db8:cafe::17]:4711\";proto=https;by=192.0.2.43",
            )
    };
    let arguments = json!({"user": {"email": "ada@example.org", "password": WRONG_PASSWORD}});
    assert_eq!(
        answer(headers(site.post("password/sign_in")).json(&arguments))
            .await
            .0,
        401
    );
    assert_eq!(
        answer(headers(site.post("sign_out")).bearer_auth(token(&ada)))
            .await
            .0,
        200
    );

    let plain = events::<AuditLog, User>(&auth).await;
    assert_eq!(
        addresses(&plain[1]),
        (
            Some("127.0.0.1".to_owned()),
            json!([
                "127.0.0.1",
                ["203.0.113.77, 2001:db8:85a3:1234::8", "198.51.100.9"],
                ["for=\"[2001:db8:cafe::17]:4711\";proto=https;by=192.0.2.43"],
            ])
        )
    );
    let truncated = events::<TruncatedLog, User>(&auth).await;
    assert_eq!(
        addresses(&truncated[1]),
        (
            Some("127.0.0.0/24".to_owned()),
            json!([
                "127.0.0.0/24",
                ["203.0.113.0/24, 2001:db8:85a3:0:0:0:0:0/48", "198.51.100.0/24"],
                ["for=\"[2001:db8:cafe:0:0:0:0:0/48]\";proto=https;by=192.0.2.0/24"],
            ])
        )
    );
    let excluded = events::<ExcludedLog, User>(&auth).await;
    assert_eq!(
        addresses(&excluded[0]),
        (None, json!([null, ["", ""], ["proto=https"]]))
    );
    let hashed = events::<HashedLog, User>(&auth).await;
    let (client, rest) = addresses(&hashed[0]);
    let client = client.unwrap();
    assert!(client.starts_with("hashed:") && client.len() == 23, "{client}");
    assert_eq!(rest[0], json!(client), "equal addresses have equal hashes");
    let text = serde_json::to_string(&hashed).unwrap();
    for part in [
        "203.0.113",
        "198.51.100",
        "192.0.2.43",
        "85a3",
        "cafe",
        "127.0.0.1\"",
    ] {
        assert!(!addresses_of(&text).contains(part), "{part} in {text}");
    }
}

/// The text without the host, which is the server's own address in this test.
fn addresses_of(text: &str) -> String {
    text.split(',')
        .filter(|part| !part.contains("http_host"))
        .collect::<Vec<_>>()
        .join(",")
}

#[tokio::test(flavor = "multi_thread")]
async fn au_03_a_hash_depends_on_the_configured_key() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let mut hashes = Vec::new();
    for key in ["one", "two", "one"] {
        let key = format!("the key of tests, number {key}, long enough");
        let start = world.builder::<User>().start();
        let auth = with_secrets([("ip_hash_key", Some(key))], start).await.unwrap();
        let site = Site::of(&auth).await;
        assert_eq!(answer(site.post("sign_out")).await.0, 200);
        let event = events::<HashedLog, User>(&auth).await.pop().unwrap();
        hashes.push(event.client_ip.unwrap());
        world.clock.advance(time::Duration::SECOND);
    }
    assert_eq!(hashes[0], hashes[2]);
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn au_03_without_a_good_key_nothing_starts() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    for key in [None, Some("short".to_owned()), Some("a".repeat(40))] {
        let start = world.builder::<User>().start();
        let error = with_secrets([("ip_hash_key", key.clone())], start)
            .await
            .unwrap_err();
        let text = format!("{:?}", std::error::Error::source(&error).map(ToString::to_string));
        let text = format!("{error} {error:?} {text}");
        assert!(text.contains("ip_hash_key"), "{key:?}: {text}");
    }
    // The rule of the addresses is one for all that look at them.
    assert_eq!(ClientIp::default(), ClientIp::Peer);
}
