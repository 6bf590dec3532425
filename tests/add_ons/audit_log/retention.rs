//! How long events are kept.

use std::time::Duration;

use auth_runtime::resources::audit_log::AuditLogResource;
use auth_tests::call::token;

use super::{
    db::{World, watched::*},
    support::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn au_04_events_expire_as_each_log_declares() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let ada = register(&auth.context(), "ada@example.org").await;
    auth.sign_out(&token(&ada)).await.unwrap();
    let counts = async || {
        [
            events::<AuditLog, User>(&auth).await.len(),
            events::<TruncatedLog, User>(&auth).await.len(),
            events::<HashedLog, User>(&auth).await.len(),
        ]
    };
    assert_eq!(auth.expunge_audit_log().await.unwrap(), 0);
    assert_eq!(counts().await, [2, 1, 1]);
    world
        .clock
        .advance(time::Duration::days(10) - time::Duration::SECOND);
    assert_eq!(auth.expunge_audit_log().await.unwrap(), 0);
    world.clock.advance(time::Duration::SECOND);
    assert_eq!(auth.expunge_audit_log().await.unwrap(), 1);
    assert_eq!(counts().await, [2, 0, 1], "ten days have passed");
    world.clock.advance(time::Duration::days(80));
    register(&auth.context(), "eve@example.org").await;
    assert_eq!(auth.expunge_audit_log().await.unwrap(), 2);
    assert_eq!(counts().await, [1, 1, 1], "ninety days have passed");
    world.clock.advance(time::Duration::days(36_000));
    auth.expunge_audit_log().await.unwrap();
    assert_eq!(counts().await, [0, 0, 1], "for ever");
}

#[test]
fn what_the_declaration_says_is_there_as_data() {
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    assert_eq!(AuditLog::LOG_LIFETIME, Some(days(90)));
    assert_eq!(AuditLog::EXPUNGE_INTERVAL, Duration::from_secs(12 * 60 * 60));
    assert_eq!(TruncatedLog::LOG_LIFETIME, Some(days(10)));
    assert_eq!(TruncatedLog::EXPUNGE_INTERVAL, Duration::from_secs(60 * 60));
    assert_eq!(HashedLog::LOG_LIFETIME, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn au_04_a_purge_goes_in_batches_and_holds_up_nobody() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    register(&auth.context(), "ada@example.org").await;
    // The one event as often as it takes for several batches.
    let log = &events::<AuditLog, User>(&auth).await[0];
    let copies: Vec<_> = (0..1200)
        .map(|_| {
            let mut copy = log.clone();
            copy.id = auth_runtime::db::Id::new(auth.now());
            copy
        })
        .collect();
    insert(&world, &copies).await;
    world.clock.advance(time::Duration::days(91));
    let purge = auth.expunge_audit_log();
    let meanwhile = async {
        for number in 0..5 {
            register(&auth.context(), &format!("eve{number}@example.org")).await;
        }
    };
    let (purged, ()) = tokio::join!(purge, meanwhile);
    assert_eq!(
        purged.unwrap(),
        1201 + 1,
        "two logs recorded the first registration"
    );
    assert_eq!(events::<AuditLog, User>(&auth).await.len(), 5);
}

async fn insert(world: &World, entries: &[auth_runtime::resources::audit_log::LogEntry]) {
    use auth_runtime::{repo::Repo as _, resources::audit_log::AuditLogStore};
    let mut connection = world.repo.get_writer().await.unwrap();
    for part in entries.chunks(400) {
        let rows = AuditLog::insert(&mut *connection, part).await.unwrap();
        assert_eq!(rows, part.len());
    }
}
