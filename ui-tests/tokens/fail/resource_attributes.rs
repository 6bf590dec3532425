use auth_ui_tests::prelude::*;

#[derive(TokenResource)]
#[auth(table_names = "tokens")]
pub struct Unknown;

#[derive(TokenResource)]
#[auth(table_name = "Auth Tokens")]
pub struct Alphabet;

#[derive(TokenResource)]
#[auth(jti = "id", subject = "id")]
pub struct Twice;

#[derive(TokenResource)]
pub struct NotAUnit {
    pub jti: String,
}

fn main() {}
