//! Hashes of older systems, and what is no hash at all.

use auth_runtime::{error::Cause, hasher};
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*};
use scrypt::password_hash::CustomizedPasswordHasher as _;

use super::db::{World, user::User, with_user::*};

const SALT: &[u8] = b"sixteen salt byt";

fn bcrypt() -> String {
    bcrypt::hash(PASSWORD, 10).unwrap()
}

fn scrypt_hash() -> String {
    let params = scrypt::Params::new(14, 8, 1).unwrap();
    scrypt::Scrypt::new()
        .hash_password_with_params(PASSWORD.as_bytes(), SALT, params)
        .unwrap()
        .to_string()
}

fn pbkdf2_hash() -> String {
    let params = pbkdf2::Params::new(10_000).unwrap();
    pbkdf2::Pbkdf2::default()
        .hash_password_with_params(PASSWORD.as_bytes(), SALT, params)
        .unwrap()
        .to_string()
}

/// An Argon2id hash of `password` with other parameters than the default ones.
async fn argon2id(memory_kib: u32, iterations: u32, password: &str) -> String {
    let params = hasher::Argon2Params::new(memory_kib, iterations, 1).unwrap();
    let hashing = hasher::PasswordHashing::new(hasher::Argon2id::new(params));
    let pool = hasher::HashPool::new(hasher::PoolOptions::new(params));
    pool.hash(&hashing, password.into()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_08_older_hashes_verify_and_are_upgraded_in_the_same_sign_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for (old, prefix) in [
        (bcrypt(), "$2b$10$"),
        (scrypt_hash(), "$scrypt$"),
        (pbkdf2_hash(), "$pbkdf2-sha256$"),
        (argon2id(12_288, 3, PASSWORD).await, "$argon2id$v=19$m=12288,t=3,"),
        (format!("as-typed:{}", bcrypt()), "as-typed:"),
    ] {
        assert!(old.starts_with(prefix), "{old}");
        world.set_hash("ada@example.org", Some(&old)).await;
        let error = sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
        assert_eq!(error.cause(), Cause::WrongPassword, "{prefix}");
        assert_eq!(
            world.hash_of("ada@example.org").await.as_deref(),
            Some(old.as_str()),
            "{prefix}: not upgraded yet"
        );

        let signed_in = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
        assert!(session(&cx, &token(&signed_in)).await.is_some());
        let new = world.hash_of("ada@example.org").await.unwrap();
        assert!(
            new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{prefix}: {new}"
        );
        sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
        assert_eq!(
            world.hash_of("ada@example.org").await,
            Some(new),
            "{prefix}: upgraded once"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_08_the_vectors_of_the_original_match() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "marty@example.org").await;
    for vector in [
        "$2b$04$qgacrnrAJz8aPwaVQiGJn.PvryldV.NfOSYYvF/CZAGgMvvzhIE7S",
        "$argon2id$v=19$m=256,t=1,p=2$T9zYADIg2xF5P21FgyIX5g$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk",
    ] {
        world.set_hash("marty@example.org", Some(vector)).await;
        assert!(sign_in(&cx, "marty@example.org", "Biff Tannen").await.is_err());
        sign_in(&cx, "marty@example.org", "Marty McFly").await.unwrap();
        assert_ne!(world.hash_of("marty@example.org").await.as_deref(), Some(vector));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_04_bcrypt_never_matches_a_password_that_it_would_cut() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let first_72 = "mule on a raft, ".repeat(5)[..72].to_owned();
    world
        .set_hash("ada@example.org", Some(&bcrypt::hash(&first_72, 10).unwrap()))
        .await;
    assert!(
        sign_in(&cx, "ada@example.org", &format!("{first_72}x"))
            .await
            .is_err()
    );
    sign_in(&cx, "ada@example.org", &first_72).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_08_a_concurrent_change_wins_over_an_upgrade() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let old = argon2id(12_288, 3, PASSWORD).await;
    for round in 0..4 {
        world.set_hash("ada@example.org", Some(&old)).await;
        let token = reset_token(&world, &cx, "ada@example.org").await;
        let upgrade = {
            let cx = cx.clone();
            tokio::spawn(async move { sign_in(&cx, "ada@example.org", PASSWORD).await })
        };
        tokio::time::sleep(std::time::Duration::from_millis(15 * round)).await;
        reset(&cx, &token, OTHER_PASSWORD).await.unwrap();
        let upgraded = upgrade.await.unwrap();
        if let Err(error) = &upgraded {
            let cause = error.cause();
            assert!(
                matches!(cause, Cause::WrongPassword | Cause::ChangedMeanwhile),
                "{cause}"
            );
        }
        if let Ok(before_the_reset) = upgraded {
            assert!(
                session(&cx, &auth_tests::call::token(&before_the_reset))
                    .await
                    .is_none(),
                "round {round}"
            );
        }
        assert!(
            sign_in(&cx, "ada@example.org", PASSWORD).await.is_err(),
            "round {round}"
        );
        sign_in(&cx, "ada@example.org", OTHER_PASSWORD).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_09_what_is_no_hash_never_matches() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let real = world.hash_of("ada@example.org").await.unwrap();
    for garbage in [
        " ",
        "$",
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$argon2id$v=19$m=4294967295,t=4294967295,p=1$c2l4dGVlbiBzYWx0IGJ5dA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=0,t=0,p=0$c2FsdA$AAAA",
        "$2b$31$qgacrnrAJz8aPwaVQiGJn.PvryldV.NfOSYYvF/CZAGgMvvzhIE7S",
        "$2b$",
        "$scrypt$ln=63,r=8,p=1$c2l4dGVlbiBzYWx0IGJ5dA$AAAA",
        "$pbkdf2-sha256$i=4294967295$c2l4dGVlbiBzYWx0IGJ5dA$AAAA",
        "as-typed:",
        "\u{1F600}\u{1F600}",
        PASSWORD,
        real.trim_end_matches(|last: char| last.is_ascii_alphanumeric()),
        &real[..real.len() - 1],
        &format!("{real}AAAA"),
        &format!(" {real}"),
    ] {
        world.set_hash("ada@example.org", Some(garbage)).await;
        for password in [PASSWORD, garbage] {
            let error = sign_in(&cx, "ada@example.org", password).await.unwrap_err();
            assert_eq!(
                error.failure().code,
                auth_runtime::error::Code::AuthenticationFailed,
                "{garbage}"
            );
        }
        assert_eq!(
            world.hash_of("ada@example.org").await.as_deref(),
            Some(garbage),
            "left as it is"
        );
    }
}
