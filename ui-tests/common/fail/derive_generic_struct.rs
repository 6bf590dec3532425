use auth_ui_tests::prelude::*;

#[derive(Authenticated)]
#[diesel(table_name = users)]
pub struct User<T> {
    pub id: T,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies { github { client_id: env("ID"), client_secret: env("SECRET") } }
}

fn main() {}
