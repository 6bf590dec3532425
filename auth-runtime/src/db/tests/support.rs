//! Databases that live as long as one test.

use std::{future::Future, time::Duration};

use diesel_async::SimpleAsyncConnection;
use time::{OffsetDateTime, macros::datetime};

use crate::db::*;

pub(super) const NOW: OffsetDateTime = datetime!(2024-05-06 07:08:09.123456 UTC);

/// A repo whose databases a test can create and drop.
pub(super) trait TestRepo: Repo {
    fn create(name: &str) -> impl Future<Output = Self> + Send;
    fn destroy(name: &str) -> impl Future<Output = ()> + Send;
}

/// Runs `test` on a fresh database and removes it, also when the test fails.
pub(super) async fn with_database<R: TestRepo, F>(test: impl FnOnce(R) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let name = format!(
        "auth_db_{}",
        Id::new(OffsetDateTime::now_utc()).as_uuid().simple()
    );
    let repo = R::create(&name).await;
    let outcome = tokio::spawn(test(repo)).await;
    R::destroy(&name).await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

pub(super) async fn execute<R: Repo>(repo: &R, sql: &str) {
    repo.get_writer().await.unwrap().batch_execute(sql).await.unwrap();
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn server(variable: &str, fallback: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| fallback.to_owned())
}

/// The URL of the server with `name` as the database.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn database_url(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.into()
}

fn options() -> PoolOptions {
    PoolOptions::default()
        .max_size(8)
        .acquire_timeout(Duration::from_secs(20))
}

#[cfg(feature = "sqlite")]
impl TestRepo for Sqlite {
    async fn create(name: &str) -> Self {
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self::connect_with(folder.join("test.db").to_str().unwrap(), options())
            .await
            .unwrap()
    }

    async fn destroy(name: &str) {
        // A connection that is just being closed removes its own files meanwhile.
        while std::fs::remove_dir_all(std::env::temp_dir().join(name)).is_err() {
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(feature = "postgres")]
impl TestRepo for Postgres {
    async fn create(name: &str) -> Self {
        let server = server(
            "AUTH_TEST_POSTGRES",
            "postgres://postgres@127.0.0.1:5432/postgres",
        );
        let one = PoolOptions::default().max_size(1);
        let admin = Self::connect_with(&server, one).await.unwrap();
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        Self::connect_with(&database_url(&server, name), options())
            .await
            .unwrap()
    }

    async fn destroy(name: &str) {
        let server = server(
            "AUTH_TEST_POSTGRES",
            "postgres://postgres@127.0.0.1:5432/postgres",
        );
        let one = PoolOptions::default().max_size(1);
        let admin = Self::connect_with(&server, one).await.unwrap();
        execute(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

#[cfg(feature = "mysql")]
impl TestRepo for Mysql {
    async fn create(name: &str) -> Self {
        let server = server("AUTH_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql");
        let one = PoolOptions::default().max_size(1);
        let admin = Self::connect_with(&server, one).await.unwrap();
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        Self::connect_with(&database_url(&server, name), options())
            .await
            .unwrap()
    }

    async fn destroy(name: &str) {
        let server = server("AUTH_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql");
        let one = PoolOptions::default().max_size(1);
        let admin = Self::connect_with(&server, one).await.unwrap();
        execute(&admin, &format!("DROP DATABASE {name}")).await;
    }
}

diesel::table! {
    items (id) {
        id -> crate::db::SqlId,
        email -> Text,
        note -> Nullable<Text>,
        seen -> crate::db::SqlTimestamp,
        spent -> Nullable<crate::db::SqlTimestamp>,
        parent -> Nullable<crate::db::SqlId>,
        age -> Nullable<BigInt>,
        active -> Bool,
        data -> Nullable<Binary>,
        score -> Nullable<Double>,
    }
}

diesel::table! {
    numbered (id) {
        id -> BigInt,
        name -> Text,
    }
}

#[derive(Debug, Clone, PartialEq, diesel::Queryable, diesel::Selectable, diesel::Insertable)]
#[diesel(table_name = items)]
pub(super) struct Item {
    pub(super) id: Id,
    pub(super) email: String,
    pub(super) note: Option<String>,
    pub(super) seen: UtcTimestamp,
    pub(super) spent: Option<UtcTimestamp>,
    pub(super) parent: Option<Id>,
    pub(super) age: Option<i64>,
    pub(super) active: bool,
    pub(super) data: Option<Vec<u8>>,
    pub(super) score: Option<f64>,
}

impl Item {
    pub(super) fn new(email: &str) -> Self {
        Self {
            id: Id::new(NOW),
            email: email.to_owned(),
            note: None,
            seen: NOW.into(),
            spent: None,
            parent: None,
            age: None,
            active: false,
            data: None,
            score: None,
        }
    }
}

pub(super) fn schema() -> Schema {
    Schema::new()
        .table(
            Table::new("items")
                .column(Column::of::<items::id>())
                .column(Column::of::<items::email>())
                .column(Column::of::<items::note>())
                .column(Column::of::<items::seen>())
                .column(Column::of::<items::spent>())
                .column(Column::of::<items::parent>())
                .column(Column::of::<items::age>())
                .column(Column::of::<items::active>())
                .column(Column::of::<items::data>())
                .column(Column::of::<items::score>())
                .primary_key("id")
                .unique(&["email"])
                .index(&["parent", "seen"]),
        )
        .table(
            Table::new("numbered")
                .column(Column::of::<numbered::id>())
                .column(Column::of::<numbered::name>())
                .primary_key("id"),
        )
}
