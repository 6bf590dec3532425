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

#[derive(AuditLogResource)]
pub struct AuditLog;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        magic_link sms {
            identity_field: email,
            identity_format: email,
            sender: Mailer,
            token_lifetime: 5 minutes,
            single_use_token: true,
            registration_enabled: true,
            require_interaction: true,
            prevent_hijacking: true,
            bind_to_browser: true,
            extra_claims: |user| auth_runtime::token::ExtraClaims::new([("name", user.email.clone().into())])
                .unwrap_or_default(),
            request_action_name: mail_me,
            sign_in_action_name: enter,
            lookup_action_name: find_by_mail,
            token_param_name: ticket,
            remember_me: true,
            brute_force_strategy: audit_log(audit_log),
            audit_log_window: 10 minutes,
            audit_log_max_failures: 3,
            limits { max_messages: 3 }
        }
        remember_me {}
    }
    add_ons { audit_log { audit_log_resource: AuditLog } }
}

fn main() {}
