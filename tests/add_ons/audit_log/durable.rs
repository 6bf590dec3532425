//! Events that commit with their action.

use auth_runtime::error::Cause;
use auth_tests::{
    OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*, database::TestDatabase, process::Worker,
};
use serde_json::json;

use super::{
    db::{Repo, World, watched::*},
    support::*,
};

/// Lets no event be written from now on.
async fn block_log(world: &World) {
    let blocked = match Repo::KEY {
        "sqlite" => {
            "CREATE TRIGGER blocked BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'blocked'); END"
        }
        "postgres" => {
            "CREATE FUNCTION blocked() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'blocked'; END $$ LANGUAGE plpgsql; \
             CREATE TRIGGER blocked BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION blocked()"
        }
        _ => {
            "CREATE TRIGGER blocked BEFORE INSERT ON audit_log FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'blocked'"
        }
    };
    world.execute(blocked).await;
}

async fn unblock_log(world: &World) {
    let sql = match Repo::KEY {
        "postgres" => "DROP TRIGGER blocked ON audit_log",
        _ => "DROP TRIGGER blocked",
    };
    world.execute(sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_a_success_without_its_event_does_not_happen() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let ada = register(&cx, "ada@example.org").await;
    let hash = world.hash_of("ada@example.org").await;
    let mine = on_behalf_of(&cx, &ada).await;
    block_log(&world).await;
    let error = enter(&cx, "register_with_password", newcomer("eve@example.org"))
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::StorageFailed);
    assert_eq!(world.count_users().await, 1);
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap_err();
    let change = json!({
        "current_password": PASSWORD, "password": OTHER_PASSWORD, "password_confirmation": OTHER_PASSWORD,
    });
    enter(&mine, "change_password", change).await.unwrap_err();
    let email = json!({"email": "ada@example.org"});
    call(&cx, "request_password_reset_with_password", email)
        .await
        .unwrap_err();
    auth.sign_out(&token(&ada)).await.unwrap_err();
    assert_eq!(world.hash_of("ada@example.org").await, hash);
    assert_eq!(world.tokens("user").await.len(), 1);
    assert_eq!(world.tokens("password_reset").await, []);
    assert!(
        session(&cx, &token(&ada)).await.is_some(),
        "nobody was signed out"
    );

    unblock_log(&world).await;
    let events = events::<AuditLog, User>(&auth).await;
    assert_eq!(events.len(), 1, "no event of what did not happen: {events:#?}");
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_a_failure_is_answered_as_a_failure_even_without_its_event() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    block_log(&world).await;
    let error = sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    assert_eq!(error.cause(), Cause::WrongPassword);
    let error = sign_in(&cx, "nobody@example.org", PASSWORD).await.unwrap_err();
    assert_eq!(error.cause(), Cause::NoUser);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_a_killed_process_loses_no_event_that_was_answered() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    let (program, people) = (env!("CARGO_BIN_EXE_worker"), format!("{} watched", Repo::KEY));
    let mut worker = Worker::start_with(program, &world, &people, "sign_in_with_password", &input, 12);
    worker.go();
    let answered = worker.first_outcomes(5);
    worker.kill();
    assert_eq!(answered, ["ok"; 5]);
    let outline = outline::<AuditLog, User>(&auth).await;
    let signed_in = outline
        .iter()
        .filter(|line| *line == "sign_in_with_password success")
        .count();
    let sessions = world.tokens("user").await.len() - 1;
    assert!(signed_in >= 5, "{outline:?}");
    assert_eq!(sessions, signed_in, "a session and its event are one");
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_09_a_crowd_leaves_one_event_each() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let crowd: Vec<_> = (0..16)
        .map(|_| {
            let cx = cx.clone();
            tokio::spawn(async move { sign_in(&cx, "ada@example.org", PASSWORD).await.map(drop) })
        })
        .collect();
    let mut ok = 0;
    for caller in crowd {
        ok += usize::from(caller.await.unwrap().is_ok());
    }
    let outline = outline::<AuditLog, User>(&auth).await;
    assert_eq!(outline.len(), 17, "{outline:?}");
    let successes = outline.iter().filter(|line| line.contains("success")).count();
    assert_eq!(successes, ok + 1);
}
