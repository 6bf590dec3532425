use auth_ui_tests::prelude::*;

diesel::table! {
    things (id) {
        id -> Double,
    }
}

#[derive(Authenticated)]
#[diesel(table_name = things)]
pub struct Thing {
    pub id: f64,
}

fn main() {}
