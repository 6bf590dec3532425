use auth_runtime::error::{Cause, Code, Error, FieldError};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use serde_json::json;

use super::db::{
    World,
    admin::Admin,
    user::{RegisterWithPassword, User},
    with_user::*,
};

fn somebody(email: &str, password: &str) -> RegisterWithPassword {
    RegisterWithPassword {
        email: email.to_owned(),
        password: password.into(),
        password_confirmation: password.into(),
        display_name: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn makes_a_person_who_is_signed_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let input = RegisterWithPassword {
        display_name: Some("Ada".to_owned()),
        ..somebody("ada@example.org", PASSWORD)
    };
    let signed_in = User::register_with_password(&cx, input).await.unwrap();

    assert_eq!(signed_in.user.email, "ada@example.org");
    assert_eq!(
        signed_in.user.display_name.as_deref(),
        Some("Ada"),
        "an accepted column"
    );
    assert_eq!(signed_in.user.nickname, None, "a column that is not accepted");
    let subject = format!("user?id={}", signed_in.user.id);
    assert_eq!(signed_in.subject(), subject);
    let claims = signed_in.claims.as_ref().unwrap();
    assert_eq!((&claims.sub, claims.act.as_deref()), (&subject, None));
    let session = session(&cx, &token(&signed_in)).await.unwrap();
    assert_eq!(session.user().id, signed_in.user.id);

    let rows = world.tokens("user").await;
    assert_eq!(rows.len(), 1, "one registration stores one token");
    assert_eq!((&rows[0].jti, &rows[0].subject), (&claims.jti, &subject));
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_01_the_stored_hash_is_argon2id_with_the_default_cost() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    for email in ["one@example.org", "two@example.org"] {
        register(&auth.context(), email).await;
    }
    let (one, two) = (
        world.hash_of("one@example.org").await.unwrap(),
        world.hash_of("two@example.org").await.unwrap(),
    );
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert_ne!(one, two, "each hash has a salt of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_identity_is_an_error_of_the_field() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let error = User::register_with_password(&cx, somebody("ADA@example.org", OTHER_PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(field_errors(&error), [("email".to_owned(), FieldError::Taken)]);
    assert_eq!(error.cause(), Cause::InvalidInput);
    assert_eq!(error.failure().code, Code::Invalid);
    assert_eq!(world.count_users().await, 1);
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_identity_is_registered_once_by_a_crowd() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let crowd: Vec<_> = (0..8)
        .map(|_| {
            let cx = auth.context();
            tokio::spawn(async move {
                User::register_with_password(&cx, somebody("ada@example.org", PASSWORD)).await
            })
        })
        .collect();
    let mut registered = 0;
    for one in crowd {
        match one.await.unwrap() {
            Ok(_) => registered += 1,
            Err(error) => assert_eq!(field_errors(&error), [("email".to_owned(), FieldError::Taken)]),
        }
    }
    assert_eq!((registered, world.count_users().await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_field_is_named_at_once_and_nothing_is_written() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let input = RegisterWithPassword {
        password_confirmation: OTHER_PASSWORD.into(),
        ..somebody("nobody at all", "short")
    };
    let error = User::register_with_password(&cx, input).await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [
            ("email".to_owned(), FieldError::NotAnAddress),
            ("password".to_owned(), FieldError::TooShort(15)),
            ("password_confirmation".to_owned(), FieldError::DoesNotMatch),
        ]
    );
    let missing = json!({"email": "ada@example.org", "password": PASSWORD});
    let error = call(&cx, "register_with_password", missing).await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("password_confirmation".to_owned(), FieldError::Required)]
    );
    assert_eq!(world.count_users().await, 0);
    assert_eq!(world.tokens("user").await, []);
}

/// What the policy says about a password of somebody at example.org.
async fn judged(password: &str) -> Option<Vec<(String, FieldError)>> {
    let world = World::new().await?;
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let result = User::register_with_password(&cx, somebody("ada.lovelace@example.org", password)).await;
    Some(match result {
        Ok(_) => {
            sign_in(&cx, "ada.lovelace@example.org", password).await.unwrap();
            Vec::new()
        }
        Err(error) => field_errors(&error),
    })
}

async fn assert_accepted(password: &str) {
    assert!(
        judged(password).await.is_none_or(|errors| errors.is_empty()),
        "{password}"
    );
}

async fn assert_refused(password: &str, reason: FieldError) {
    let expected = vec![("password".to_owned(), reason)];
    assert!(
        judged(password).await.is_none_or(|errors| errors == expected),
        "{password}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_03_fifteen_characters_are_enough_and_fourteen_are_not() {
    assert_accepted("mule on a raft!").await;
    assert_refused("mule on a raft", FieldError::TooShort(15)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_04_long_passwords_count_whole() {
    let longest: String = "ab-cd/ef.gh ij+kl".chars().cycle().take(1024).collect();
    assert_accepted(&longest).await;
    assert_refused(&format!("{longest}x"), FieldError::TooLong).await;
    assert_refused(&"x y z ".repeat(200_000), FieldError::TooLong).await;
    let of_four_bytes: String = ('\u{1F600}'..).take(64).collect();
    assert_accepted(&of_four_bytes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_04_nothing_is_cut_trimmed_or_folded() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let beginning = "mule on a raft, ".repeat(5);
    let password = format!(" {beginning}End ");
    User::register_with_password(&cx, somebody("ada@example.org", &password))
        .await
        .unwrap();
    for other in [
        password.trim().to_owned(),
        password.to_lowercase(),
        format!(" {beginning}Eno "),
        password[..73].to_owned(),
    ] {
        let error = sign_in(&cx, "ada@example.org", &other).await.unwrap_err();
        assert_eq!(error.cause(), Cause::WrongPassword, "{other:?}");
    }
    sign_in(&cx, "ada@example.org", &password).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_05_canonically_equal_passwords_are_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let (composed, decomposed) = (
        "fünf grüne Fahrräder",
        "fu\u{308}nf gru\u{308}ne Fahrra\u{308}der",
    );
    User::register_with_password(&cx, somebody("ada@example.org", composed))
        .await
        .unwrap();
    sign_in(&cx, "ada@example.org", decomposed).await.unwrap();
    // Compatibility forms look alike and stay different.
    User::register_with_password(&cx, somebody("eve@example.org", "ﬁve green bicycles"))
        .await
        .unwrap();
    assert!(
        sign_in(&cx, "eve@example.org", "five green bicycles")
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_06_there_are_no_rules_of_composition() {
    assert_accepted("all lower case letters").await;
    assert_accepted("9184 7755 2036 1149").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_07_common_passwords_and_ones_own_name_are_refused() {
    assert_refused("passwordpassword1", FieldError::Common).await;
    assert_refused("aaaaaaaaaaaaaaaaaaaa", FieldError::Common).await;
    assert_refused("ada.lovelace@example.org", FieldError::ContainsIdentity).await;
    assert_refused("auth-tests-auth-tests", FieldError::ContainsIdentity).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_must_be_confirmed_exists_but_is_not_signed_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Admin>().await;
    let cx = auth.context();
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let error = call(&cx, "register_with_password", input).await.unwrap_err();
    assert!(matches!(error, Error::AuthenticationFailed(_)), "{error:?}");
    assert_eq!(error.cause(), Cause::Unconfirmed);
    assert_eq!(error.failure().code, Code::AuthenticationFailed);
    assert_eq!(world.tokens("user").await, [], "no token was made");

    world.confirm_admin("ada@example.org", true).await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    enter(&cx, "sign_in_with_password", input).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_01_one_address_has_one_account_however_it_is_written() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let signed_in = register(&cx, " Ada@Bücher.Example ").await;
    assert_eq!(signed_in.user.email, "ada@xn--bcher-kva.example");
    for spelling in [
        "ada@bücher.example",
        "ADA@XN--BCHER-KVA.EXAMPLE",
        "ａｄａ@bu\u{308}cher.example",
        "\tada@bücher。example\n",
    ] {
        let again = sign_in(&cx, spelling, PASSWORD).await.unwrap();
        assert_eq!(again.user.id, signed_in.user.id, "{spelling:?}");
        let error = User::register_with_password(&cx, somebody(spelling, PASSWORD))
            .await
            .unwrap_err();
        assert_eq!(
            field_errors(&error),
            [("email".to_owned(), FieldError::Taken)],
            "{spelling:?}"
        );
    }
    reset_token(&world, &cx, "ADA@BÜCHER.example").await;
    let sent = world.outbox.of_kind("password_reset");
    assert_eq!(
        sent[0].to.as_deref(),
        Some("ada@xn--bcher-kva.example"),
        "mail goes to the stored form"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_01_exactly_one_address_fits_into_the_field() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    for (text, expected) in [
        ("", FieldError::Required),
        ("ada@example.org, eve@example.org", FieldError::NotAnAddress),
        (
            "ada@example.org\r\nBcc: eve@example.org",
            FieldError::ControlCharacter,
        ),
        ("ada@example.org\0", FieldError::ControlCharacter),
        ("ada@exam\u{200B}ple.org", FieldError::ControlCharacter),
        ("Ada <ada@example.org>", FieldError::NotAnAddress),
        ("ada@127.0.0.1", FieldError::NotAnAddress),
    ] {
        let error = User::register_with_password(&auth.context(), somebody(text, PASSWORD))
            .await
            .unwrap_err();
        assert_eq!(field_errors(&error), [("email".to_owned(), expected)], "{text:?}");
    }
    let long = format!("{}@example.org", "a".repeat(10_000));
    let error = User::register_with_password(&auth.context(), somebody(&long, PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(field_errors(&error), [("email".to_owned(), FieldError::TooLong)]);
    assert_eq!(world.count_users().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_04_only_accepted_columns_are_written() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    for column in ["id", "hashed_password", "nickname", "confirmed_at", "Email"] {
        let mut input = json!({
            "email": "ada@example.org",
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
            "display_name": "Ada",
        });
        input[column] = json!("x");
        let error = call(&cx, "register_with_password", input).await.unwrap_err();
        assert_eq!(field_errors(&error), [(column.to_owned(), FieldError::Unknown)]);
    }
    assert_eq!(world.count_users().await, 0);
}
