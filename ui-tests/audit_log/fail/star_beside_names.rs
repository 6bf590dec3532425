use auth_ui_tests::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    #[auth(private)]
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

#[derive(AuditLogResource)]
pub struct AuditLog;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("S") }
    strategies {
        password { identity_field: email, register_action_accept: [display_name, confirmed_at] }
    }
    add_ons {
        audit_log {
            audit_log_resource: AuditLog,
            include_strategies: [*, password],
        }
    }
}

fn main() {}
