#![deny(warnings)]

use auth_ui_tests::prelude::*;

diesel::table! {
    #[sql_name = "legacy_people"]
    people (person_no) {
        person_no -> BigInt,
        mail_address -> Nullable<Text>,
        pw -> Text,
        #[sql_name = "type"]
        kind -> Text,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = people, primary_key(person_no))]
#[auth(sql_table_name = "legacy_people")]
pub struct Person {
    #[diesel(column_name = person_no)]
    pub number: i64,
    #[diesel(column_name = mail_address)]
    pub contact_email: Option<String>,
    #[diesel(column_name = pw)]
    #[auth(sensitive)]
    pub hash: String,
    #[auth(default = "member".to_owned())]
    pub kind: String,
}

#[derive(TokenResource)]
#[auth(table_name = "legacy_tokens", jti = "id", subject = "who", purpose = "what", expires_at = "until")]
#[auth(extra_data = "data", created_at = "made", updated_at = "changed")]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password { identity_field: contact_email, hashed_password_field: hash }
    }
}

fn main() {
    let _ = SignInWithPassword { contact_email: String::new(), password: String::new().into() };
    let schema = Person::schema();
    let [people, tokens, ..] = &schema.tables[..] else { panic!("two tables and the shared ones") };
    assert_eq!((people.name.as_str(), tokens.name.as_str()), ("legacy_people", "legacy_tokens"));
    assert_eq!(people.unique, [["mail_address"]]);
    assert_eq!(people.primary_key, ["person_no"]);
    let columns: Vec<&str> = tokens.columns.iter().map(|column| column.name.as_str()).collect();
    for renamed in ["id", "who", "what", "until", "data", "made", "changed"] {
        assert!(columns.contains(&renamed), "{renamed}: {columns:?}");
    }
}
