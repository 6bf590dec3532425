//! Library logic is written once for every store and every database, and its futures move between threads.

use std::future::Future;

use diesel_async::SimpleAsyncConnection;
use futures_util::FutureExt;

use crate::db::*;

trait UserStore<C: Connection>: Send + Sync + 'static {
    type Key: Key;
    fn find(
        connection: &mut C,
        email: &str,
    ) -> impl Future<Output = Result<Option<Self::Key>, StorageError>> + Send;
    fn touch(connection: &mut C, key: &Self::Key)
    -> impl Future<Output = Result<usize, StorageError>> + Send;
}

#[derive(Debug, thiserror::Error)]
enum LogicError {
    #[error("nobody")]
    Nobody,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AsStorage for LogicError {
    fn as_storage(&self) -> Option<&diesel::result::Error> {
        match self {
            Self::Storage(error) => error.as_storage(),
            Self::Nobody => None,
        }
    }
}

async fn sign_in<R: Repo, U: UserStore<R::Connection>>(repo: &R, email: &str) -> Result<U::Key, LogicError> {
    let email = email.to_owned();
    write(repo, DEADLINE, move |connection| {
        let email = email.clone();
        async move {
            let key = U::find(connection, &email).await?.ok_or(LogicError::Nobody)?;
            let touched = key.clone();
            connection
                .savepoint::<_, Wrapped, _>(move |connection| {
                    async move { U::touch(connection, &touched).await.map_err(Wrapped) }.boxed()
                })
                .await
                .map_err(|Wrapped(error)| error)?;
            Ok(key)
        }
        .boxed()
    })
    .await
}

struct Wrapped(StorageError);

impl From<diesel::result::Error> for Wrapped {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.into())
    }
}

struct People;

macro_rules! people_store {
    ($connection:ty; $key:ident) => {
        impl UserStore<$connection> for People {
            type Key = $key;

            async fn find(connection: &mut $connection, email: &str) -> Result<Option<$key>, StorageError> {
                connection.batch_execute("SELECT 1").await?;
                Ok($key::from_text(email))
            }

            async fn touch(connection: &mut $connection, _: &$key) -> Result<usize, StorageError> {
                connection.batch_execute("SELECT 1").await?;
                Ok(1)
            }
        }
    };
}
crate::__for_each_connection!(people_store; String);

fn is_send<T: Send>(value: T) -> T {
    value
}

macro_rules! signs_in {
    ($name:ident, $feature:literal, $repo:ident) => {
        #[cfg(feature = $feature)]
        #[tokio::test]
        async fn $name() {
            super::support::with_database(|repo: $repo| async move {
                let key = is_send(sign_in::<$repo, People>(&repo, "someone"))
                    .await
                    .unwrap();
                assert_eq!(key, "someone");
                let nobody = tokio::spawn(async move { sign_in::<$repo, People>(&repo, "").await });
                assert!(matches!(nobody.await.unwrap(), Err(LogicError::Nobody)));
            })
            .await;
        }
    };
}
signs_in!(generic_logic_runs_on_sqlite, "sqlite", Sqlite);
signs_in!(generic_logic_runs_on_postgres, "postgres", Postgres);
signs_in!(generic_logic_runs_on_mysql, "mysql", Mysql);

macro_rules! name_of {
    ($connection:ty; $names:ident) => {
        $names.push(<$connection as Connection>::DIALECT);
    };
}

#[test]
#[expect(
    clippy::vec_init_then_push,
    reason = "what is pushed depends on the enabled features"
)]
fn each_enabled_database_is_named_once() {
    let mut names = Vec::new();
    crate::__for_each_connection!(name_of; names);
    let mut expected = Vec::new();
    if cfg!(feature = "sqlite") {
        expected.push(Dialect::Sqlite);
    }
    if cfg!(feature = "postgres") {
        expected.push(Dialect::Postgres);
    }
    if cfg!(feature = "mysql") {
        expected.push(Dialect::Mysql);
    }
    assert_eq!(names, expected);
}
