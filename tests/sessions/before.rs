//! The end of everything that was issued before a moment.

use auth_runtime::{clock::Clock, db::PoolOptions};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};

use super::db::{World, user::User, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn tk_08_what_was_issued_before_a_moment_ends_in_every_process() {
    let Some(world) = World::new().await else { return };
    let here = world.start::<User>().await;
    let repo = world.second_repo(PoolOptions::default()).await;
    let there = world.builder_on::<User>(repo).start().await.unwrap();
    let cx = here.context();
    let old = register(&cx, "ada@example.org").await;
    let eve = register(&cx, "eve@example.org").await;
    let old_reset = reset_token(&world, &cx, "ada@example.org").await;
    world.clock.advance(time::Duration::minutes(1));
    let moment = world.clock.now();
    let new = sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();

    let ended = here.revoke_issued_before(&old.subject(), moment).await.unwrap();
    assert_eq!((ended.sessions, ended.tokens), (1, 2));
    assert!(there.authenticate(&token(&old)).await.unwrap().is_none());
    assert!(there.authenticate(&token(&new)).await.unwrap().is_some());
    assert!(there.authenticate(&token(&eve)).await.unwrap().is_some());
    assert!(reset(&cx, &old_reset, OTHER_PASSWORD).await.is_err());

    let again = here.revoke_issued_before(&old.subject(), moment).await.unwrap();
    assert_eq!((again.sessions, again.tokens), (0, 0));
    for nobody in ["user?id=1", "admin?id=1", "user", ""] {
        let ended = here.revoke_issued_before(nobody, moment).await.unwrap();
        assert_eq!(ended.tokens, 0, "{nobody}");
    }
}
