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

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password { identity_field: email }
        magic_link { identity_field: email, sender: Mailer, registration_enabled: true }
    }
    add_ons {
        confirmation confirm_email {
            monitor_fields: [email],
            identity_format: email,
            sender: Mailer,
            token_lifetime: 2 hours,
            confirm_on_create: true,
            confirm_on_update: true,
            inhibit_updates: true,
            prevent_hijacking: true,
            require_interaction: true,
            confirmed_at_field: confirmed_at,
            auto_confirm_actions: [sign_in_with_magic_link],
            reauthentication_window: 5 minutes,
            confirm_action_name: prove,
            resend_action_name: mail_again,
            change_action_name: move_to,
        }
    }
}

fn main() {}
