//! Several processes on one outbox, and one that dies.

use auth_runtime::db::PoolOptions;
use auth_tests::{OTHER_PASSWORD, mail::Post, process::Worker};
use serde_json::json;
use time::Duration;

use super::db::{World, user::*, with_user::*};

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_of_several_processes_one_delivers() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let auth = world
        .builder::<User>()
        .background_work(false)
        .start()
        .await
        .unwrap();
    let people: Vec<String> = (0..12).map(|n| format!("person{n}@example.org")).collect();
    world.outbox.set(Post::Fails);
    for person in &people {
        register(&auth.context(), person).await;
        let input = RequestPasswordResetWithPassword {
            email: person.clone(),
        };
        let accepted = User::request_password_reset_with_password(&auth.context(), input)
            .await
            .unwrap();
        accepted.delivered().await.unwrap_err();
    }
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    let mut racers = Vec::new();
    for _ in 0..4 {
        let repo = world.second_repo(PoolOptions::default().max_size(4)).await;
        let builder = world.builder_on::<User>(repo).background_work(false);
        racers.push(builder.start().await.unwrap());
    }
    let racers = racers
        .into_iter()
        .map(|auth| tokio::spawn(async move { auth.deliver_due().await }));
    let mut delivered = 0;
    for racer in racers.collect::<Vec<_>>() {
        delivered += racer.await.unwrap().unwrap().delivered;
    }
    assert_eq!(delivered, people.len());
    let mut to: Vec<_> = world
        .outbox
        .sent()
        .into_iter()
        .map(|sent| sent.to.unwrap())
        .collect();
    to.sort();
    let mut people = people;
    people.sort();
    assert_eq!(to, people, "each once");
    assert_eq!(auth.undelivered().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_what_a_process_leaves_that_is_killed_is_delivered_by_another() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let auth = world
        .builder::<User>()
        .background_work(false)
        .start()
        .await
        .unwrap();
    register(&auth.context(), "ada@example.org").await;
    let input = json!({"email": "ada@example.org"});
    let mut worker = Worker::start_with_mail(
        env!("CARGO_BIN_EXE_worker"),
        &world,
        "request_password_reset_with_password",
        &input,
        1,
        "slow",
    );
    worker.go();
    while auth.undelivered().await.unwrap() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    worker.kill();
    assert_eq!(
        auth.undelivered().await.unwrap(),
        1,
        "it committed and delivered nothing"
    );
    // Claimed or not, after this nobody has a right to it any more.
    world.clock.advance(Duration::seconds(70));
    assert_eq!(auth.deliver_due().await.unwrap().delivered, 1);
    let token = world.outbox.sent()[0].token.clone().unwrap();
    reset(&auth.context(), &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_the_next_start_delivers_by_itself_what_was_left() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let auth = world
        .builder::<User>()
        .background_work(false)
        .start()
        .await
        .unwrap();
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    let input = RequestPasswordResetWithPassword {
        email: "ada@example.org".to_owned(),
    };
    let accepted = User::request_password_reset_with_password(&auth.context(), input)
        .await
        .unwrap();
    accepted.delivered().await.unwrap_err();
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    let next = world.builder::<User>().start().await.unwrap();
    let sent = world.outbox.wait_for("password_reset", 1).await;
    assert_eq!(sent.len(), 1);
    next.shutdown(std::time::Duration::from_secs(10)).await;
    assert_eq!(auth.undelivered().await.unwrap(), 0);
}
