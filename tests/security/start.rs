//! What stops the start.

use auth_runtime::error::{Cause, Code, Error};
use auth_tests::secrets::{default_secret, with_secrets};

use super::db::{World, device::Device, member::Member, user::User};

fn message(error: &Error) -> String {
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::Misconfigured, Code::Internal)
    );
    std::error::Error::source(error).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_a_missing_or_weak_signing_secret_is_named_with_its_line() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    for (secret, problem) in [
        (None, "has no value"),
        (Some("short, but not empty".to_owned()), "cannot be used"),
        (Some("x".repeat(64)), "cannot be used"),
        (Some(String::new()), "cannot be used"),
    ] {
        let given = [("signing_secret", secret.clone())];
        let error = with_secrets(given, world.builder::<User>().start())
            .await
            .unwrap_err();
        let message = message(&error);
        assert!(
            message.contains("`authentication.tokens.signing_secret`"),
            "{message}"
        );
        assert!(
            message.contains("people.rs:"),
            "the line of the setting: {message}"
        );
        assert!(message.contains(problem), "{message}");
        let secret = secret.unwrap_or_default();
        assert!(
            secret.is_empty() || !format!("{error:?} {message}").contains(&secret),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_former_keys_and_peppers_are_checked_too() {
    let Some(world) = World::new().await else { return };
    Member::schema().create(&world.repo).await.unwrap();
    Device::schema().create(&world.repo).await.unwrap();
    let repeated = [("previous_signing_secrets", Some(default_secret("signing_secret")))];
    let error = with_secrets(repeated, world.builder::<Member>().start())
        .await
        .unwrap_err();
    let text = message(&error);
    assert!(
        text.contains("signing_secret") && text.contains("former token signing key 1"),
        "{text}"
    );
    let missing = [("previous_signing_secrets", None)];
    let error = with_secrets(missing, world.builder::<Member>().start())
        .await
        .unwrap_err();
    let text = message(&error);
    assert!(
        text.contains("`authentication.tokens.previous_signing_secrets`"),
        "{text}"
    );
    for setting in ["pepper", "previous_pepper"] {
        let weak = [(setting, Some("a short pepper".to_owned()))];
        let error = with_secrets(weak, world.builder::<Device>().start())
            .await
            .unwrap_err();
        let text = message(&error);
        assert!(
            text.contains(&format!("`authentication.strategies.password.{setting}`")),
            "{text}"
        );
        assert!(text.contains("people.rs:") && text.contains("32 bytes"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_encryption_keys_are_checked_and_named() {
    let Some(world) = World::new().await else { return };
    Member::schema().create(&world.repo).await.unwrap();
    let current = default_secret("encryption_key");
    for (setting, value, problem) in [
        ("encryption_key", None, "has no value"),
        (
            "encryption_key",
            Some("short, but not empty"),
            "at least 32 bytes",
        ),
        ("previous_encryption_keys", None, "has no value"),
        (
            "previous_encryption_keys",
            Some("a short former key"),
            "at least 32 bytes",
        ),
        ("previous_encryption_keys", Some(&*current), "is given twice"),
    ] {
        let given = [(setting, value.map(str::to_owned))];
        let error = with_secrets(given, world.builder::<Member>().start())
            .await
            .unwrap_err();
        let text = message(&error);
        assert!(text.contains(&format!("`authentication.{setting}`")), "{text}");
        assert!(text.contains("people.rs:") && text.contains(problem), "{text}");
        assert!(
            value.is_none_or(|value| !format!("{error:?} {text}").contains(value)),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_what_was_sealed_before_a_rotation_opens_after_it() {
    use auth_runtime::prelude::ExposeSecret;
    let Some(world) = World::new().await else { return };
    let before = world.start::<Member>().await;
    let sealed = before.sealer().unwrap().seal("here", b"token").unwrap();
    let rotated = [
        (
            "encryption_key",
            Some("the next encryption key of the tests".to_owned()),
        ),
        ("previous_encryption_keys", Some(default_secret("encryption_key"))),
    ];
    let after = with_secrets(rotated, world.builder::<Member>().start())
        .await
        .unwrap();
    let sealer = after.sealer().unwrap();
    assert!(!sealer.is_current(&sealed));
    let opened = sealer.open("here", &sealed).unwrap();
    assert_eq!(opened.expose_secret(), "token");
    assert!(sealer.open("elsewhere", &sealed).is_err());
    let users = world.start::<User>().await;
    assert!(users.sealer().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn su_07_the_public_url_must_be_https() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    for (url, development, accepted) in [
        ("https://example.org", false, true),
        ("http://example.org", false, false),
        ("http://localhost:3000", false, false),
        ("http://localhost:3000", true, true),
        ("http://127.0.0.1:3000", true, true),
        ("http://[::1]:3000", true, true),
        ("http://example.org", true, false),
        ("https://example.org", true, false),
        ("http://localhost.example.org", true, false),
        ("ftp://example.org", false, false),
        ("example.org", false, false),
        ("", false, false),
    ] {
        let builder = world.builder::<User>().public_url(url).development(development);
        match builder.start().await {
            Ok(_) => assert!(accepted, "{url}, development: {development}"),
            Err(error) => {
                assert!(!accepted, "{url}, development: {development}: {error:?}");
                assert!(message(&error).contains("`public_url`"), "{error:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_a_missing_table_column_or_index_is_named_with_the_remedy() {
    let Some(world) = World::new().await else { return };
    let error = world.builder::<User>().start().await.unwrap_err();
    let text = message(&error);
    assert!(text.contains("schema of User"), "{text}");
    for table in ["users", "tokens"] {
        assert!(text.contains("CREATE TABLE") && text.contains(table), "{text}");
    }
    User::schema().create(&world.repo).await.unwrap();
    User::schema().create(&world.repo).await.unwrap();
    world.builder::<User>().start().await.unwrap();

    world.execute("ALTER TABLE users DROP COLUMN display_name").await;
    let text = message(&world.builder::<User>().start().await.unwrap_err());
    assert!(
        text.contains("display_name") && text.contains("ALTER TABLE"),
        "{text}"
    );
    let remedy = text
        .split_once("ALTER TABLE")
        .map(|(_, rest)| rest.split(';').next().unwrap())
        .unwrap();
    let remedy = format!("ALTER TABLE{}", remedy.trim_end_matches('`'));
    world.execute(&remedy).await;
    world.builder::<User>().start().await.unwrap();

    world
        .execute("ALTER TABLE users ADD COLUMN shoe_size INTEGER NOT NULL DEFAULT 42")
        .await;
    world.builder::<User>().start().await.unwrap();
    world.builder::<User>().check_schema(false).start().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_an_identity_that_is_not_unique_stops_the_start() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let on_table = match <super::db::Repo as auth_tests::database::TestDatabase>::KEY {
        "mysql" => " ON users",
        _ => "",
    };
    world
        .execute(&format!("DROP INDEX users_email_unique{on_table}"))
        .await;
    let text = message(&world.builder::<User>().start().await.unwrap_err());
    assert!(
        text.contains("users") && text.contains("email") && text.contains("CREATE UNIQUE INDEX"),
        "{text}"
    );
}
