//! Databases that live as long as one test.

use std::{future::Future, sync::Once, time::Duration};

use auth_runtime::db::{PoolOptions, Repo};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use diesel_async::SimpleAsyncConnection;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use url::Url;

/// A kind of database on which each test gets one of its own.
pub trait TestDatabase: Repo {
    /// What people call it.
    const NAME: &'static str;

    /// Its name in `AUTH_TEST_REQUIRE` and in module paths.
    const KEY: &'static str;

    /// Creates the database `name` and says how to reach it; `None` when there is no server.
    fn create(name: &str) -> impl Future<Output = Option<String>>;

    /// Removes it, with everything in it.
    fn destroy(name: &str) -> impl Future<Output = ()>;

    /// Opens the database at `url`.
    fn open(url: &str, options: PoolOptions) -> impl Future<Output = Self>;
}

/// A database that lives as long as this value.
#[derive(Debug)]
pub struct Temporary<R: TestDatabase> {
    name: String,
    /// How to reach it.
    pub url: String,
    repo: std::marker::PhantomData<fn() -> R>,
}

impl<R: TestDatabase> Temporary<R> {
    /// A fresh, empty database; `None` when there is no server and none is demanded.
    ///
    /// # Panics
    /// When there is no server although `AUTH_TEST_REQUIRE` names the database.
    pub async fn create() -> Option<Self> {
        let name = format!("auth_tests_{}", uuid::Uuid::new_v4().simple());
        let Some(url) = R::create(&name).await else {
            skip(R::NAME, R::KEY);
            return None;
        };
        Some(Self {
            name,
            url,
            repo: std::marker::PhantomData,
        })
    }
}

impl<R: TestDatabase> Drop for Temporary<R> {
    fn drop(&mut self) {
        let name = self.name.clone();
        // The test's own runtime cannot be waited on from here.
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(R::destroy(&name));
        });
        if cleaner.join().is_err() {
            eprintln!("the database {} was left behind", self.name);
        }
    }
}

/// Says once that there is no server, unless the environment demands one.
fn skip(name: &str, key: &str) {
    static SAID: Once = Once::new();
    let required = std::env::var("AUTH_TEST_REQUIRE").unwrap_or_default();
    let required = required.split(',').any(|required| required.trim() == key);
    assert!(
        !required,
        "no {name} can be reached, and AUTH_TEST_REQUIRE demands one"
    );
    SAID.call_once(|| eprintln!("skipped: no {name} can be reached"));
}

/// Enough connections for a crowd of spenders, and patience for a busy machine.
pub(crate) fn options() -> PoolOptions {
    PoolOptions::default()
        .max_size(8)
        .acquire_timeout(Duration::from_secs(20))
}

impl TestDatabase for auth_runtime::repo::Sqlite {
    const NAME: &'static str = "SQLite";
    const KEY: &'static str = "sqlite";

    async fn create(name: &str) -> Option<String> {
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Some(folder.join("test.db").to_str().unwrap().to_owned())
    }

    async fn destroy(name: &str) {
        let folder = std::env::temp_dir().join(name);
        for _ in 0..100 {
            if std::fs::remove_dir_all(&folder).is_ok() {
                return;
            }
            // A connection that is just being closed writes its last page.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn open(url: &str, options: PoolOptions) -> Self {
        Self::connect_with(url, options).await.unwrap()
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! on_a_server {
    ($repo:ident, $name:literal, $key:literal, $variable:literal, $default:literal, $drop:literal) => {
        impl TestDatabase for auth_runtime::repo::$repo {
            const NAME: &'static str = $name;
            const KEY: &'static str = $key;

            async fn create(name: &str) -> Option<String> {
                let server = std::env::var($variable).unwrap_or_else(|_| $default.to_owned());
                let mut url = Url::parse(&server).unwrap();
                let patience = PoolOptions::default()
                    .max_size(1)
                    .acquire_timeout(Duration::from_secs(10));
                let admin = Self::connect_with(&server, patience).await.ok()?;
                let create = format!("CREATE DATABASE {name}");
                admin
                    .get()
                    .await
                    .unwrap()
                    .batch_execute(&create)
                    .await
                    .unwrap();
                url.set_path(name);
                Some(url.into())
            }

            async fn destroy(name: &str) {
                let server = std::env::var($variable).unwrap_or_else(|_| $default.to_owned());
                let admin = Self::connect_with(&server, PoolOptions::default().max_size(1))
                    .await
                    .unwrap();
                let drop = format!($drop, name);
                admin
                    .get()
                    .await
                    .unwrap()
                    .batch_execute(&drop)
                    .await
                    .unwrap();
            }

            async fn open(url: &str, options: PoolOptions) -> Self {
                Self::connect_with(url, options).await.unwrap()
            }
        }
    };
}
#[cfg(feature = "postgres")]
on_a_server!(
    Postgres,
    "PostgreSQL",
    "postgres",
    "AUTH_TEST_POSTGRES",
    "postgres://postgres@127.0.0.1:5432/postgres",
    "DROP DATABASE {} WITH (FORCE)"
);
#[cfg(feature = "mysql")]
on_a_server!(
    Mysql,
    "MySQL",
    "mysql",
    "AUTH_TEST_MYSQL",
    "mysql://root@127.0.0.1:3306/mysql",
    "DROP DATABASE {}"
);
