use diesel::{ExpressionMethods, IntoSql, QueryDsl, insert_into, update};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use super::support::*;
use crate::db::*;

diesel::define_sql_function! { fn connection_id() -> BigInt; }

#[tokio::test]
async fn fa_05_service_resumes_after_its_connections_were_cut() {
    with_database(|repo: Mysql| async move {
        schema().create(&repo).await.unwrap();
        let mut open = Vec::new();
        for _ in 0..8 {
            open.push(repo.get().await.unwrap());
        }
        let mut ids = Vec::new();
        for guard in &mut open {
            ids.push(
                diesel::select(connection_id())
                    .get_result::<i64>(&mut **guard)
                    .await
                    .unwrap(),
            );
        }
        let mut last = open.pop().unwrap();
        drop(open);
        let own = ids.pop().unwrap();
        for id in ids {
            last.batch_execute(&format!("KILL {id}")).await.unwrap();
        }
        let _ = last.batch_execute(&format!("KILL {own}")).await;
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
async fn a_read_on_a_cut_connection_fails_once() {
    with_database(|repo: Mysql| async move {
        schema().create(&repo).await.unwrap();
        let (mut one, mut two) = (repo.get().await.unwrap(), repo.get().await.unwrap());
        let id = diesel::select(connection_id())
            .get_result::<i64>(&mut *one)
            .await
            .unwrap();
        two.batch_execute(&format!("KILL {id}")).await.unwrap();
        let error = items::table
            .count()
            .get_result::<i64>(&mut *one)
            .await
            .unwrap_err();
        assert_eq!(classify(&error), Problem::ConnectionLost, "{error:?}");
        drop((one, two));
        for _ in 0..8 {
            let mut guard = repo.get().await.unwrap();
            items::table.count().get_result::<i64>(&mut *guard).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn tk_08_the_answer_to_a_dropped_query_is_nobody_elses() {
    with_database(|repo: Mysql| async move {
        for round in 0..20_i64 {
            // Both are the same prepared statement, so nothing but its value tells one answer from the other.
            let ask = |value: i64| diesel::select(value.into_sql::<diesel::sql_types::BigInt>());
            let mut held = Vec::new();
            for _ in 0..8 {
                let mut guard = repo.get().await.unwrap();
                ask(-1).get_result::<i64>(&mut *guard).await.unwrap();
                let abandoned = ask(-2).get_result::<i64>(&mut *guard).now_or_never();
                assert!(abandoned.is_none(), "the server cannot have answered yet");
                held.push(guard);
            }
            drop(held);
            let mut guard = repo.get().await.unwrap();
            assert_eq!(ask(round).get_result::<i64>(&mut *guard).await.unwrap(), round);
        }
    })
    .await;
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused() {
    with_database(|repo: Mysql| async move {
        schema().create(&repo).await.unwrap();
        let mut guard = repo.get().await.unwrap();
        let long = insert_into(items::table)
            .values(Item::new(&"x".repeat(256)))
            .execute(&mut *guard)
            .await;
        assert_eq!(classify(&long.unwrap_err()), Problem::Other);
        assert_eq!(
            items::table.count().get_result::<i64>(&mut *guard).await.unwrap(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn fa_04_a_deadlock_is_resolved() {
    with_database(|repo: Mysql| async move {
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
                        c.savepoint::<_, diesel::result::Error, _>(move |c| {
                            async move {
                                update(items::table.find(second))
                                    .set(items::active.eq(true))
                                    .execute(c)
                                    .await
                            }
                            .boxed()
                        })
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
