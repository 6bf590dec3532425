use auth_ui_tests::prelude::*;

#[derive(Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    #[diesel(embed)]
    pub name: String,
}

fn main() {}
