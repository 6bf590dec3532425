use auth_ui_tests::prelude::*;
use auth_runtime::hasher::{HashProvider, Permit, ProviderError, Verification};

pub struct Fast;

impl HashProvider for Fast {
    const MINIMUM_ENTROPY: u32 = 128;

    fn name(&self) -> &'static str {
        "fast"
    }
    fn hash(&self, _: &mut Permit, _: &[u8]) -> Result<String, ProviderError> {
        Ok(String::new())
    }
    fn verify(&self, _: &mut Permit, _: &[u8], _: &str) -> Result<Verification, ProviderError> {
        Ok(Verification::Unknown)
    }
    fn simulate(&self, _: &mut Permit, _: &[u8]) -> Result<(), ProviderError> {
        Ok(())
    }
}

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
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password {
            identity_field: email,
            hash_provider: Fast,
        }
    }
}

fn main() {}
