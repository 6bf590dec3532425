//! What an application asks its audit log.

use auth_runtime::{
    prelude::*,
    repo::Repo as _,
    resources::audit_log::{AuditLogStore, Cursor, FailureKey, LogFilter, Page, Status},
};
use auth_tests::{PASSWORD, WRONG_PASSWORD};
use time::Duration;

use super::{
    db::{World, watched::*},
    support::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_by_subject_identity_time_and_outcome() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let ada = register(&cx, "ada@example.org").await;
    let began = auth.now();
    world.clock.advance(Duration::MINUTE);
    register(&cx, "eve@example.org").await;
    world.clock.advance(Duration::MINUTE);
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    sign_in(&cx, "nobody@example.org", PASSWORD).await.unwrap_err();
    let page = Page::default();
    let outline = |page: auth_runtime::resources::audit_log::LogPage| -> Vec<String> {
        assert!(page.next.is_none());
        let entries = page.entries.into_iter();
        entries
            .map(|event| format!("{} {}", event.identity.unwrap_or_default(), event.status))
            .collect()
    };
    assert_eq!(
        outline(AuditLog::by_subject(&cx, &ada.subject(), page).await.unwrap()),
        ["ada@example.org failure", "ada@example.org success"],
        "newest first, failures at the account too"
    );
    assert_eq!(
        outline(
            AuditLog::by_identity(&cx, " NOBODY@example.org", page)
                .await
                .unwrap()
        ),
        ["nobody@example.org failure"]
    );
    assert_eq!(
        outline(AuditLog::failures(&cx, page).await.unwrap()),
        ["nobody@example.org failure", "ada@example.org failure"]
    );
    let minute = Duration::MINUTE;
    assert_eq!(
        outline(
            AuditLog::between(&cx, began + minute, began + 2 * minute, page)
                .await
                .unwrap()
        ),
        ["eve@example.org success"],
        "from the first moment on, before the second"
    );
    let filter = LogFilter::new()
        .strategy("password")
        .action("sign_in_with_password")
        .status(Status::Failure)
        .audit_log("audit_log")
        .since(began)
        .identity("ada@example.org");
    assert_eq!(
        outline(AuditLog::entries(&cx, filter, page).await.unwrap()),
        ["ada@example.org failure"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_stable_while_events_come_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    // The clock stands still for some of them: then the key decides.
    for number in 0..23 {
        if number % 5 == 0 {
            world.clock.advance(Duration::SECOND);
        }
        sign_in(&cx, &format!("nobody{number}@example.org"), PASSWORD)
            .await
            .unwrap_err();
    }
    let before = events::<AuditLog, User>(&auth).await;
    let mut seen = Vec::new();
    let mut page = Page::of(4);
    loop {
        let found = AuditLog::entries(&cx, LogFilter::new(), page).await.unwrap();
        assert!(found.entries.len() <= 4);
        seen.extend(found.entries);
        sign_in(&cx, "late@example.org", PASSWORD).await.unwrap_err();
        let Some(cursor) = found.next else { break };
        // As it comes back in a link.
        let cursor: Cursor = cursor.to_string().parse().unwrap();
        page = page.after(cursor);
    }
    seen.reverse();
    let identities = |events: &[auth_runtime::resources::audit_log::LogEntry]| -> Vec<String> {
        events
            .iter()
            .map(|event| event.identity.clone().unwrap())
            .collect()
    };
    assert_eq!(
        identities(&seen),
        identities(&before),
        "each once, in the order in which they happened"
    );
    assert_eq!(seen, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_by_strategy_identity_and_time() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for _ in 0..3 {
        sign_in(&cx, "ADA@example.org", WRONG_PASSWORD).await.unwrap_err();
    }
    world.clock.advance(Duration::MINUTE);
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    sign_in(&cx, "eve@example.org", WRONG_PASSWORD).await.unwrap_err();
    let key = FailureKey {
        resource: "user",
        tenant: None,
        strategy: "password",
        identity: Some("ada@example.org"),
        subject: None,
        since: auth.now() - Duration::minutes(5),
        every_run_of: &[],
        except: &["too_many_attempts", "overloaded"],
    };
    let mut connection = world.repo.get().await.unwrap();
    let mut count =
        async |key: FailureKey<'_>| AuditLog::count_failures(&mut *connection, &key).await.unwrap();
    assert_eq!(count(key).await, 4);
    let since = auth.now();
    assert_eq!(count(FailureKey { since, ..key }).await, 1);
    assert_eq!(
        count(FailureKey {
            strategy: "other",
            ..key
        })
        .await,
        0
    );
    assert_eq!(
        count(FailureKey {
            resource: "admin",
            ..key
        })
        .await,
        0
    );
    assert_eq!(
        count(FailureKey {
            tenant: Some("acme"),
            ..key
        })
        .await,
        0
    );
    assert_eq!(
        count(FailureKey {
            except: &["wrong_password"],
            ..key
        })
        .await,
        0
    );
    assert_eq!(
        count(FailureKey {
            identity: None,
            ..key
        })
        .await,
        5
    );
    let ada = AuditLog::by_identity(&cx, "ada@example.org", Page::of(1))
        .await
        .unwrap();
    let subject = ada.entries[0].subject.as_deref();
    assert_eq!(
        count(FailureKey {
            identity: None,
            subject,
            ..key
        })
        .await,
        4
    );
}
