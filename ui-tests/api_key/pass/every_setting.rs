use auth_ui_tests::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

#[derive(auth_runtime::ApiKeyResource)]
#[auth(
    table_name = "access_keys",
    id = "key_id",
    key_hash = "digest",
    prefix = "issued_as",
    subject = "owner",
    name = "label",
    scopes = "rights",
    created_at = "made_at",
    expires_at = "ends_at",
    revoked_at = "ended_at",
    last_used_at = "used_at",
    replaced_by = "next_id"
)]
pub struct ApiKey;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        api_key {
            api_key_resource: ApiKey,
            prefix: "acme",
            header: "x-acme-key",
            scopes: [read, write_orders, user, string, option],
            default_lifetime: 30 days,
            maximum_lifetime: 60 days,
            rotation_overlap: 1 hour,
            maximum_keys: 10,
            reauthentication_window: 5 minutes,
            create_action_name: make_key,
            list_action_name: keys,
            rotate_action_name: renew_key,
            revoke_action_name: end_key,
        }
        api_key deploy { api_key_resource: ApiKey, prefix: "acmedeploy", scopes: [read] }
    }
}

pub fn scopes() -> auth_runtime::api_key::Scopes<User> {
    auth_runtime::api_key::Scopes::none()
        .with::<api_key::WriteOrders>()
        .with::<api_key::User>()
        .with::<deploy::Read>()
}

fn main() {}
