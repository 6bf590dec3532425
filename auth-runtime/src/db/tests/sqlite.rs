use std::{sync::Arc, time::Duration};

use diesel::{Connection as _, QueryDsl, connection::SimpleConnection, insert_into};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio::sync::Notify;

use super::support::*;
use crate::db::*;

#[tokio::test]
async fn memory_is_refused() {
    for url in ["", ":memory:", "sqlite://:memory:", "file:x?mode=memory"] {
        let refused = Sqlite::connect(url).await;
        assert!(matches!(refused, Err(StorageError::Configuration(_))), "{url}");
    }
}

/// One thread for everything: a reader that waited for the writer's lock would keep the writer from ever finishing.
#[tokio::test]
async fn readers_read_while_a_transaction_writes() {
    with_database(|repo: Sqlite| async move {
        schema().create(&repo).await.unwrap();
        let (inserted, was_read) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let writer = tokio::spawn({
            let (repo, inserted, was_read) = (repo.clone(), inserted.clone(), was_read.clone());
            async move {
                write::<_, (), StorageError, _>(&repo, DEADLINE, move |c| {
                    let (inserted, was_read) = (inserted.clone(), was_read.clone());
                    async move {
                        insert_into(items::table)
                            .values(Item::new("new"))
                            .execute(c)
                            .await?;
                        inserted.notify_one();
                        was_read.notified().await;
                        Ok(())
                    }
                    .boxed()
                })
                .await
            }
        });
        inserted.notified().await;
        let started = std::time::Instant::now();
        for _ in 0..100 {
            let mut guard = repo.get().await.unwrap();
            assert_eq!(
                items::table.count().get_result::<i64>(&mut *guard).await.unwrap(),
                0
            );
        }
        // A hundred reads that each waited for the lock would take two seconds and fail.
        assert!(started.elapsed() < Duration::from_secs(1));
        was_read.notify_one();
        writer.await.unwrap().unwrap();
        let mut guard = repo.get().await.unwrap();
        assert_eq!(
            items::table.count().get_result::<i64>(&mut *guard).await.unwrap(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_keyed_read_is_done_at_the_first_poll() {
    with_database(|repo: Sqlite| async move {
        schema().create(&repo).await.unwrap();
        let mut guard = repo.get().await.unwrap();
        let read = items::table.count().get_result::<i64>(&mut *guard).now_or_never();
        assert_eq!(read.unwrap().unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn readers_cannot_write() {
    with_database(|repo: Sqlite| async move {
        schema().create(&repo).await.unwrap();
        let mut guard = repo.get().await.unwrap();
        let refused = insert_into(items::table)
            .values(Item::new("no"))
            .execute(&mut *guard)
            .await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
    })
    .await;
}

/// Takes some milliseconds.
const SLOW: &str =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT max(x) FROM n";

#[tokio::test]
async fn a_connection_still_at_work_is_not_handed_out() {
    with_database(|repo: Sqlite| async move {
        schema().create(&repo).await.unwrap();
        for round in 0..20 {
            let mut guard = repo.get_writer().await.unwrap();
            // Started on a blocking thread, then forgotten.
            let _ = guard.batch_execute(SLOW).now_or_never();
            drop(guard);
            let item = Item::new(&round.to_string());
            write::<_, (), StorageError, _>(&repo, DEADLINE, move |c| {
                let item = item.clone();
                async move {
                    insert_into(items::table).values(item).execute(c).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
            .unwrap();
        }
    })
    .await;
}

#[test]
fn a_locked_database_is_worth_another_try() {
    let path = std::env::temp_dir().join(format!("auth_db_lock_{}", Id::new(NOW)));
    let path = path.to_str().unwrap();
    let mut one = diesel::SqliteConnection::establish(path).unwrap();
    let mut two = diesel::SqliteConnection::establish(path).unwrap();
    one.batch_execute("BEGIN IMMEDIATE").unwrap();
    let locked = two.batch_execute("BEGIN IMMEDIATE").unwrap_err();
    assert_eq!(classify(&locked), Problem::Retry);
    std::fs::remove_file(path).unwrap();
}
