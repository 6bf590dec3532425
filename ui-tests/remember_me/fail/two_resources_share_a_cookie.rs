use auth_runtime::authentication::Authentication;

mod person {
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
        tokens { token_resource: Token, signing_secret: env("S") }
        strategies {
            password { identity_field: email, remember_me: true }
            remember_me { cookie_name: stay }
        }
    }
}

mod administrator {
    use auth_ui_tests::prelude::*;

    #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
    #[diesel(table_name = users)]
    pub struct Admin {
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
        tokens { token_resource: Token, signing_secret: env("S") }
        strategies {
            password { identity_field: email, remember_me: true }
            remember_me { cookie_name: stay }
        }
    }
}

fn both(users: Authentication<person::User>, admins: Authentication<administrator::Admin>) {
    let _ = auth_runtime::application!(person::User => users, administrator::Admin => admins);
}

fn main() {}
