//! The database of one run: made, filled, and dropped with it.

use auth_runtime::{
    db::{self, Id, StorageError, UtcTimestamp},
    hasher::{HashPool, PasswordHashing},
};
use diesel::ExpressionMethods;
use diesel_async::RunQueryDsl;
use time::{Duration, OffsetDateTime};

use crate::{
    Failed,
    accounts::{Repo, Stateless, User, tokens, users},
};

/// How many people and stored tokens there are before the first request.
const ROWS: usize = 5_000;
/// What all of them sign in with.
pub const PASSWORD: &str = "violet tapir under moons";

pub fn email(number: usize) -> String {
    format!("person{number}@example.com")
}

/// A database of its own.
pub struct Database {
    pub url: String,
    #[cfg(not(any(feature = "postgres", feature = "mysql")))]
    folder: std::path::PathBuf,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    server: (String, String),
}

#[cfg(not(any(feature = "postgres", feature = "mysql")))]
impl Database {
    pub const NAME: &str = "SQLite";

    pub async fn create() -> Result<Self, Failed> {
        let folder = std::env::temp_dir().join(format!("auth-load-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let url = format!("sqlite://{}", folder.join("load.db").display());
        Ok(Self { url, folder })
    }

    pub async fn destroy(self) -> Result<(), Failed> {
        Ok(std::fs::remove_dir_all(self.folder)?)
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Database {
    #[cfg(feature = "postgres")]
    pub const NAME: &str = "PostgreSQL";
    #[cfg(not(feature = "postgres"))]
    pub const NAME: &str = "MySQL";
    #[cfg(feature = "postgres")]
    const SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";
    #[cfg(not(feature = "postgres"))]
    const SERVER: &str = "mysql://root@127.0.0.1:3306/mysql";

    /// A new database on the server of `DATABASE_URL`, by default the one on this machine.
    pub async fn create() -> Result<Self, Failed> {
        let server = std::env::var("DATABASE_URL").unwrap_or_else(|_| Self::SERVER.to_owned());
        let name = format!("auth_load_{}", std::process::id());
        let (base, _) = server.rsplit_once('/').ok_or("DATABASE_URL names no database")?;
        let url = format!("{base}/{name}");
        execute(&server, &format!("CREATE DATABASE {name}")).await?;
        Ok(Self {
            url,
            server: (server, name),
        })
    }

    pub async fn destroy(self) -> Result<(), Failed> {
        let (server, name) = self.server;
        let force = if cfg!(feature = "postgres") {
            " WITH (FORCE)"
        } else {
            ""
        };
        execute(&server, &format!("DROP DATABASE {name}{force}")).await
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn execute(server: &str, sql: &str) -> Result<(), Failed> {
    use auth_runtime::repo::Repo as _;
    use diesel_async::SimpleAsyncConnection;
    let one = db::PoolOptions::default().max_size(1);
    let repo = Repo::connect_with(server, one).await?;
    Ok(repo.get_writer().await?.batch_execute(sql).await?)
}

impl Database {
    /// Tables with some thousand rows, so that an index has more than one level.
    pub async fn fill(&self) -> Result<(), Failed> {
        let repo = Repo::connect(&self.url).await?;
        User::schema().create(&repo).await?;
        Stateless::schema().create(&repo).await?;
        let hash = HashPool::default()
            .hash(&PasswordHashing::default(), PASSWORD.into())
            .await?;
        let deadline = std::time::Duration::from_secs(60);
        db::write(&repo, deadline, move |connection| {
            let hash = hash.clone();
            Box::pin(async move {
                let now = OffsetDateTime::now_utc();
                let expires_at = UtcTimestamp::new(now + Duration::days(1));
                for number in 0..ROWS {
                    let id = Id::new(now);
                    let user = User {
                        id,
                        email: email(number),
                        hashed_password: Some(hash.clone()),
                        display_name: None,
                    };
                    diesel::insert_into(users::table)
                        .values(user)
                        .execute(connection)
                        .await?;
                    let now = UtcTimestamp::new(now);
                    diesel::insert_into(tokens::table)
                        .values((
                            tokens::jti.eq(format!("{:032x}", rand::random::<u128>())),
                            tokens::subject.eq(format!("user?id={id}")),
                            tokens::purpose.eq("user"),
                            tokens::expires_at.eq(expires_at),
                            tokens::created_at.eq(now),
                            tokens::updated_at.eq(now),
                        ))
                        .execute(connection)
                        .await?;
                }
                Ok::<(), StorageError>(())
            })
        })
        .await?;
        Ok(())
    }
}
