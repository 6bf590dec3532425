//! The strategy "only Marty".

use auth_runtime::{
    error::{Cause, Code, FieldError},
    prelude::*,
    strategy::ActionOutcome,
};
use auth_tests::{PASSWORD, call::*};
use serde_json::json;

use super::{db::World, drivers::*};

async fn register(cx: &Context<Driver>, username: &str) -> SignedIn<Driver> {
    let input = RegisterWithPassword {
        username: username.to_owned(),
        password: PASSWORD.into(),
    };
    Driver::register_with_password(cx, input).await.unwrap()
}

fn named(name: &str) -> SignIn {
    SignIn {
        name: name.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_marty_signs_in() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    register(&cx, "marty_mcfly").await;
    register(&cx, "doc_brown").await;

    let signed_in = Driver::sign_in_with_marty(&cx, named("marty_mcfly"))
        .await
        .unwrap();
    assert_eq!(signed_in.user.username, "marty_mcfly");
    let claims = signed_in.claims.as_ref().unwrap();
    assert_eq!(claims.amr, ["user"], "mf_04");
    assert!(session(&cx, &token(&signed_in)).await.is_some());

    let not_marty = Driver::sign_in_with_marty(&cx, named("doc_brown"))
        .await
        .unwrap_err();
    let nobody = Driver::sign_in_with_marty(&cx, named("biff")).await.unwrap_err();
    let too_loud = Driver::sign_in_with_strict(&cx, named("marty_mcfly"))
        .await
        .unwrap_err();
    assert_eq!(
        [not_marty.cause(), nobody.cause(), too_loud.cause()],
        [
            Cause::Custom("not_marty"),
            Cause::NoUser,
            Cause::Custom("not_marty")
        ]
    );
    assert_eq!(not_marty.cause().as_str(), "not_marty");
    for error in [not_marty, nobody, too_loud] {
        assert_eq!(
            error.failure().code,
            Code::AuthenticationFailed,
            "en_01: all alike"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_are_called_by_name_too() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "marty").await;
    let entered = enter(&cx, "sign_in_with_marty", json!({"name": "marty"}))
        .await
        .unwrap();
    assert_eq!(entered.user.id, signed_in.user.id);
    let refused = call(&cx, "sign_in_with_marty", json!({"exact_name": "marty"}))
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&refused),
        [
            ("exact_name".to_owned(), FieldError::Unknown),
            ("name".to_owned(), FieldError::Required)
        ]
    );
    let mine = on_behalf_of(&cx, &signed_in).await;
    let ActionOutcome::Report(report) = call(&mine, "whoami_with_curfew", json!({})).await.unwrap() else {
        panic!("an add-on's action is found too");
    };
    assert_eq!(report.to_json(), json!({"username": "marty"}));
    let info = Driver::authentication_info();
    assert_eq!(
        info.strategy_for_action("sign_in_with_strict").unwrap().name,
        "strict"
    );
    assert_eq!(info.strategy("curfew").unwrap().kind, "custom");
}

#[tokio::test(flavor = "multi_thread")]
async fn su_06_an_action_that_answers_get_cannot_write() {
    let Some(world) = World::new().await else { return };
    let cx = world.start::<Driver>().await.context();
    let signed_in = register(&cx, "scribe").await;
    let mine = on_behalf_of(&cx, &signed_in).await;
    let error = call(&mine, "whoami_with_curfew", json!({})).await.unwrap_err();
    assert_eq!(error.cause(), Cause::Internal);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_01_a_sign_in_ends_the_session_before() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let first = register(&cx, "marty").await;
    let mine = on_behalf_of(&cx, &first).await;
    Driver::sign_in_with_marty(&mine, named("marty")).await.unwrap();
    assert!(session(&cx, &token(&first)).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn su_02_of_many_spenders_one_wins() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let mine = on_behalf_of(&cx, &register(&cx, "marty").await).await;
    let ticket = || "a ticket for the enchantment".to_owned();
    let report = Driver::take_ticket_with_marty(&mine, TakeTicket { ticket: ticket() })
        .await
        .unwrap();
    assert!(report.is_created());
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let cx = cx.clone();
        let input = UseTicket { ticket: ticket() };
        tasks.push(tokio::spawn(async move {
            Driver::use_ticket_with_marty(&cx, input).await.is_ok()
        }));
    }
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap());
    }
    assert_eq!(won, 1);
    let nobody = Driver::take_ticket_with_marty(&cx, TakeTicket { ticket: ticket() })
        .await
        .unwrap_err();
    assert_eq!(nobody.cause(), Cause::NotSignedIn);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_10_nothing_runs_after_a_shutdown() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    register(&cx, "marty").await;
    auth.shutdown(std::time::Duration::from_secs(5)).await;
    let error = Driver::sign_in_with_marty(&cx, named("marty")).await.unwrap_err();
    assert_eq!(error.cause(), Cause::StorageFailed);
}
