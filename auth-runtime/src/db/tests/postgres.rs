use diesel::{ExpressionMethods, QueryDsl, insert_into, update};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::support::*;
use crate::db::*;

/// What `diesel print-schema` writes for PostgreSQL.
mod printed {
    diesel::table! {
        items (id) {
            id -> Uuid,
            seen -> Timestamptz,
            parent -> Nullable<Uuid>,
        }
    }
}

#[tokio::test]
async fn our_types_fit_the_printed_schema() {
    with_database(|repo: Postgres| async move {
        schema().create(&repo).await.unwrap();
        let c = &mut *repo.get().await.unwrap();
        let item = Item {
            parent: Some(Id::new(NOW)),
            ..Item::new("printed")
        };
        insert_into(items::table)
            .values(item.clone())
            .execute(c)
            .await
            .unwrap();
        let row = printed::items::table
            .filter(printed::items::id.eq(item.id))
            .filter(printed::items::seen.eq(item.seen))
            .first::<(Id, UtcTimestamp, Option<Id>)>(c)
            .await
            .unwrap();
        assert_eq!(row, (item.id, item.seen, item.parent));
        assert_eq!(
            Column::of::<printed::items::parent>(),
            Column::of::<items::parent>()
        );
    })
    .await;
}

#[tokio::test]
async fn fa_05_service_resumes_after_its_connections_were_cut() {
    with_database(|repo: Postgres| async move {
        schema().create(&repo).await.unwrap();
        let mut open = Vec::new();
        for _ in 0..8 {
            open.push(repo.get().await.unwrap());
        }
        let mut last = open.pop().unwrap();
        drop(open);
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()";
        let error = diesel::sql_query(cut).execute(&mut *last).await.unwrap_err();
        assert_eq!(classify(&error), Problem::ConnectionLost);
        drop(last);
        write::<_, (), StorageError, _>(&repo, DEADLINE, |c| {
            async move {
                insert_into(items::table)
                    .values(Item::new("after"))
                    .execute(c)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
        .unwrap();
        for _ in 0..8 {
            let mut guard = repo.get().await.unwrap();
            assert_eq!(
                items::table.count().get_result::<i64>(&mut *guard).await.unwrap(),
                1
            );
        }
    })
    .await;
}

#[tokio::test]
async fn fa_04_a_deadlock_is_resolved() {
    with_database(|repo: Postgres| async move {
        schema().create(&repo).await.unwrap();
        let ids = [Item::new("a"), Item::new("b")];
        insert_into(items::table)
            .values(ids.to_vec())
            .execute(&mut *repo.get().await.unwrap())
            .await
            .unwrap();
        let both_hold_one = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let cross = |first: Id, second: Id| {
            let (repo, barrier) = (repo.clone(), both_hold_one.clone());
            let attempts = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
            async move {
                write::<_, u32, StorageError, _>(&repo, DEADLINE * 4, move |c| {
                    let attempt = attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let barrier = barrier.clone();
                    async move {
                        update(items::table.find(first))
                            .set(items::active.eq(true))
                            .execute(c)
                            .await?;
                        if attempt == 0 {
                            barrier.wait().await;
                        }
                        update(items::table.find(second))
                            .set(items::active.eq(true))
                            .execute(c)
                            .await?;
                        Ok(attempt)
                    }
                    .boxed()
                })
                .await
            }
        };
        let [a, b] = ids.map(|item| item.id);
        let (one, two) = tokio::join!(cross(a, b), cross(b, a));
        assert_eq!(one.unwrap() + two.unwrap(), 1, "one of them was the victim, once");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    // The test server has no certificate, or none for a bare address.
    let url = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=verify-full";
    let options = PoolOptions::default().acquire_timeout(std::time::Duration::from_millis(50));
    let refused = Postgres::connect_with(url, options).await.unwrap_err();
    let cause = format!("{refused:?}");
    assert!(
        cause.contains("InvalidCertificate") || cause.contains("does not support TLS"),
        "{cause}"
    );
}

#[tokio::test]
async fn a_wrong_url_does_not_show_its_password() {
    let wrong = Postgres::connect("postgres://someone:pass-word@127.0.0.1/x?sslmode=maybe").await;
    let wrong = wrong.unwrap_err();
    assert!(matches!(wrong, StorageError::Configuration(_)));
    assert!(!format!("{wrong} {wrong:?}").contains("pass-word"));
}
