use auth_ui_tests::prelude::*;

authentication! {
    repo: Sqlite,
}

fn main() {}
