use auth_ui_tests::prelude::*;

#[derive(Authenticated)]
pub struct User {
    pub id: Id,
}

fn main() {}
