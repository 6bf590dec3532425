use auth_ui_tests::prelude::*;
use auth_runtime::{
    context::Context,
    error::Error,
    strategies::custom::{Action, Call, Custom, Proven},
    strategy::{Input, PhaseMethod, Sort},
    user::Conn,
};

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
        custom marty { strategy: OnlyMarty { name_field: "name" }, actions: [SignIn] }
    }
}

pub struct OnlyMarty {
    pub name_field: &'static str,
}

impl Custom<User> for OnlyMarty {
    async fn void_credentials(&self, _: &Context<User>, _: &mut Conn<User>, _: &User) -> Result<(), Error> {
        Ok(())
    }
}

pub struct SignIn;

impl Action<User, OnlyMarty> for SignIn {
    type Done = Proven<User>;
    const SORT: Sort = Sort::Proof;
    const METHOD: PhaseMethod = PhaseMethod::Callback;

    fn read(_: &OnlyMarty, _: &mut Input) -> Option<Self> {
        Some(Self)
    }

    async fn run(self, call: Call<'_, User, OnlyMarty>) -> Result<Proven<User>, Error> {
        Err(call.refuse(auth_runtime::error::Cause::NoUser))
    }
}

fn main() {}
