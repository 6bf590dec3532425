//! What a custom strategy and a custom add-on do while others act.

use std::sync::Arc;

use auth_runtime::{
    error::Cause,
    prelude::*,
    repo::Repo as _,
    session::{FirstFactor, mint},
};
use auth_tests::{PASSWORD, call::*};

use super::{db::World, drivers::*};

async fn register(cx: &Context<Driver>, username: &str) -> Result<SignedIn<Driver>, Error> {
    let input = RegisterWithPassword {
        username: username.to_owned(),
        password: PASSWORD.into(),
    };
    Driver::register_with_password(cx, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_03_an_add_on_keeps_people_out_on_every_path() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let curfew = Cause::Custom("curfew");
    // The person is there and may not come in.
    assert!(register(&cx, "marty_biff").await.is_err());
    let by_password = SignInWithPassword {
        username: "marty_biff".to_owned(),
        password: PASSWORD.into(),
    };
    let error = Driver::sign_in_with_password(&cx, by_password).await.unwrap_err();
    assert_eq!(error.cause(), curfew);
    let by_name = SignIn {
        name: "marty_biff".to_owned(),
    };
    let error = Driver::sign_in_with_marty(&cx, by_name).await.unwrap_err();
    assert_eq!(error.cause(), curfew);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_fails_undoes_the_action() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    assert_eq!(register(&cx, "griff").await.unwrap_err().cause(), Cause::Internal);
    let sign_in = SignInWithPassword {
        username: "griff".to_owned(),
        password: PASSWORD.into(),
    };
    let error = Driver::sign_in_with_password(&cx, sign_in).await.unwrap_err();
    assert_eq!(error.cause(), Cause::NoUser);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_credentials_of_a_custom_strategy_are_voided_too() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let signed_in = register(&cx, "marty").await.unwrap();
    let mine = on_behalf_of(&cx, &signed_in).await;
    let ticket = || "a ticket".to_owned();
    Driver::take_ticket_with_marty(&mine, TakeTicket { ticket: ticket() })
        .await
        .unwrap();
    {
        let mut connection = world.repo.get_writer().await.unwrap();
        cx.void_credentials(&mut connection, &signed_in.user)
            .await
            .unwrap();
    }
    let error = Driver::use_ticket_with_marty(&cx, UseTicket { ticket: ticket() })
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::NoUser);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_who_was_kept_out_after_the_proof_gets_no_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Driver>().await;
    let cx = auth.context();
    let read_before = register(&cx, "marty").await.unwrap().user;
    world.execute("UPDATE drivers SET username = 'marty_biff'").await;
    let factor = FirstFactor::new(Arc::clone(&read_before), "password", "sign_in", "pwd");
    let mut connection = world.repo.get_writer().await.unwrap();
    let error = mint(&cx, &mut connection, factor).await.unwrap_err();
    assert_eq!(error.cause(), Cause::Custom("curfew"));

    drop(connection);
    world.execute("UPDATE drivers SET username = 'doc'").await;
    let factor = FirstFactor::new(read_before, "password", "sign_in", "pwd");
    let mut connection = world.repo.get_writer().await.unwrap();
    let signed_in = mint(&cx, &mut connection, factor).await.unwrap();
    assert_eq!(signed_in.user.username, "doc", "the row as it is now");
}
