//! Events while the database is away.

use std::time::Duration;

use auth_runtime::{db::PoolOptions, error::Cause};
use auth_tests::{PASSWORD, WRONG_PASSWORD, database::TestDatabase, proxy::Proxy};

use super::{
    db::{Repo, World, batched::User, watched::AuditLog},
    support::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_an_outage_loses_no_event_and_a_full_buffer_refuses_actions() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let proxy = Proxy::before(&world.database.url).await;
    let patience = PoolOptions::default().acquire_timeout(Duration::from_millis(300));
    let repo = Repo::open(&proxy.url(&world.database.url), patience).await;
    let auth = world.builder_on::<User>(repo).start().await.unwrap();
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    proxy.cut();
    // Two wait; the buffer has room for 23 more.
    let crowd: Vec<_> = (0..26)
        .map(|_| {
            let cx = cx.clone();
            tokio::spawn(async move { sign_in(&cx, "ada@example.org", PASSWORD).await.map(drop) })
        })
        .collect();
    let mut causes = Vec::new();
    for caller in crowd {
        causes.push(caller.await.unwrap().unwrap_err().cause());
    }
    let refused = causes.iter().filter(|cause| **cause == Cause::Overloaded).count();
    let failed = causes
        .iter()
        .filter(|cause| **cause == Cause::StorageFailed)
        .count();
    assert_eq!(refused + failed, 26, "{causes:?}");
    assert!(refused >= 3, "{causes:?}");
    proxy.mend();
    auth.flush_audit_log().await;
    let outline = outline::<AuditLog, User>(&auth).await;
    assert_eq!(outline[0], "register_with_password success");
    assert_eq!(outline[1], "sign_in_with_password failure wrong_password");
    let begun = outline
        .iter()
        .filter(|line| line.contains("storage_failed") || line.contains("overloaded"))
        .count();
    assert_eq!(begun, 23, "every action that began has its event: {outline:?}");
    assert_eq!(outline.len(), 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_10_a_shutdown_says_how_many_events_it_could_not_write() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let proxy = Proxy::before(&world.database.url).await;
    let patience = PoolOptions::default().acquire_timeout(Duration::from_millis(300));
    let repo = Repo::open(&proxy.url(&world.database.url), patience).await;
    let auth = world.builder_on::<User>(repo).start().await.unwrap();
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    proxy.cut();
    let report = auth.shutdown(Duration::from_millis(700)).await;
    assert_eq!(report.unwritten_events, 2);
}
