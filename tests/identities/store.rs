//! What the tests of both tables share.

use auth_runtime::{
    clock::Clock,
    db::{Connection as _, Dialect, Id, Schema, classify},
    repo::Repo as _,
    resources::{
        oidc_connection::OidcConnectionStore,
        user_identity::{Asserted, NewIdentity, SealedTokens, StoredIdentity, UserIdentityStore},
    },
};
use diesel::QueryResult;
use time::OffsetDateTime;

use super::db::{Repo, World};
use crate::{Connection, Identity, StaffIdentity};

/// A connection to the database of this module.
pub(super) type Conn = <Repo as auth_runtime::repo::Repo>::Connection;

/// The database of this module.
pub(super) const DIALECT: Dialect = Conn::DIALECT;

/// The tables of this test.
pub(super) fn schema() -> Schema {
    Schema::new()
        .table(<Identity as UserIdentityStore<Conn>>::table())
        .table(<StaffIdentity as UserIdentityStore<Conn>>::table())
        .table(<Connection as OidcConnectionStore<Conn>>::table())
}

/// Whether an insert found the values of these columns in the table.
pub(super) fn is_duplicate(outcome: QueryResult<usize>, table: &str, columns: &str) -> bool {
    classify(&outcome.unwrap_err()).is_duplicate(table, columns)
}

/// An account of `subject` that the provider `github` calls `uid`.
pub(super) fn account<'a>(uid: &'a str, subject: &'a str) -> NewIdentity<'a> {
    NewIdentity {
        id: Id::new(OffsetDateTime::now_utc()),
        realm: "user",
        strategy: "github",
        issuer: "https://github.com",
        uid,
        subject,
        asserted: Asserted::default(),
    }
}

/// Tokens with these texts as ciphertexts.
pub(super) fn tokens<'a>(access: &'a str, refresh: Option<&'a str>) -> SealedTokens<'a> {
    SealedTokens {
        access_token: access.as_bytes(),
        refresh_token: refresh.map(str::as_bytes),
        expires_at: None,
        scope: None,
    }
}

/// A sign-in that brought these tokens.
pub(super) fn with(tokens: SealedTokens<'_>) -> Asserted<'_> {
    Asserted {
        tokens: Some(tokens),
        ..Asserted::default()
    }
}

/// A database with the tables of this test, and what most tests do with the identities.
pub(super) struct Store {
    pub(super) world: World,
}

impl Store {
    /// `None` when the database's server is not there.
    pub(super) async fn new() -> Option<Self> {
        let world = World::new().await?;
        schema().create(&world.repo).await.unwrap();
        Some(Self { world })
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.world.clock.now()
    }

    pub(super) async fn connection(&self) -> <Repo as auth_runtime::repo::Repo>::Guard<'_> {
        self.world.repo.get_writer().await.unwrap()
    }

    /// Writes a row.
    pub(super) async fn insert(&self, row: NewIdentity<'_>) -> QueryResult<usize> {
        Identity::insert(&mut *self.connection().await, row, self.now()).await
    }

    /// Notes a sign-in.
    pub(super) async fn note(&self, id: Id, asserted: Asserted<'_>) {
        let now = self.now();
        let noted = Identity::note_sign_in(&mut *self.connection().await, id, asserted, now).await;
        assert_eq!(noted.unwrap(), 1);
    }

    /// Whose account this is at `github`, to a realm.
    pub(super) async fn find(&self, realm: &str, uid: &str) -> Option<StoredIdentity> {
        let found = Identity::find(&mut *self.connection().await, realm, "github", uid).await;
        found.unwrap()
    }

    /// The row of this id.
    pub(super) async fn row(&self, id: Id) -> StoredIdentity {
        let found = Identity::find_by_id(&mut *self.connection().await, id).await;
        found.unwrap().unwrap()
    }

    /// The accounts of a person.
    pub(super) async fn of(&self, realm: &str, subject: &str) -> Vec<String> {
        let found = Identity::of_subject(&mut *self.connection().await, realm, subject).await;
        let accounts = found.unwrap().into_iter();
        accounts
            .map(|found| format!("{}:{}", found.strategy, found.uid))
            .collect()
    }
}
