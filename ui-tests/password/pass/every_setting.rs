#![deny(warnings)]

use auth_runtime::hasher::breached::{BreachedPasswords, BreachedPasswordsError};
use auth_ui_tests::prelude::*;

pub struct Breaches;

impl BreachedPasswords for Breaches {
    async fn contains(&self, _: &secrecy::SecretString) -> Result<bool, BreachedPasswordsError> {
        Ok(false)
    }
}

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
#[auth(table_name = "tokens")]
pub struct Token;

authentication! {
    repo: Sqlite,
    subject_name: "person",
    session_identifier: jti,
    get_by_subject_action_name: person_of,
    select_for_senders: [email],
    client_ip: forwarded(2),

    tokens {
        enabled: true,
        token_resource: Token,
        signing_secret: env("TOKEN_SIGNING_SECRET"),
        previous_signing_secrets: [|_| Some("an older secret of thirty-two bytes".to_owned()), env("OLDER")],
        signing_algorithm: HS512,
        token_lifetime: 7 days,
        store_all_tokens: true,
        require_token_presence_for_authentication: false,
        extra_claims: |user| {
            let _ = &user.email;
            Default::default()
        },
        issuer: "issuer",
        audience: "audience",
        leeway: 10 seconds,
        expunge_interval: 1 hour,
    }

    strategies {
        password back_office {
            identity_field: email,
            identity_format: name,
            hashed_password_field: hashed_password,
            hash_provider: argon2id,
            argon2id { memory_kib: 65536, iterations: 3, parallelism: 2 },
            pepper: env("PEPPER"),
            previous_pepper: env("OLD_PEPPER"),
            confirmation_required: false,
            register_action_accept: [display_name],
            password_field: secret,
            password_confirmation_field: secret_again,
            register_action_name: join,
            sign_in_action_name: enter,
            sign_in_with_token_action_name: enter_with_token,
            change_password_action_name: change_secret,
            registration_enabled: true,
            sign_in_enabled: true,
            sign_in_tokens_enabled: true,
            change_password_enabled: true,
            sign_in_token_lifetime: 30 seconds,
            require_confirmed_with: confirmed_at,
            minimum_length: 12,
            allow(PW-03, reason = "every one of them has a key card too"),
            maximum_bytes: 512,
            blocklist_words: ["acme", "back office"],
            breached_passwords { checker: Breaches, when_unreachable: refuse },
            reauthentication_window: 5 minutes,
            resettable {
                sender: Mailer,
                token_lifetime: 1 hour,
                allow(SU-04, reason = "the mail server is slow"),
                request_password_reset_action_name: ask_for_reset,
                password_reset_action_name: set_secret,
            }
        }
    }
}

fn main() {
    let _ = Enter { email: String::new(), secret: String::new().into() };
    let _ = Join { email: String::new(), secret: String::new().into(), display_name: None };
    let _ = SetSecret { reset_token: String::new().into(), secret: String::new().into() };
    let _ = (User::enter, User::join, User::set_secret, User::person_of, User::sign_in_token_with_back_office);
    let info = User::authentication_info();
    assert_eq!(info.subject_name, "person");
    assert_eq!(info.promises_given_up.len(), 2);
    assert!(info.strategy("back_office").is_some_and(|strategy| strategy.tokens_required));
    assert_eq!(User::schema().tables.len(), 4);
}
