use auth_ui_tests::prelude::*;

#[derive(Authenticated)]
#[diesel(table_name = users)]
#[auth(subject = "person")]
pub struct User {
    pub id: Id,
    #[auth(sensitiv)]
    pub hashed_password: Option<String>,
}

fn main() {}
