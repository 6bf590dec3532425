use auth_runtime::{
    authentication::{Authentication, Builder},
    db::PoolOptions,
    user::Authenticated,
};

use crate::{
    clock::TestClock,
    database::{Temporary, TestDatabase, options},
    mail::Outbox,
};

/// What one test has to itself: a database, a clock, and a letter box.
#[derive(Debug)]
pub struct World<R: TestDatabase> {
    /// The database.
    pub repo: R,
    /// What time it is for everything started here.
    pub clock: TestClock,
    /// What was sent.
    pub outbox: Outbox,
    /// Where the database is.
    pub database: Temporary<R>,
}

impl<R: TestDatabase> World<R> {
    /// An empty one; `None` when the database's server is not there.
    pub async fn new() -> Option<Self> {
        let database = Temporary::<R>::create().await?;
        Some(Self {
            repo: R::open(&database.url, options()).await,
            clock: TestClock::default(),
            outbox: Outbox::default(),
            database,
        })
    }

    /// Another pool on the same database, as a second process has it.
    pub async fn second_repo(&self, options: PoolOptions) -> R {
        R::open(&self.database.url, options).await
    }

    /// Everything decided but the start.
    pub fn builder<U: Authenticated<Repo = R>>(&self) -> Builder<U> {
        self.builder_on(self.repo.clone())
    }

    /// The same with another way to the database.
    pub fn builder_on<U: Authenticated>(&self, repo: U::Repo) -> Builder<U> {
        Builder::new(repo)
            .clock(self.clock.clone())
            .extension(self.outbox.clone())
            .public_url("https://example.org")
    }

    /// Creates the tables of `U` and starts it with more hashing slots than there are cores, so that a crowd can
    /// meet in the database instead of being turned away before.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_for_a_crowd<U: Authenticated<Repo = R>>(&self) -> Authentication<U> {
        U::schema().create(&self.repo).await.unwrap();
        self.start_another_for_a_crowd(self.repo.clone()).await
    }

    /// The same beside one that was started, with another way to the database.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_another_for_a_crowd<U: Authenticated>(&self, repo: U::Repo) -> Authentication<U> {
        let mut slots = auth_runtime::hasher::PoolOptions::default();
        slots.workers = std::num::NonZeroUsize::new(4);
        let builder = self.builder_on(repo).hash_pool_options(slots);
        builder.start().await.unwrap()
    }

    /// Creates the tables of `U` and starts its authentication.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start<U: Authenticated<Repo = R>>(&self) -> Authentication<U> {
        U::schema().create(&self.repo).await.unwrap();
        self.builder().start().await.unwrap()
    }
}
