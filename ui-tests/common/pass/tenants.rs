//! People of several organisations in one table.

use auth_runtime::{prelude::*, repo::Sqlite};

diesel::table! {
    staff (id) {
        id -> auth_runtime::db::SqlId,
        org_id -> BigInt,
        email -> Text,
        hashed_password -> Nullable<Text>,
    }
}

#[derive(Queryable, Selectable, Authenticated)]
#[diesel(table_name = staff)]
struct Staff {
    id: Id,
    org_id: i64,
    email: String,
    #[auth(sensitive)]
    hashed_password: Option<String>,
}

#[derive(TokenResource)]
struct Token;

authentication! {
    repo: Sqlite,
    tenant_field: org_id,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies { password { identity_field: email } }
}

fn main() {
    let staff = Staff::schema().tables.into_iter().find(|table| table.name == "staff");
    assert_eq!(staff.map(|table| table.unique), Some(vec![vec!["org_id".to_owned(), "email".to_owned()]]));
}
