#![deny(warnings)]

mod number {
    use auth_ui_tests::prelude::*;

    diesel::table! {
        people (id) {
            id -> BigInt,
            username -> Text,
            hashed_password -> Text,
        }
    }

    #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
    #[diesel(table_name = people)]
    pub struct Person {
        pub id: i64,
        pub username: String,
        #[auth(sensitive)]
        pub hashed_password: String,
    }

    #[derive(TokenResource)]
    pub struct Token;

    authentication! {
        repo: Sqlite,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            password {}
        }
    }
}

mod id {
    use auth_ui_tests::prelude::*;

    diesel::table! {
        people (id) {
            id -> auth_runtime::db::SqlId,
            username -> Text,
            hashed_password -> Text,
        }
    }

    #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
    #[diesel(table_name = people)]
    pub struct Person {
        pub id: Id,
        pub username: String,
        #[auth(sensitive)]
        pub hashed_password: String,
    }

    #[derive(TokenResource)]
    pub struct Token;

    authentication! {
        repo: Sqlite,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            password {}
        }
    }
}

mod text {
    use auth_ui_tests::prelude::*;

    diesel::table! {
        people (id) {
            id -> Text,
            username -> Text,
            hashed_password -> Text,
        }
    }

    #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
    #[diesel(table_name = people)]
    pub struct Person {
        pub id: String,
        pub username: String,
        #[auth(sensitive)]
        pub hashed_password: String,
    }

    #[derive(TokenResource)]
    pub struct Token;

    authentication! {
        repo: Sqlite,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            password {}
        }
    }
}

fn main() {
    fn key<U: auth_runtime::user::Resource>() -> &'static str {
        std::any::type_name::<U::Key>()
    }
    assert_eq!(key::<number::Person>(), "i64");
    assert!(key::<id::Person>().ends_with("Id"));
    assert!(key::<text::Person>().ends_with("String"));
}
