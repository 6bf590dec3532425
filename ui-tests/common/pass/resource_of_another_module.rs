#![deny(warnings)]

mod people {
    mod schema {
        diesel::table! {
            people (id) {
                id -> auth_runtime::db::SqlId,
                email -> Text,
                hashed_password -> Nullable<Text>,
                confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
                city -> Text,
                language -> Text,
            }
        }
    }

    use auth_runtime::{Authenticated, db::{Id, UtcTimestamp as Moment}};
    use diesel::prelude::*;

    pub type City = String;

    #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
    #[diesel(table_name = schema::people)]
    #[auth(subject_name = "human")]
    pub struct Person {
        pub id: Id,
        pub email: String,
        #[auth(sensitive)]
        pub hashed_password: Option<String>,
        pub confirmed_at: Option<Moment>,
        pub city: City,
        #[auth(default = language())]
        pub language: String,
    }

    fn language() -> String {
        "en".to_owned()
    }
}

mod accounts {
    use auth_runtime::TokenResource;
    use auth_ui_tests::Mailer;

    use super::people;

    #[derive(TokenResource)]
    pub struct Token;

    auth_runtime::authentication! {
        resource: people::Person,
        repo: auth_runtime::repo::Sqlite,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            password {
                identity_field: email,
                register_action_accept: [city],
                require_confirmed_with: confirmed_at,
                resettable { sender: Mailer }
            }
        }
    }
}

fn main() {
    let _ = accounts::RegisterWithPassword {
        email: String::new(),
        password: String::new().into(),
        password_confirmation: String::new().into(),
        city: String::new(),
    };
    let _ = people::Person::register_with_password;
    let schema = people::Person::schema();
    assert_eq!(schema.tables[0].name, "people");
    assert_eq!(schema.tables[0].unique, [["email"]]);
}
