//! Declarations other than the plain one: keys, renamed columns, several strategies, modest sessions.

use auth_runtime::{
    error::{Cause, FieldError},
    hasher::{HashPool, PasswordHashing, PoolOptions},
    strategy::ActionOutcome,
    user::Resource,
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*, secrets::with_secrets};
use secrecy::ExposeSecret;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::db::{World, account::Account, admin::Admin, device::Device, member::Member, user::User};

async fn member(cx: &auth_runtime::context::Context<Member>) -> auth_runtime::session::SignedIn<Member> {
    let input = json!({
        "email": "ada@example.org",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "points": 7,
    });
    enter(cx, "register_with_password", input).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_numbers_people_and_columns_have_other_names() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let signed_in = member(&cx).await;
    assert_eq!(Member::KEY_COLUMN, "member_no");
    assert_eq!(
        signed_in.subject(),
        format!("member?member_no={}", signed_in.user.number)
    );
    assert_eq!(
        signed_in.user.points, 7,
        "accepted, so the default does not count"
    );
    assert_eq!(
        signed_in.user.joined_at.get(),
        OffsetDateTime::UNIX_EPOCH,
        "#[auth(default)]"
    );
    assert!(signed_in.user.username.starts_with("member-"), "#[auth(default)]");
    let fields = signed_in.user.public_fields().unwrap();
    let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["email", "joined_at", "number", "points", "username"],
        "fields, without sensitive ones"
    );

    let found = Member::get_by_subject(&cx, &signed_in.subject())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.number, signed_in.user.number);
    for other in [
        "member",
        "member?member_no=",
        "member?number=1",
        "user?member_no=1",
        "member?member_no=01",
    ] {
        assert!(
            Member::get_by_subject(&cx, other).await.unwrap().is_none(),
            "{other}"
        );
    }
    let error = enter(
        &cx,
        "register_with_password",
        json!({"email": "ADA@example.org", "password": PASSWORD, "password_confirmation": PASSWORD, "points": 1}),
    )
    .await
    .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("email".to_owned(), FieldError::Taken)],
        "the field, not the column"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_password_strategies_keep_apart() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let signed_in = member(&cx).await;
    let username = signed_in.user.username.clone();
    let by_phrase = json!({"username": username, "phrase": PASSWORD});
    let error = enter(&cx, "sign_in_with_phrase", by_phrase).await.unwrap_err();
    assert_eq!(error.cause(), Cause::NoUser, "this person has no phrase yet");

    let asked = json!({"username": username.to_uppercase()});
    let _ = call(&cx, "request_password_reset_with_phrase", asked)
        .await
        .unwrap();
    let phrase_token = world.outbox.wait_for("password_reset", 1).await[0]
        .token
        .clone()
        .unwrap();
    let crossed = json!({
        "reset_token": phrase_token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    let error = enter(&cx, "password_reset_with_password", crossed)
        .await
        .unwrap_err();
    assert_eq!(
        error.cause(),
        Cause::WrongAction,
        "a reset token belongs to its strategy"
    );
    let reset = json!({"reset_token": phrase_token, "phrase": OTHER_PASSWORD});
    enter(&cx, "password_reset_with_phrase", reset).await.unwrap();

    let by_phrase = json!({"username": username, "phrase": OTHER_PASSWORD});
    let entered = enter(&cx, "sign_in_with_phrase", by_phrase.clone())
        .await
        .unwrap();
    assert_eq!(entered.user.number, signed_in.user.number);
    let by_password = json!({"email": "ada@example.org", "password": PASSWORD});
    enter(&cx, "sign_in_with_password", by_password.clone())
        .await
        .unwrap();

    for (make, spend, elsewhere, credentials) in [
        (
            "sign_in_token_with_phrase",
            "sign_in_with_phrase_token",
            "sign_in_with_token",
            by_phrase,
        ),
        (
            "sign_in_token_with_password",
            "sign_in_with_token",
            "sign_in_with_phrase_token",
            by_password,
        ),
    ] {
        let outcome = call(&cx, make, credentials).await.unwrap();
        let ActionOutcome::SignInToken(token) = outcome else {
            panic!("no sign-in token: {outcome:?}")
        };
        let input = json!({"token": token.expose_secret()});
        let error = enter(&cx, elsewhere, input.clone()).await.unwrap_err();
        assert_eq!(error.cause(), Cause::WrongAction, "{make}");
        enter(&cx, spend, input).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_a_row_is_checked_against_revocations() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let signed_in = member(&cx).await;
    let copied = token(&signed_in);
    let live = session(&cx, &copied).await.unwrap();
    assert_eq!(live.token_claims()["points"], 7, "claims come out of the token");
    auth.sign_out(&copied).await.unwrap();
    assert!(
        session(&cx, &copied).await.is_none(),
        "a revocation was written for a token without a row"
    );
    auth.sign_out(&copied).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn se_01_a_new_sign_in_ends_the_session_it_replaces_without_a_row() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let first = member(&cx).await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let second = enter(&on_behalf_of(&cx, &first).await, "sign_in_with_password", input)
        .await
        .unwrap();
    assert!(session(&cx, &token(&first)).await.is_none());
    assert!(session(&cx, &token(&second)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_cannot_end_sessions_that_left_no_row_and_the_declaration_says_so() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let old = token(&member(&cx).await);
    let _ = call(
        &cx,
        "request_password_reset_with_password",
        json!({"email": "ada@example.org"}),
    )
    .await
    .unwrap();
    let reset_token = world.outbox.wait_for("password_reset", 1).await[0].token.clone();
    let input = json!({
        "reset_token": reset_token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    let fresh = enter(&cx, "password_reset_with_password", input).await.unwrap();
    assert!(session(&cx, &token(&fresh)).await.is_some());
    assert!(session(&cx, &old).await.is_some());
    let given_up = Member::authentication_info().promises_given_up;
    assert!(
        given_up.iter().any(|(promise, _)| *promise == "SU-09"),
        "{given_up:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_07_breached_passwords_are_refused_and_so_are_those_that_cannot_be_checked() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Device>().await;
    let cx = auth.context();
    for (password, reason) in [
        ("a breached phrase", FieldError::Breached),
        ("an unreachable phrase", FieldError::BreachCheckUnavailable),
        ("short", FieldError::TooShort(8)),
    ] {
        let input = json!({"username": "sensor", "password": password});
        let error = enter(&cx, "register_with_password", input).await.unwrap_err();
        assert_eq!(field_errors(&error), [("password".to_owned(), reason)]);
    }
    let input = json!({"username": "sensor", "password": "three red kites"});
    enter(&cx, "register_with_password", input).await.unwrap();
    let input = json!({"username": "sensor", "password": "a breached phrase"});
    let error = enter(&cx, "sign_in_with_password", input).await.unwrap_err();
    assert_eq!(
        error.cause(),
        Cause::WrongPassword,
        "only new passwords are checked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsafe_session_outlives_its_sign_out_as_declared() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Device>().await;
    let cx = auth.context();
    let input = json!({"username": "Sensor-1", "password": "three red kites"});
    let signed_in = enter(&cx, "register_with_password", input).await.unwrap();
    assert_eq!(signed_in.user.username, "sensor-1");
    assert_eq!(
        signed_in.subject(),
        format!("device?id={}", signed_in.user.id),
        "a text as key"
    );
    assert!(session(&cx, &token(&signed_in)).await.is_some());
    auth.sign_out(&token(&signed_in)).await.unwrap();
    assert!(
        session(&cx, &token(&signed_in)).await.is_some(),
        "`unsafe` is what it says"
    );
    world.clock.advance(Duration::hours(1) + Duration::seconds(31));
    assert!(session(&cx, &token(&signed_in)).await.is_none());
    let given_up: Vec<_> = Device::authentication_info()
        .promises_given_up
        .iter()
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(given_up, ["TK-08", "SU-09", "PW-03"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_without_tokens_checks_passwords_only() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Account>().await;
    let cx = auth.context();
    assert!(auth.tokens().is_none());
    let pool = HashPool::new(PoolOptions::default());
    let hash = pool
        .hash(&PasswordHashing::default(), PASSWORD.into())
        .await
        .unwrap();
    world
        .insert_account(Default::default(), "ada@example.org", &hash)
        .await;
    let sign_in = async |password: &str| {
        let input = json!({"email": "ada@example.org", "password": password});
        enter(&cx, "sign_in_with_password", input).await
    };
    let signed_in = sign_in(PASSWORD).await.unwrap();
    assert!(signed_in.token.is_none() && signed_in.claims.is_none());
    assert_eq!(
        sign_in(WRONG_PASSWORD).await.unwrap_err().cause(),
        Cause::WrongPassword
    );
    assert!(auth.authenticate("a.b.c").await.unwrap().is_none());
    assert!(call(&cx, "register_with_password", json!({})).await.is_err());
    let tables: Vec<_> = Account::schema()
        .tables
        .into_iter()
        .map(|table| table.name)
        .collect();
    assert!(!tables.iter().any(|table| table.contains("token")), "{tables:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_claims_are_stored_and_restored() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Admin>().await;
    let cx = auth.context();
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let _ = call(&cx, "register_with_password", input).await.unwrap_err();
    world.confirm_admin("ada@example.org", true).await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let signed_in = enter(&cx, "sign_in_with_password", input).await.unwrap();

    let expected = json!({"role": "admin", "mail": "ada@example.org"});
    let claims = signed_in.claims.clone().unwrap();
    assert_eq!(
        serde_json::Value::Object(claims.extra.clone()),
        expected,
        "in the token"
    );
    let rows = world.tokens("user").await;
    let stored: serde_json::Value = serde_json::from_str(rows[0].extra_data.as_deref().unwrap()).unwrap();
    assert_eq!(stored, expected, "in the row");
    world
        .execute("UPDATE tokens SET extra_data = '{\"role\": \"owner\"}'")
        .await;
    let live = session(&cx, &token(&signed_in)).await.unwrap();
    assert_eq!(
        live.token_claims()["role"],
        "owner",
        "the row counts, not the token"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_claims_of_an_action_win_over_configured_ones() {
    use auth_runtime::session::{FirstFactor, mint};
    use auth_runtime::token::ExtraClaims;
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Member>().await;
    let cx = auth.context();
    let user = member(&cx).await.user;
    let own = ExtraClaims::new([("points", json!(0)), ("shift", json!("night"))]).unwrap();
    let factor = FirstFactor::new(user, "custom", "sign_in", "hwk").with_claims(own);
    let mut connection = auth_runtime::repo::Repo::get_writer(auth.repo()).await.unwrap();
    let signed_in = mint(&cx, &mut connection, factor).await.unwrap();
    let claims = signed_in.claims.unwrap();
    assert_eq!(
        serde_json::Value::Object(claims.extra.clone()),
        json!({"points": 0, "shift": "night"})
    );
    assert_eq!(claims.amr, ["hwk"]);
    assert!(
        ExtraClaims::new([("sub", json!("user?id=1"))]).is_err(),
        "the library's names are taken"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_10_old_keys_verify_until_they_are_removed() {
    let Some(world) = World::new().await else { return };
    let key = |name: &str| Some(format!("the {name} key, random enough for a test of rotation"));
    Member::schema().create(&world.repo).await.unwrap();
    let started = async |signing, previous| {
        let secrets = [
            ("signing_secret", signing),
            ("previous_signing_secrets", previous),
        ];
        with_secrets(secrets, world.builder::<Member>().start())
            .await
            .unwrap()
    };
    let first = started(key("first"), key("dummy")).await;
    let old = token(&member(&first.context()).await);
    let second = started(key("second"), key("first")).await;
    assert!(second.authenticate(&old).await.unwrap().is_some(), "overlap");
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let new = token(
        &enter(&second.context(), "sign_in_with_password", input)
            .await
            .unwrap(),
    );
    assert!(
        first.authenticate(&new).await.unwrap().is_none(),
        "the newest key signs"
    );
    let third = started(key("third"), key("second")).await;
    assert!(third.authenticate(&new).await.unwrap().is_some());
    assert!(
        third.authenticate(&old).await.unwrap().is_none(),
        "a removed key ends its tokens"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_10_two_peppers_are_live_and_a_dropped_one_is_not() {
    let Some(world) = World::new().await else { return };
    let pepper = |name: &str| Some(format!("the {name} pepper, random enough for this test"));
    Device::schema().create(&world.repo).await.unwrap();
    let started = async |newest, previous| {
        let secrets = [("pepper", newest), ("previous_pepper", previous)];
        with_secrets(secrets, world.builder::<Device>().start())
            .await
            .unwrap()
    };
    let credentials = |name: &str| json!({"username": name, "password": "three red kites"});
    let first = started(pepper("first"), pepper("dummy")).await;
    for name in ["one", "two"] {
        let device = enter(&first.context(), "register_with_password", credentials(name))
            .await
            .unwrap();
        assert!(
            device.user.hashed_password.contains("keyid="),
            "the hash names its pepper"
        );
    }
    let second = started(pepper("second"), pepper("first")).await;
    let one = enter(&second.context(), "sign_in_with_password", credentials("one"))
        .await
        .unwrap();
    let third = started(pepper("third"), pepper("second")).await;
    let cx = third.context();
    let again = enter(&cx, "sign_in_with_password", credentials("one"))
        .await
        .unwrap();
    assert_ne!(
        one.user.hashed_password, again.user.hashed_password,
        "upgraded to the second pepper"
    );
    let error = enter(&cx, "sign_in_with_password", credentials("two"))
        .await
        .unwrap_err();
    assert_eq!(
        error.cause(),
        Cause::WrongPassword,
        "nobody signed in while the first one was live"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_equal_keys_of_another_resource_are_strangers() {
    let Some(world) = World::new().await else { return };
    let users = world.start::<User>().await;
    let admins = world.start::<Admin>().await;
    let (user_cx, admin_cx) = (users.context(), admins.context());
    let user = super::db::with_user::register(&user_cx, "ada@example.org").await;
    let hash = world.hash_of("ada@example.org").await.unwrap();
    world
        .insert_admin(user.user.id, "ada@example.org", &hash, true)
        .await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let admin = enter(&admin_cx, "sign_in_with_password", input.clone())
        .await
        .unwrap();

    assert!(
        admins.authenticate(&token(&user)).await.unwrap().is_none(),
        "a user's session"
    );
    assert!(
        users.authenticate(&token(&admin)).await.unwrap().is_none(),
        "an admin's session"
    );
    assert!(
        Admin::get_by_subject(&admin_cx, &user.subject())
            .await
            .unwrap()
            .is_none()
    );
    admins.sign_out(&token(&user)).await.unwrap();
    assert!(
        users.authenticate(&token(&user)).await.unwrap().is_some(),
        "and cannot be ended there"
    );

    let exchange = json!({"token": super::db::with_user::sign_in_token(&user_cx, "ada@example.org").await});
    let error = enter(&admin_cx, "sign_in_with_token", exchange.clone())
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::TokenInvalid, "a user's sign-in token");
    enter(&user_cx, "sign_in_with_token", exchange).await.unwrap();
    let reset_token = super::db::with_user::reset_token(&world, &user_cx, "ada@example.org").await;
    let reset = json!({
        "reset_token": reset_token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    let error = enter(&admin_cx, "password_reset_with_password", reset.clone())
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::TokenInvalid, "a user's reset token");
    enter(&user_cx, "password_reset_with_password", reset)
        .await
        .unwrap();
    assert!(
        admins.authenticate(&token(&admin)).await.unwrap().is_some(),
        "a user's reset ends no admin's session"
    );
    enter(&admin_cx, "sign_in_with_password", input).await.unwrap();
}
