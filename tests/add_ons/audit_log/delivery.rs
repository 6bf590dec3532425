//! Messages that were given up.

use auth_tests::{call::*, mail::Post};
use serde_json::json;

use super::{
    db::{World, watched::*},
    support::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_message_that_was_given_up_is_an_event() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let builder = world.builder::<User>().background_work(false);
    let auth = builder.start().await.unwrap();
    let cx = auth.context();
    let ada = register(&cx, "ada@example.org").await;
    let ask = async || {
        call(
            &cx,
            "request_password_reset_with_password",
            json!({"email": "ada@example.org"}),
        )
        .await
        .unwrap();
    };
    world.outbox.set(Post::FailsOnce);
    ask().await;
    world.clock.advance(time::Duration::seconds(10));
    auth.deliver_due().await.unwrap();
    world.outbox.set(Post::Refuses);
    ask().await;
    world.clock.advance(time::Duration::seconds(10));
    auth.deliver_due().await.unwrap();
    assert_eq!(auth.undelivered().await.unwrap(), 0);

    assert_eq!(
        outline::<AuditLog, User>(&auth).await,
        [
            "register_with_password success",
            "request_password_reset_with_password success",
            "request_password_reset_with_password success",
            "deliver failure sender_failed",
        ],
        "a message that was tried again is none"
    );
    let events = events::<AuditLog, User>(&auth).await;
    assert_eq!(
        (events[3].strategy.as_str(), events[3].subject.as_deref()),
        ("password", Some(&*ada.subject()))
    );
    assert_eq!(
        outline::<TruncatedLog, User>(&auth).await,
        ["register_with_password success", "deliver failure sender_failed"]
    );
    let of_sign_ins = outline::<ExcludedLog, User>(&auth).await;
    assert_eq!(
        of_sign_ins,
        Vec::<String>::new(),
        "what is not included is not recorded"
    );
}
