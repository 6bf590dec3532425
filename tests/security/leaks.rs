//! Nothing secret in errors, debug output or logs.

use std::error::Error as _;

use auth_runtime::error::Error;
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*, mail::Post, secrets::default_secret};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::db::{World, user::*, with_user::*};
use crate::log::Log;

/// Everything that an error shows, along its chain.
fn shown(error: &Error) -> String {
    let mut text = format!(
        "{error} {error:?} {error:#?} {:?} {}",
        error.failure(),
        error.failure().to_json()
    );
    let mut cause = error.source();
    while let Some(source) = cause {
        text += &format!(" {source} {source:?}");
        cause = source.source();
    }
    text
}

proptest! {
    #[test]
    fn au_05_inputs_show_no_secret(secret in "[A-Za-z0-9!#%&*+=@^_~]{12,60}") {
        let inputs = [
            format!("{:#?}", RegisterWithPassword {
                email: "ada@example.org".to_owned(),
                password: secret.as_str().into(),
                password_confirmation: secret.as_str().into(),
                display_name: None,
            }),
            format!("{:?}", SignInWithPassword { email: String::new(), password: secret.as_str().into() }),
            format!("{:?}", SignInWithToken { token: secret.as_str().into() }),
            format!("{:?}", PasswordResetWithPassword {
                reset_token: secret.as_str().into(),
                password: secret.as_str().into(),
                password_confirmation: secret.as_str().into(),
            }),
            format!("{:?}", ChangePassword {
                current_password: secret.as_str().into(),
                password: secret.as_str().into(),
                password_confirmation: secret.as_str().into(),
            }),
            format!("{:?}", auth_runtime::strategy::Input::from_json(
                serde_json::Map::from_iter([("password".to_owned(), secret.as_str().into())]),
            )),
        ];
        for input in inputs {
            prop_assert!(!input.contains(&secret), "{}", input);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn au_05_errors_show_no_secret(secret in "[A-Za-z0-9!#%&*+=@^_~]{5,60}|[A-Za-z0-9]{1030,1040}") {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let errors = runtime.block_on(async {
            let Some(world) = World::new().await else { return Vec::new() };
            let auth = world.start::<User>().await;
            let cx = auth.context();
            let ada = register(&cx, "ada@example.org").await;
            let mine = on_behalf_of(&cx, &ada).await;
            let reset_token = reset_token(&world, &cx, "ada@example.org").await;
            let mut errors = vec![
                sign_in(&cx, "ada@example.org", &secret).await.err(),
                sign_in(&cx, "eve@example.org", &secret).await.err(),
                exchange(&cx, &secret).await.err(),
                exchange(&cx, &format!("{secret}.{secret}.{secret}")).await.err(),
                reset(&cx, &secret, PASSWORD).await.err(),
                reset(&cx, &reset_token, &secret[..5]).await.err(),
                change(&cx, &secret, &secret).await.err(),
                change(&mine, &secret, OTHER_PASSWORD).await.err(),
                change(&mine, PASSWORD, &secret[..5]).await.err(),
            ];
            world.execute("DROP TABLE tokens").await;
            errors.push(reset(&cx, &reset_token, OTHER_PASSWORD).await.err());
            errors.push(exchange(&cx, &reset_token).await.err());
            let errors: Vec<Error> = errors.into_iter().map(Option::unwrap).collect();
            for error in &errors {
                assert!(!shown(error).contains(&reset_token), "{error:?}");
            }
            errors
        });
        for error in errors {
            let text = shown(&error);
            prop_assert!(!text.contains(&secret), "{}", text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn au_05_somebody_signed_in_shows_neither_hash_nor_token() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "ada@example.org").await;
    let live = session(&cx, &token(&signed_in)).await.unwrap();
    let mine = on_behalf_of(&cx, &signed_in).await;
    let shown = format!("{signed_in:#?} {live:#?} {mine:#?} {auth:#?}");
    let hash = world.hash_of("ada@example.org").await.unwrap();
    for secret in [&hash, &token(&signed_in), &default_secret("signing_secret")] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn au_05_nothing_secret_is_logged_at_any_level() {
    // One thread does everything; hashing threads log nothing.
    let log = Log::of_this_thread();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let Some(secrets) = runtime.block_on(whole_flow()) else {
        return;
    };
    let log = log.text();
    assert!(
        log.contains("auth_runtime::event") && log.contains("wrong_password"),
        "events are logged: {log:.2000}"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}

/// Does everything once, well and badly, and says what must stay secret.
async fn whole_flow() -> Option<Vec<String>> {
    let world = World::new().await?;
    User::schema().create(&world.repo).await.unwrap();
    let auth = world
        .builder::<User>()
        .debug_authentication_failures(true)
        .start()
        .await
        .unwrap();
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let second = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    sign_in(&cx, "eve@example.org", WRONG_PASSWORD).await.unwrap_err();
    let sign_in_token = sign_in_token(&cx, "ada@example.org").await;
    let third = exchange(&cx, &sign_in_token).await.unwrap();
    exchange(&cx, &sign_in_token).await.unwrap_err();
    let fourth = change(&on_behalf_of(&cx, &third).await, PASSWORD, OTHER_PASSWORD)
        .await
        .unwrap();
    world.outbox.wait_for("password_changed", 1).await;
    world.outbox.set(Post::FailsOnce);
    let asked = RequestPasswordResetWithPassword {
        email: "ada@example.org".to_owned(),
    };
    let accepted = User::request_password_reset_with_password(&cx, asked)
        .await
        .unwrap();
    accepted.delivered().await.unwrap_err();
    world.clock.advance(time::Duration::seconds(10));
    auth.deliver_due().await.unwrap();
    let sent = world.outbox.wait_for("password_reset", 1).await;
    let reset_token = sent[0].token.clone().unwrap();
    reset(&cx, &reset_token, "too short").await.unwrap_err();
    let fifth = reset(&cx, &reset_token, PASSWORD).await.unwrap();
    reset(&cx, &reset_token, PASSWORD).await.unwrap_err();
    let hash = world.hash_of("ada@example.org").await.unwrap();
    let mut secrets = vec![
        PASSWORD.to_owned(),
        OTHER_PASSWORD.to_owned(),
        WRONG_PASSWORD.to_owned(),
        default_secret("signing_secret"),
        hash,
    ];
    let sessions = [&first, &second, &third, &fourth, &fifth].map(token);
    for token in sessions.iter().chain([&sign_in_token, &reset_token]) {
        let parts: Vec<&str> = token.split('.').collect();
        secrets.extend([parts[1].to_owned(), parts[2].to_owned()]);
        let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        assert!(!claims.is_empty());
    }
    assert!(auth.authenticate(&sessions[0]).await.unwrap().is_none());
    auth.sign_out(&sessions[4]).await.unwrap();
    auth.shutdown(std::time::Duration::from_secs(1)).await;
    Some(secrets)
}
