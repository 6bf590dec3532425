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

#[derive(auth_runtime::UserIdentity)]
pub struct UserIdentity;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        apple { client_id: env("ID"), team_id: env("TEAM"), private_key: env("KEY"), private_key_id: env("KEY_ID"), identity_resource: UserIdentity }
        auth0 { client_id: env("ID"), client_secret: env("SECRET"), base_url: env("URL"), identity_resource: UserIdentity }
        basecamp { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        bitbucket { client_id: env("ID"), client_secret: env("SECRET"), emails_url: "/user/emails", identity_resource: UserIdentity }
        digitalocean { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        discord { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        facebook { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        github { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        gitlab { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        google { client_id: env("ID"), client_secret: env("SECRET"), hosted_domain: "*", identity_resource: UserIdentity }
        line { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        linkedin { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        microsoft { client_id: env("ID"), client_secret: env("SECRET"), allowed_tenants: ["72f988bf-86f1-41af-91ab-2d7cd011db47"], identity_resource: UserIdentity }
        okta { client_id: env("ID"), client_secret: env("SECRET"), base_url: env("URL"), identity_resource: UserIdentity }
        slack { client_id: env("ID"), client_secret: env("SECRET"), team_id: "T0123", identity_resource: UserIdentity }
        spotify { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        strava { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        twitch { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        twitter { client_id: env("ID"), client_secret: env("SECRET"), identity_resource: UserIdentity }
        zitadel { client_id: env("ID"), base_url: env("URL"), resource_id: "123", identity_resource: UserIdentity }
    }
}

fn main() {}
