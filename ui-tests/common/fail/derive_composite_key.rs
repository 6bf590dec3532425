use auth_ui_tests::prelude::*;

#[derive(Authenticated)]
#[diesel(table_name = users, primary_key(id, email))]
pub struct User {
    pub id: Id,
    pub email: String,
}

fn main() {}
