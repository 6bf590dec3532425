//! What every database must do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, insert_into, update};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio::sync::Notify;

use super::support::*;
use crate::db::*;

const LONG: Duration = Duration::from_secs(30);

fn lost_race() -> StorageError {
    StorageError::Query(DieselError::DatabaseError(
        DatabaseErrorKind::SerializationFailure,
        Box::new("could not serialize access".to_owned()),
    ))
}

/// Diesel code is concrete, so the suite is written out once per database.
macro_rules! suite {
    ($name:ident, $feature:literal, $repo:ident) => {
        #[cfg(feature = $feature)]
        mod $name {
            use super::*;

            async fn on_schema<F>(test: impl FnOnce($repo) -> F + Send + 'static)
            where
                F: Future<Output = ()> + Send + 'static,
            {
                with_database(|repo: $repo| async move {
                    schema().create(&repo).await.unwrap();
                    test(repo).await;
                })
                .await;
            }

            async fn insert(repo: &$repo, item: &Item) -> Result<(), StorageError> {
                let item = item.clone();
                write(repo, LONG, move |c| {
                    let item = item.clone();
                    async move {
                        insert_into(items::table).values(item).execute(c).await?;
                        Ok(())
                    }
                    .boxed()
                })
                .await
            }

            async fn find(repo: &$repo, id: Id) -> Result<Option<Item>, StorageError> {
                let mut guard = repo.get().await?;
                Ok(items::table
                    .find(id)
                    .select(Item::as_select())
                    .first(&mut *guard)
                    .await
                    .optional()?)
            }

            async fn count(repo: &$repo) -> i64 {
                items::table
                    .count()
                    .get_result(&mut *repo.get().await.unwrap())
                    .await
                    .unwrap()
            }

            #[tokio::test]
            async fn what_is_read_equals_what_was_written() {
                on_schema(|repo| async move {
                    let empty = Item::new("empty");
                    let full = Item {
                        note: Some("naïve ☃ '\" \\ text".to_owned()),
                        spent: Some((NOW + Duration::from_nanos(1999)).into()),
                        parent: Some(empty.id),
                        age: Some(i64::MIN),
                        active: true,
                        data: Some(vec![0, 255, 39]),
                        score: Some(-1.5),
                        ..Item::new("full")
                    };
                    for item in [&empty, &full] {
                        insert(&repo, item).await.unwrap();
                        assert_eq!(find(&repo, item.id).await.unwrap().as_ref(), Some(item));
                    }
                    let c = &mut *repo.get().await.unwrap();
                    let by_parent = items::table
                        .filter(items::parent.eq(empty.id))
                        .select(items::id);
                    assert_eq!(by_parent.first::<Id>(c).await.unwrap(), full.id);
                })
                .await;
            }

            #[tokio::test]
            async fn timestamps_compare_as_moments() {
                on_schema(|repo| async move {
                    for (email, micros) in [("c", 1_000_000_i64), ("a", -1), ("b", 0), ("d", 1_000_001)] {
                        let seen = (NOW + time::Duration::microseconds(micros)).into();
                        insert(
                            &repo,
                            &Item {
                                seen,
                                ..Item::new(email)
                            },
                        )
                        .await
                        .unwrap();
                    }
                    let c = &mut *repo.get().await.unwrap();
                    let since = UtcTimestamp::new(NOW);
                    let emails = items::table
                        .filter(items::seen.ge(since))
                        .order(items::seen)
                        .select(items::email);
                    assert_eq!(emails.load::<String>(c).await.unwrap(), ["b", "c", "d"]);
                    let same = items::table
                        .filter(items::seen.eq(since))
                        .select(items::email);
                    assert_eq!(same.load::<String>(c).await.unwrap(), ["b"]);
                })
                .await;
            }

            #[tokio::test]
            async fn su_02_of_twenty_spenders_one_wins() {
                on_schema(|repo| async move {
                    let item = Item::new("once");
                    insert(&repo, &item).await.unwrap();
                    let spend = |repo: $repo| async move {
                        write::<_, usize, StorageError, _>(&repo, LONG, move |c| {
                            async move {
                                let unspent = items::table.find(item.id).filter(items::spent.is_null());
                                let spent = items::spent.eq(UtcTimestamp::new(NOW));
                                Ok(update(unspent).set(spent).execute(c).await?)
                            }
                            .boxed()
                        })
                        .await
                        .unwrap()
                    };
                    let racers: Vec<_> = (0..20).map(|_| tokio::spawn(spend(repo.clone()))).collect();
                    let mut winners = 0;
                    for racer in racers {
                        winners += racer.await.unwrap();
                    }
                    assert_eq!(winners, 1);
                })
                .await;
            }

            #[tokio::test]
            async fn a_conditional_write_counts_the_rows_it_matched() {
                on_schema(|repo| async move {
                    let item = Item::new("same");
                    insert(&repo, &item).await.unwrap();
                    let mut guard = repo.get_writer().await.unwrap();
                    let unchanged = update(items::table.find(item.id)).set(items::active.eq(false));
                    assert_eq!(unchanged.execute(&mut *guard).await.unwrap(), 1);
                })
                .await;
            }

            #[tokio::test]
            async fn a_duplicate_names_its_column_and_spares_the_transaction() {
                on_schema(|repo| async move {
                    insert(&repo, &Item::new("taken")).await.unwrap();
                    let found = write::<_, String, StorageError, _>(&repo, LONG, |c| {
                        async move {
                            let first = insert_into(items::table).values(Item::new("other"));
                            first.execute(c).await?;
                            let duplicate = c
                                .savepoint(|c| {
                                    async move {
                                        insert_into(items::table)
                                            .values(Item::new("taken"))
                                            .execute(c)
                                            .await
                                    }
                                    .boxed()
                                })
                                .await
                                .unwrap_err();
                            assert!(
                                classify(&duplicate).is_duplicate("items", "email"),
                                "{duplicate:?}"
                            );
                            let scrubbed = StorageError::from(duplicate);
                            assert!(!format!("{scrubbed:?}").contains("taken"));
                            assert!(classify(scrubbed.as_storage().unwrap()).is_duplicate("items", "email"));
                            let winner = items::table
                                .filter(items::email.eq("taken"))
                                .select(items::email);
                            Ok(winner.first(c).await?)
                        }
                        .boxed()
                    })
                    .await
                    .unwrap();
                    assert_eq!((found.as_str(), count(&repo).await), ("taken", 2));
                })
                .await;
            }

            #[tokio::test]
            async fn the_database_numbers_integer_keys() {
                on_schema(|repo| async move {
                    let c = &mut *repo.get_writer().await.unwrap();
                    for name in ["one", "two"] {
                        insert_into(numbered::table)
                            .values(numbered::name.eq(name))
                            .execute(c)
                            .await
                            .unwrap();
                    }
                    let rows: Vec<(i64, String)> = numbered::table.order(numbered::id).load(c).await.unwrap();
                    assert_eq!(rows, [(1, "one".to_owned()), (2, "two".to_owned())]);
                })
                .await;
            }

            #[tokio::test]
            async fn text_is_compared_exactly() {
                on_schema(|repo| async move {
                    for email in ["abc", "ABC", "äbc"] {
                        insert(&repo, &Item::new(email)).await.unwrap();
                    }
                    let c = &mut *repo.get().await.unwrap();
                    let exact = items::table.filter(items::email.eq("ABC")).count();
                    assert_eq!(exact.get_result::<i64>(c).await.unwrap(), 1);
                })
                .await;
            }

            #[tokio::test]
            async fn a_failed_action_leaves_nothing() {
                on_schema(|repo| async move {
                    let failed = write::<_, (), StorageError, _>(&repo, LONG, |c| {
                        async move {
                            insert_into(items::table)
                                .values(Item::new("gone"))
                                .execute(c)
                                .await?;
                            Err(StorageError::Timeout)
                        }
                        .boxed()
                    })
                    .await;
                    assert!(matches!(failed, Err(StorageError::Timeout)));
                    assert_eq!(count(&repo).await, 0);
                })
                .await;
            }

            #[tokio::test]
            async fn fa_04_a_lost_race_is_tried_three_times_more() {
                on_schema(|repo| async move {
                    for (failures, succeeds) in [(3, true), (4, false)] {
                        let attempts = Arc::new(AtomicU32::new(0));
                        let seen = attempts.clone();
                        let outcome = write::<_, (), StorageError, _>(&repo, LONG, move |c| {
                            let attempt = seen.fetch_add(1, Ordering::Relaxed);
                            async move {
                                let email = format!("attempt of {failures}");
                                insert_into(items::table)
                                    .values(Item::new(&email))
                                    .execute(c)
                                    .await?;
                                if attempt < failures {
                                    Err(lost_race())
                                } else {
                                    Ok(())
                                }
                            }
                            .boxed()
                        })
                        .await;
                        assert_eq!(outcome.is_ok(), succeeds);
                        assert_eq!(AtomicU32::load(&attempts, Ordering::Relaxed), 4);
                    }
                    assert_eq!(count(&repo).await, 1);
                })
                .await;
            }

            #[tokio::test]
            async fn fa_05_past_the_deadline_the_caller_is_told_and_nothing_is_kept() {
                on_schema(|repo| async move {
                    let late = write::<_, (), StorageError, _>(&repo, Duration::from_millis(200), |c| {
                        async move {
                            insert_into(items::table)
                                .values(Item::new("late"))
                                .execute(c)
                                .await?;
                            std::future::pending().await
                        }
                        .boxed()
                    })
                    .await;
                    assert!(matches!(late, Err(StorageError::Timeout)), "{late:?}");
                    insert(&repo, &Item::new("late")).await.unwrap();
                    assert_eq!(count(&repo).await, 1);
                })
                .await;
            }

            #[tokio::test]
            async fn a_panic_is_an_error_and_rolls_back() {
                on_schema(|repo| async move {
                    let panicked = write::<_, (), StorageError, _>(&repo, LONG, |c| {
                        async move {
                            insert_into(items::table)
                                .values(Item::new("panic"))
                                .execute(c)
                                .await?;
                            panic!("on purpose")
                        }
                        .boxed()
                    })
                    .await;
                    assert!(
                        matches!(panicked, Err(StorageError::Panicked)),
                        "{panicked:?}"
                    );
                    insert(&repo, &Item::new("panic")).await.unwrap();
                    assert_eq!(count(&repo).await, 1);
                })
                .await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_caller_that_goes_away_does_not_abandon_the_transaction() {
                on_schema(|repo| async move {
                    let (inserted, caller_gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
                    let caller = tokio::spawn({
                        let (repo, inserted, caller_gone) =
                            (repo.clone(), inserted.clone(), caller_gone.clone());
                        async move {
                            write::<_, (), StorageError, _>(&repo, LONG, move |c| {
                                let (inserted, caller_gone) = (inserted.clone(), caller_gone.clone());
                                async move {
                                    insert_into(items::table)
                                        .values(Item::new("kept"))
                                        .execute(c)
                                        .await?;
                                    inserted.notify_one();
                                    caller_gone.notified().await;
                                    Ok(())
                                }
                                .boxed()
                            })
                            .await
                        }
                    });
                    inserted.notified().await;
                    caller.abort();
                    assert!(caller.await.unwrap_err().is_cancelled());
                    assert_eq!(count(&repo).await, 0);
                    caller_gone.notify_one();
                    let committed = async {
                        while count(&repo).await == 0 {
                            tokio::task::yield_now().await;
                        }
                    };
                    tokio::time::timeout(LONG, committed).await.unwrap();
                })
                .await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_dropped_transaction_does_not_return_to_the_pool() {
                on_schema(|repo| async move {
                    let inserted = Arc::new(Notify::new());
                    let reader = tokio::spawn({
                        let (repo, inserted) = (repo.clone(), inserted.clone());
                        async move {
                            let mut guard = repo.get_writer().await.unwrap();
                            guard
                                .write_tx::<(), DieselError, _>(|c| {
                                    async move {
                                        insert_into(items::table)
                                            .values(Item::new("open"))
                                            .execute(c)
                                            .await?;
                                        inserted.notify_one();
                                        std::future::pending().await
                                    }
                                    .boxed()
                                })
                                .await
                        }
                    });
                    inserted.notified().await;
                    reader.abort();
                    let _ = reader.await;
                    insert(&repo, &Item::new("open")).await.unwrap();
                    assert_eq!(count(&repo).await, 1);
                })
                .await;
            }

            #[tokio::test]
            async fn a_connection_is_handed_out_without_asking_the_server() {
                on_schema(|repo| async move {
                    let queries = Arc::new(AtomicU32::new(0));
                    // All of them, so that the next one is among them.
                    let mut guards = Vec::new();
                    for _ in 0..8 {
                        let mut guard = repo.get().await.unwrap();
                        let queries = queries.clone();
                        guard.set_instrumentation(
                            move |event: diesel::connection::InstrumentationEvent<'_>| {
                                if let diesel::connection::InstrumentationEvent::StartQuery { .. } = event {
                                    queries.fetch_add(1, Ordering::Relaxed);
                                }
                            },
                        );
                        guards.push(guard);
                    }
                    drop(guards);
                    assert_eq!(find(&repo, Id::new(NOW)).await.unwrap(), None);
                    assert_eq!(AtomicU32::load(&queries, Ordering::Relaxed), 1);
                })
                .await;
            }

            #[tokio::test]
            async fn the_created_schema_needs_nothing() {
                on_schema(|repo| async move {
                    schema().create(&repo).await.unwrap();
                    assert_eq!(schema().compare(&repo).await.unwrap(), []);
                })
                .await;
            }

            #[tokio::test]
            async fn each_kind_of_difference_is_found_and_its_sql_repairs_it() {
                with_database(|repo: $repo| async move {
                    let before = Schema::new().table(
                        Table::new("items")
                            .column(Column::new("id", ColumnType::Id))
                            .column(Column::new("email", ColumnType::ShortText(255)))
                            .column(Column::new("note", ColumnType::Text))
                            .column(Column::new("age", ColumnType::Text).nullable())
                            .column(Column::new("extra", ColumnType::Text))
                            .primary_key("id"),
                    );
                    before.create(&repo).await.unwrap();
                    let table = Table::new("items")
                        .column(Column::of::<items::id>())
                        .column(Column::of::<items::email>())
                        .column(Column::of::<items::note>())
                        .column(Column::of::<items::age>())
                        .column(Column::of::<items::spent>())
                        .primary_key("id")
                        .unique(&["email"]);
                    let after = Schema::new().table(table).table(schema().tables[1].clone());
                    let differences = after.compare(&repo).await.unwrap();
                    let mut repairs = Vec::new();
                    let mut left = Vec::new();
                    for difference in differences {
                        let text = difference.to_string();
                        match difference {
                            Difference::MissingTable { table, sql } => {
                                assert_eq!(table, "numbered");
                                repairs.extend(sql);
                            }
                            Difference::MissingColumn { column, sql, .. } => {
                                assert_eq!(column, "spent");
                                repairs.push(sql);
                            }
                            Difference::MissingUnique { columns, sql, .. } => {
                                assert_eq!(columns, ["email"]);
                                assert!(text.contains(&sql), "{text}");
                                repairs.push(sql);
                            }
                            Difference::WrongType { column, found, .. } => {
                                assert_eq!((column.as_str(), found.as_str()), ("age", "text"));
                                left.push("type");
                            }
                            Difference::NotNullable { column, .. } => {
                                assert_eq!(column, "note");
                                left.push("null");
                            }
                            Difference::RequiredColumn { column, .. } => {
                                assert_eq!(column, "extra");
                                left.push("required");
                            }
                        }
                    }
                    assert_eq!(repairs.len(), 3);
                    assert_eq!(left, ["null", "type", "required"]);
                    for sql in &repairs {
                        execute(&repo, sql).await;
                    }
                    assert_eq!(after.compare(&repo).await.unwrap().len(), left.len());
                })
                .await;
            }

            #[tokio::test]
            async fn a_mistaken_query_is_not_taken_for_a_lost_connection() {
                on_schema(|repo| async move {
                    let mut guard = repo.get().await.unwrap();
                    let error = guard
                        .batch_execute("SELECT * FROM no_such_table")
                        .await
                        .unwrap_err();
                    assert_eq!(classify(&error), Problem::Other);
                })
                .await;
            }
        }
    };
}

suite!(on_sqlite, "sqlite", Sqlite);
suite!(on_postgres, "postgres", Postgres);
suite!(on_mysql, "mysql", Mysql);
