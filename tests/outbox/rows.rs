//! What stands in the outbox, and what does not.

use auth_runtime::{authentication::Authentication, repo::Repo as _};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*, mail::Post, secrets::with_secrets};
use diesel::{QueryableByName, sql_query};
use serde_json::{Value, json};
use time::Duration;

use super::db::{Repo, World, member::Member, user::*, with_user::*};

async fn start(world: &World) -> Authentication<User> {
    User::schema().create(&world.repo).await.unwrap();
    let builder = world.builder::<User>().background_work(false);
    builder.start().await.unwrap()
}

async fn ask(auth: &Authentication<User>, email: &str) -> auth_runtime::strategy::Accepted {
    let input = RequestPasswordResetWithPassword {
        email: email.to_owned(),
    };
    User::request_password_reset_with_password(&auth.context(), input)
        .await
        .unwrap()
}

/// The kinds of message in the outbox and whether each has what a message has.
async fn rows(world: &World) -> Vec<(String, bool)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        kind: String,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        subject: Option<String>,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        claims: Option<String>,
    }
    let mut connection = world.repo.get_writer().await.unwrap();
    let query = sql_query("SELECT kind, subject, claims FROM auth_outbox ORDER BY kind");
    let rows: Vec<Row> = diesel_async::RunQueryDsl::load(query, &mut *connection)
        .await
        .unwrap();
    let filled = |row: Row| (row.kind, row.subject.is_some() && row.claims.is_some());
    rows.into_iter().map(filled).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_known_and_unknown_people_cost_the_same_rows() {
    let Some(world) = World::new().await else { return };
    User::schema().create(&world.repo).await.unwrap();
    let mut options = auth_runtime::sender::DeliveryOptions::default();
    options.concurrency = 1;
    let builder = world.builder::<User>().background_work(false).delivery(options);
    let auth = builder.start().await.unwrap();
    for person in ["ada@example.org", "bob@example.org"] {
        register(&auth.context(), person).await;
    }
    // The one place is taken, so that the rows can be looked at.
    world.outbox.set(Post::Slow(std::time::Duration::from_secs(3600)));
    drop(ask(&auth, "bob@example.org").await);
    while world.outbox.attempts() == 0 {
        tokio::task::yield_now().await;
    }
    world.outbox.set(Post::Works);
    let counts = async || {
        (
            auth.undelivered().await.unwrap(),
            world.tokens("password_reset").await.len(),
        )
    };
    assert_eq!(counts().await, (1, 1));
    drop(ask(&auth, "ada@example.org").await);
    assert_eq!(counts().await, (2, 2));
    for (nobody, count) in [("eve@example.org", 3), ("no address", 4)] {
        drop(ask(&auth, nobody).await);
        let expected = usize::try_from(count).unwrap();
        assert_eq!(counts().await, (count, expected), "{nobody}");
    }
    assert_eq!(
        rows(&world).await,
        [
            ("nothing".to_owned(), true),
            ("nothing".to_owned(), true),
            ("password_reset".to_owned(), true),
            ("password_reset".to_owned(), true),
        ]
    );
    let everything = world.texts(&User::schema()).await.join("\n");
    assert!(
        !everything.contains("eve@example.org"),
        "nobody's address is kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_what_is_for_nobody_is_dropped_without_a_word() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    ask(&auth, "eve@example.org").await.delivered().await.unwrap();
    assert_eq!(auth.undelivered().await.unwrap(), 0);
    assert_eq!(world.outbox.attempts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_01_no_table_holds_a_token_that_was_sent_or_waits() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    for person in ["ada@example.org", "bob@example.org"] {
        register(&auth.context(), person).await;
    }
    let signed_in = sign_in(&auth.context(), "ada@example.org", PASSWORD)
        .await
        .unwrap();
    let sent = reset_token(&world, &auth.context(), "bob@example.org").await;
    world.outbox.set(Post::Fails);
    ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    let waiting = world.texts(&User::schema()).await;
    assert!(
        waiting
            .iter()
            .any(|text| text.contains("password_reset_with_password")),
        "the claims are there"
    );
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    auth.deliver_due().await.unwrap();
    let later = world.outbox.sent().last().unwrap().token.clone().unwrap();
    let texts = [waiting, world.texts(&User::schema()).await].concat();
    for token in [&sent, &later, &token(&signed_in)] {
        // Neither whole nor in parts: header, claims and signature as they stand in the link.
        for part in token.split('.') {
            assert!(!texts.iter().any(|text| text.contains(part)));
        }
    }
    reset(&auth.context(), &later, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_10_a_message_that_waited_is_signed_with_the_newest_key() {
    let Some(world) = World::new().await else { return };
    Member::schema().create(&world.repo).await.unwrap();
    let key = |name: &str| Some(format!("the {name} key of the tests, thirty-two bytes and more"));
    let start = async |newest, previous| {
        let secrets = [
            ("signing_secret", key(newest)),
            ("previous_signing_secrets", key(previous)),
        ];
        let builder = world.builder::<Member>().background_work(false);
        with_secrets(secrets, builder.start()).await.unwrap()
    };
    let old = start("first", "zeroth").await;
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD, "points": 1});
    enter(&old.context(), "register_with_password", input)
        .await
        .unwrap();
    world.outbox.set(Post::Fails);
    let input = json!({"email": "ada@example.org"});
    drop(
        call(&old.context(), "request_password_reset_with_password", input)
            .await
            .unwrap(),
    );
    while old.undelivered().await.unwrap() != 1 || world.outbox.attempts() != 1 {
        tokio::task::yield_now().await;
    }
    old.shutdown(std::time::Duration::from_secs(10)).await;

    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    let new = start("second", "first").await;
    assert_eq!(new.deliver_due().await.unwrap().delivered, 1);
    // The first key is gone, and with it everything that it signed.
    let newer = start("third", "second").await;
    let input = json!({
        "reset_token": world.outbox.sent()[0].token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    enter(&newer.context(), "password_reset_with_password", input)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_03_whoever_can_write_the_outbox_gets_no_session_signed() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    register(&auth.context(), "ada@example.org").await;
    for purpose in ["user", "sign_in"] {
        world.outbox.set(Post::Fails);
        ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
        world.outbox.set(Post::Works);
        let forge = format!(
            "UPDATE auth_outbox SET claims = REPLACE(claims, '\"purpose\":\"password_reset\"', '\"purpose\":\"{purpose}\"')"
        );
        world.execute(&forge).await;
        world.clock.advance(Duration::seconds(10));
        let report = auth.deliver_due().await.unwrap();
        assert_eq!((report.delivered, report.failed), (0, 1));
        assert_eq!(world.outbox.sent(), []);
        world.execute("DELETE FROM auth_outbox").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_a_token_that_was_replaced_is_not_sent_any_more() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    for _ in 0..3 {
        ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    }
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    let report = auth.deliver_due().await.unwrap();
    assert_eq!((report.delivered, report.dropped), (1, 2));
    let token = world.outbox.sent()[0].token.clone().unwrap();
    reset(&auth.context(), &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_nothing_is_sent_to_people_who_are_gone() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    ask(&auth, "ada@example.org").await.delivered().await.unwrap_err();
    world.outbox.set(Post::Works);
    world.delete_user("ada@example.org").await;
    world.clock.advance(Duration::seconds(10));
    assert_eq!(auth.deliver_due().await.unwrap().dropped, 1);
    assert_eq!(world.outbox.sent(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_10_a_notice_goes_to_the_address_that_was_on_file() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    let ada = register(&auth.context(), "ada@example.org").await;
    world.outbox.set(Post::Fails);
    let mine = on_behalf_of(&auth.context(), &ada).await;
    change(&mine, PASSWORD, OTHER_PASSWORD).await.unwrap();
    while world.outbox.attempts() == 0 {
        tokio::task::yield_now().await;
    }
    auth.shutdown(std::time::Duration::from_secs(10)).await;
    world.execute("UPDATE users SET email = 'eve@example.org'").await;
    world.outbox.set(Post::Works);
    world.clock.advance(Duration::seconds(10));
    let auth = start(&world).await;
    assert_eq!(auth.deliver_due().await.unwrap().delivered, 1);
    let sent = world.outbox.sent();
    assert_eq!(
        (sent[0].kind, sent[0].to.as_deref()),
        ("password_changed", Some("ada@example.org"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_05_no_message_for_work_that_did_not_commit() {
    let Some(world) = World::new().await else { return };
    let auth = start(&world).await;
    let ada = register(&auth.context(), "ada@example.org").await;
    let blocked = match <Repo as auth_tests::database::TestDatabase>::KEY {
        "sqlite" => {
            "CREATE TRIGGER blocked BEFORE INSERT ON auth_outbox BEGIN SELECT RAISE(ABORT, 'blocked'); END"
        }
        "postgres" => {
            "CREATE FUNCTION blocked() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'blocked'; END $$ LANGUAGE plpgsql; \
             CREATE TRIGGER blocked BEFORE INSERT ON auth_outbox FOR EACH ROW EXECUTE FUNCTION blocked()"
        }
        _ => {
            "CREATE TRIGGER blocked BEFORE INSERT ON auth_outbox FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'blocked'"
        }
    };
    world.execute(blocked).await;
    let before = world.hash_of("ada@example.org").await;
    let mine = on_behalf_of(&auth.context(), &ada).await;
    change(&mine, PASSWORD, OTHER_PASSWORD).await.unwrap_err();
    assert_eq!(
        world.hash_of("ada@example.org").await,
        before,
        "a change of which nobody can be told does not happen"
    );
    let input: Value = json!({"email": "ada@example.org"});
    call(&auth.context(), "request_password_reset_with_password", input)
        .await
        .unwrap_err();
    assert_eq!(world.tokens("password_reset").await, []);
    assert_eq!(world.outbox.attempts(), 0);
}
