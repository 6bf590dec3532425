use auth_ui_tests::prelude::*;

#[derive(Authenticated)]
#[diesel(table_name = users)]
pub struct User(Id, String);

fn main() {}
