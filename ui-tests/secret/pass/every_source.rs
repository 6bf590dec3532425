#![deny(warnings)]
// A secret in the source warns; here it is what is tested.
#![allow(deprecated)]

use auth_runtime::secret::{Secret, SecretContext, SecretError};
use auth_ui_tests::prelude::*;

#[derive(Debug)]
pub struct Vault(&'static str);

impl Secret for Vault {
    async fn secret_for(
        &self,
        context: &SecretContext,
    ) -> Result<Option<secrecy::SecretString>, SecretError> {
        assert_eq!(context.path, ["authentication", "tokens", "previous_signing_secrets"]);
        Ok(Some(self.0.into()))
    }
}

const HSM: Vault = Vault("a secret out of the module, long enough");

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens {
        token_resource: Token,
        signing_secret: "written here, in a debug build of a test",
        previous_signing_secrets: [
            env("OLD_SECRET"),
            |context| Some(format!("derived from {}", context.subject_name)),
            |_| "always there".to_owned(),
            Vault("from the vault"),
            HSM,
        ],
    }
}

fn main() {}
