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

#[derive(OidcConnectionResource)]
pub struct Connection;

authentication! {
    repo: Sqlite,
    encryption_key: env("ENCRYPTION_KEY"),
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        dynamic_oidc sso {
            connection_resource: Connection,
            redirect_uri: env("PUBLIC_URL"),
            client_authentication_method: client_secret_post,
            scope: ["profile", "email", "groups"],
            id_token_ttl: 5 minutes,
            authorization_params { prompt: "login" }
            registration_enabled: false,
            store_tokens: true,
            user_info_to_attributes { display_name: name }
            update_on_sign_in: [display_name],
        }
    }
}

fn main() {}
