//! A tenant column that may be null would leave people without a tenant.

use auth_runtime::prelude::*;

diesel::table! {
    staff (id) {
        id -> auth_runtime::db::SqlId,
        org_id -> Nullable<BigInt>,
        email -> Text,
        hashed_password -> Nullable<Text>,
    }
}

#[derive(Queryable, Selectable, Authenticated)]
#[diesel(table_name = staff)]
struct Staff {
    id: Id,
    org_id: Option<i64>,
    email: String,
    #[auth(sensitive)]
    hashed_password: Option<String>,
}

#[derive(TokenResource)]
struct Token;

authentication! {
    repo: auth_runtime::repo::Sqlite,
    tenant_field: org_id,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies { password { identity_field: email } }
}

fn main() {}
