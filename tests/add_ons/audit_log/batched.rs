//! Events that are written together.

use std::time::Duration;

use auth_tests::{PASSWORD, WRONG_PASSWORD, database::TestDatabase, process::Worker};
use serde_json::json;

use super::{
    db::{Repo, World, batched::User, watched::AuditLog},
    support::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_events_wait_for_a_full_batch_or_a_flush() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for _ in 0..2 {
        for _ in 0..4 {
            sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
        }
        world.forget_limits().await;
    }
    assert_eq!(
        events::<AuditLog, User>(&auth).await.len(),
        0,
        "nine are no batch of ten"
    );
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    let written = async {
        while events::<AuditLog, User>(&auth).await.len() < 10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), written)
        .await
        .unwrap();
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    auth.flush_audit_log().await;
    let outline = outline::<AuditLog, User>(&auth).await;
    assert_eq!(outline.len(), 11);
    assert_eq!(outline[0], "register_with_password success");
    assert_eq!(outline[1], "sign_in_with_password failure wrong_password");
    assert_eq!(
        outline[9..],
        ["sign_in_with_password success"; 2],
        "in their order"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_10_a_shutdown_writes_what_waits() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    // One that still runs while the shutdown begins.
    let running = tokio::spawn({
        let cx = cx.clone();
        async move { sign_in(&cx, "ada@example.org", PASSWORD).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    let report = auth.shutdown(Duration::from_secs(20)).await;
    let _ = running.await.unwrap();
    assert_eq!((report.unfinished, report.unwritten_events), (0, 0));
    let outline = outline::<AuditLog, User>(&auth).await;
    assert!(outline.len() >= 2, "{outline:?}");
    assert_eq!(
        outline[..2],
        [
            "register_with_password success",
            "sign_in_with_password failure wrong_password"
        ]
    );
    let sessions = world.tokens("user").await.len();
    let successes = outline.iter().filter(|line| line.contains("success")).count();
    assert_eq!(sessions, successes);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_without_a_shutdown_the_writer_ends_with_the_last_event() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    register(&auth.context(), "ada@example.org").await;
    drop(auth);
    let auth = world.start::<User>().await;
    let written = async {
        while events::<AuditLog, User>(&auth).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), written)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_a_killed_process_loses_one_batch_at_most() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    register(&auth.context(), "ada@example.org").await;
    auth.flush_audit_log().await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let (program, people) = (env!("CARGO_BIN_EXE_worker"), format!("{} batched", Repo::KEY));
    let mut worker = Worker::start_with(program, &world, &people, "sign_in_with_password", &input, 15);
    worker.go();
    let answered = worker.first_outcomes(14);
    worker.kill();
    let ok = answered.iter().filter(|line| *line == "ok").count();
    assert_eq!(ok, 14, "{answered:?}");
    let written = events::<AuditLog, User>(&auth).await.len() - 1;
    assert!(written + 10 >= ok, "{written} of {ok}");
}
