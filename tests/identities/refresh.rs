//! The tokens of providers.

use auth_runtime::{
    db::Id,
    repo::Repo as _,
    resources::user_identity::{Asserted, NewIdentity, SealedTokens, UserIdentityStore},
};
use time::{Duration, OffsetDateTime};

use super::store::{Store, account, tokens, with};
use crate::Identity;

/// Writes an account with tokens, of which the first one ends in an hour.
async fn tokened(store: &Store) -> (Id, OffsetDateTime) {
    let ends = store.now() + Duration::HOUR;
    let asserted = with(SealedTokens {
        expires_at: Some(ends),
        scope: Some("profile"),
        ..tokens("first", Some("renew"))
    });
    let row = NewIdentity {
        asserted,
        ..account("1815", "user?id=42")
    };
    store.insert(row).await.unwrap();
    (row.id, ends)
}

/// Access token, refresh token, when the first one ends and what it opens.
async fn kept(store: &Store, id: Id) -> [Option<String>; 4] {
    let row = store.row(id).await;
    let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8(bytes).unwrap());
    let ends = row
        .access_token_expires_at
        .map(|at| (at.get() - store.now()).to_string());
    [text(row.access_token), text(row.refresh_token), ends, row.scope]
}

fn some(texts: [&str; 4]) -> [Option<String>; 4] {
    texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

async fn start(store: &Store, id: Id, seen: Option<OffsetDateTime>) -> bool {
    let (now, mut connection) = (store.now(), store.connection().await);
    let until = now + Duration::seconds(30);
    let started = Identity::start_refresh(&mut *connection, id, seen, until, now).await;
    started.unwrap() == 1
}

async fn finish(store: &Store, id: Id, tokens: SealedTokens<'_>) -> bool {
    let now = store.now();
    let finished = Identity::finish_refresh(&mut *store.connection().await, id, tokens, now).await;
    finished.unwrap() == 1
}

async fn fail(store: &Store, id: Id, broken: bool) -> bool {
    let failed = Identity::fail_refresh(&mut *store.connection().await, id, broken).await;
    failed.unwrap() == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_a_sign_in_without_a_refresh_token_keeps_the_stored_one() {
    let Some(store) = Store::new().await else { return };
    let (id, _) = tokened(&store).await;
    assert_eq!(kept(&store, id).await, some(["first", "renew", "1h", "profile"]));
    store.note(id, with(tokens("second", None))).await;
    assert_eq!(kept(&store, id).await, some(["second", "renew", "", ""]));
    let third = SealedTokens {
        expires_at: Some(store.now() + Duration::MINUTE),
        scope: Some("email"),
        ..tokens("third", Some("again"))
    };
    store.note(id, with(third)).await;
    assert_eq!(kept(&store, id).await, some(["third", "again", "1m", "email"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_tokens_that_are_not_asked_for_any_more_are_wiped() {
    let Some(store) = Store::new().await else { return };
    let (id, ends) = tokened(&store).await;
    assert!(start(&store, id, Some(ends)).await);
    store.note(id, Asserted::default()).await;
    assert_eq!(kept(&store, id).await, some([""; 4]));
    assert!(
        !finish(&store, id, tokens("late", Some("late"))).await,
        "a refresh that was under way does not bring them back"
    );
    assert_eq!(kept(&store, id).await, some([""; 4]));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_of_a_crowd_one_refreshes() {
    let Some(store) = Store::new().await else { return };
    let (id, ends) = tokened(&store).await;
    let now = store.now();
    let crowd: Vec<_> = (0..8)
        .map(|_| {
            let repo = store.world.repo.clone();
            tokio::spawn(async move {
                let mut connection = repo.get_writer().await.unwrap();
                let until = now + Duration::seconds(30);
                Identity::start_refresh(&mut *connection, id, Some(ends), until, now).await
            })
        })
        .collect();
    let mut started = 0;
    for one in crowd {
        started += one.await.unwrap().unwrap();
    }
    assert_eq!(started, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_whoever_looked_before_a_refresh_starts_no_second_one() {
    let Some(store) = Store::new().await else { return };
    let (id, ends) = tokened(&store).await;
    assert!(start(&store, id, Some(ends)).await);
    let next = SealedTokens {
        expires_at: Some(ends + Duration::HOUR),
        ..tokens("second", None)
    };
    store.world.clock.advance(Duration::SECOND);
    assert!(finish(&store, id, next).await);
    assert_eq!(store.row(id).await.last_used_at.get(), store.now());
    assert!(!start(&store, id, Some(ends)).await, "it is refreshed already");
    assert!(!start(&store, id, None).await);
    assert!(start(&store, id, Some(ends + Duration::HOUR)).await);
    assert!(
        finish(&store, id, tokens("third", Some("again"))).await,
        "the provider does not tell when it ends"
    );
    assert_eq!(kept(&store, id).await, some(["third", "again", "", "profile"]));
    assert!(start(&store, id, None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_05_a_refresh_that_was_abandoned_is_over_in_time() {
    let Some(store) = Store::new().await else { return };
    let (id, ends) = tokened(&store).await;
    assert!(start(&store, id, Some(ends)).await);
    store.world.clock.advance(Duration::seconds(29));
    assert!(!start(&store, id, Some(ends)).await);
    store.world.clock.advance(Duration::SECOND);
    assert!(start(&store, id, Some(ends)).await);
    let next = SealedTokens {
        scope: Some("email"),
        ..tokens("second", Some("again"))
    };
    assert!(finish(&store, id, next).await);
    assert!(
        !finish(&store, id, tokens("late", Some("late"))).await,
        "the one that was abandoned comes to its end after all"
    );
    assert!(!fail(&store, id, true).await);
    assert_eq!(kept(&store, id).await, some(["second", "again", "", "email"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_tokens_that_the_provider_takes_no_more_are_wiped() {
    let Some(store) = Store::new().await else { return };
    let (id, ends) = tokened(&store).await;
    assert!(!fail(&store, id, true).await, "none is under way");
    assert!(start(&store, id, Some(ends)).await);
    assert!(fail(&store, id, false).await);
    assert_eq!(kept(&store, id).await, some(["first", "renew", "1h", "profile"]));
    assert!(
        start(&store, id, Some(ends)).await,
        "the next one may try at once"
    );
    assert!(fail(&store, id, true).await);
    assert_eq!(kept(&store, id).await, some([""; 4]));
    assert_eq!(store.row(id).await.refreshing_until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_no_token_shows_in_debug_output() {
    let Some(store) = Store::new().await else { return };
    let asserted = with(tokens("SEALED-A", Some("SEALED-R")));
    let row = NewIdentity {
        asserted,
        ..account("1815", "user?id=42")
    };
    store.insert(row).await.unwrap();
    let stored = store.row(row.id).await;
    let bytes = |text: &str| {
        format!("{:?}", text.as_bytes())
            .trim_matches(['[', ']'])
            .to_owned()
    };
    for shown in [format!("{row:?}"), format!("{stored:?}"), format!("{stored:#?}")] {
        for secret in ["SEALED-A", "SEALED-R"] {
            assert!(
                !shown.contains(secret) && !shown.contains(&bytes(secret)),
                "{shown}"
            );
        }
        assert!(shown.contains("1815"));
    }
}
