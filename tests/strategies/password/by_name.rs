//! Actions called by their name on the struct, with untyped arguments, as HTTP does.

use auth_runtime::{
    error::{Cause, Error, FieldError},
    strategy::{ActionOutcome, Input},
    user::Authenticated,
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::db::{World, device::Device, member::Member, user::User};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_by_name() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let registered = enter(
        &cx,
        "register_with_password",
        json!({
            "email": "ada@example.org",
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
            "display_name": "Ada",
        }),
    )
    .await
    .unwrap();
    assert_eq!(registered.user.display_name.as_deref(), Some("Ada"));
    let credentials = json!({"email": "ada@example.org", "password": PASSWORD});
    enter(&cx, "sign_in_with_password", credentials.clone())
        .await
        .unwrap();
    let outcome = call(&cx, "sign_in_token_with_password", credentials)
        .await
        .unwrap();
    let ActionOutcome::SignInToken(sign_in_token) = outcome else {
        panic!("no sign-in token: {outcome:?}")
    };
    let exchange = json!({"token": sign_in_token.expose_secret()});
    let signed_in = enter(&cx, "sign_in_with_token", exchange).await.unwrap();
    let change = json!({
        "current_password": PASSWORD,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    enter(&on_behalf_of(&cx, &signed_in).await, "change_password", change)
        .await
        .unwrap();
    let request = json!({"email": "ada@example.org"});
    let outcome = call(&cx, "request_password_reset_with_password", request)
        .await
        .unwrap();
    let ActionOutcome::Accepted(accepted) = outcome else {
        panic!("not accepted: {outcome:?}")
    };
    accepted.delivered().await.unwrap();
    let token = world.outbox.of_kind("password_reset")[0].token.clone();
    let reset = json!({"reset_token": token, "password": PASSWORD, "password_confirmation": PASSWORD});
    enter(&cx, "password_reset_with_password", reset).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn phases_and_actions_are_listed_as_declared() {
    let names = |strategy: &auth_runtime::strategy::StrategyInfo| -> (Vec<&str>, Vec<&str>) {
        (
            strategy.phases.iter().map(|phase| phase.name).collect(),
            strategy.actions.iter().map(|action| action.name).collect(),
        )
    };
    let info = User::authentication_info();
    let (phases, actions) = names(info.strategy("password").unwrap());
    assert_eq!(
        phases,
        [
            "register",
            "sign_in",
            "sign_in_token",
            "sign_in_with_token",
            "reset_request",
            "reset",
            "change"
        ]
    );
    assert_eq!(
        actions,
        [
            "register_with_password",
            "sign_in_with_password",
            "sign_in_token_with_password",
            "sign_in_with_token",
            "request_password_reset_with_password",
            "password_reset_with_password",
            "change_password",
        ]
    );
    let (phases, _) = names(&Device::STRATEGIES[0]);
    assert_eq!(
        phases,
        [
            "register",
            "sign_in",
            "sign_in_token",
            "sign_in_with_token",
            "change"
        ],
        "without resettable"
    );
    let owner = Member::authentication_info()
        .strategy_for_action("change_phrase")
        .map(|owner| owner.name);
    assert_eq!(owner, Some("phrase"));
    assert!(
        Member::authentication_info()
            .strategy_for_action("no_such_action")
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_disabled_actions_do_not_exist() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    for action in [
        "",
        "sign_in",
        "register",
        "register_with_phrase",
        "SIGN_IN_WITH_PASSWORD",
        "find",
    ] {
        let error = call(&cx, action, json!({})).await.unwrap_err();
        assert!(matches!(error, Error::NoSuchAction), "{action}: {error:?}");
        assert_eq!(error.cause(), Cause::NoSuchAction);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_wrong_types_and_unknown_fields_are_refused() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    for (wrong, expected) in [
        (json!(7), FieldError::WrongType),
        (json!(true), FieldError::WrongType),
        (json!(["ada@example.org"]), FieldError::WrongType),
        (json!({"$ne": ""}), FieldError::WrongType),
        (Value::Null, FieldError::Required),
        (json!(""), FieldError::Required),
    ] {
        for field in ["email", "password"] {
            let mut input = json!({"email": "ada@example.org", "password": PASSWORD});
            input[field] = wrong.clone();
            let error = call(&cx, "sign_in_with_password", input).await.unwrap_err();
            assert_eq!(field_errors(&error), [(field.to_owned(), expected)], "{wrong}");
        }
    }
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "is_admin": true});
    let error = call(&cx, "sign_in_with_password", input).await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("is_admin".to_owned(), FieldError::Unknown)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_02_long_texts_and_control_characters_never_reach_the_database() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let valid = json!({
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "display_name": "Ada",
    });
    for (field, text, expected) in [
        ("email", "x".repeat(1025), FieldError::TooLong),
        ("display_name", "x".repeat(1025), FieldError::TooLong),
        ("password", "x".repeat(1025), FieldError::TooLong),
        (
            "email",
            "ada\0@example.org".to_owned(),
            FieldError::ControlCharacter,
        ),
        ("display_name", "A\0da".to_owned(), FieldError::ControlCharacter),
        (
            "display_name",
            "A\u{7}da".to_owned(),
            FieldError::ControlCharacter,
        ),
        ("password", format!("{PASSWORD}\0"), FieldError::ControlCharacter),
    ] {
        let mut input = valid.clone();
        input[field] = json!(text);
        let error = call(&cx, "register_with_password", input).await.unwrap_err();
        assert!(
            field_errors(&error).contains(&(field.to_owned(), expected)),
            "{field}: {error:?}"
        );
    }
    let input =
        json!({"reset_token": "x".repeat(8193), "password": PASSWORD, "password_confirmation": PASSWORD});
    let error = call(&cx, "password_reset_with_password", input)
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("reset_token".to_owned(), FieldError::TooLong)]
    );
    assert_eq!(world.count_users().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_leave_optional_columns_empty_and_numbers_are_text_there() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let form = |points: &str| -> Map<String, Value> {
        [
            ("email", "ada@example.org"),
            ("password", PASSWORD),
            ("password_confirmation", PASSWORD),
            ("points", points),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
    };
    let error = auth
        .call(&cx, "register_with_password", Input::from_form(form("ten")))
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("points".to_owned(), FieldError::WrongType)]
    );
    let error = auth
        .call(&cx, "register_with_password", Input::from_form(form("")))
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("points".to_owned(), FieldError::Required)]
    );
    let outcome = auth
        .call(&cx, "register_with_password", Input::from_form(form("42")))
        .await
        .unwrap();
    let ActionOutcome::SignedIn(signed_in) = outcome else {
        panic!("nobody was signed in: {outcome:?}")
    };
    assert_eq!(signed_in.user.points, 42);

    let users = world.start::<User>().await;
    let mut form = form("");
    form.remove("points");
    form.insert("display_name".to_owned(), json!(""));
    let outcome = users
        .call(&users.context(), "register_with_password", Input::from_form(form))
        .await
        .unwrap();
    let ActionOutcome::SignedIn(signed_in) = outcome else {
        panic!("nobody was signed in: {outcome:?}")
    };
    assert_eq!(signed_in.user.display_name, None);
}
