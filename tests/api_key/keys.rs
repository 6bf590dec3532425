//! Which keys count.

use std::time::Duration;

use auth_runtime::prelude::*;
use auth_tests::PASSWORD;

use super::{
    db::World,
    owners::{
        owner::*,
        robot::{self, Robot},
    },
};

async fn found(cx: &Context<Owner>, text: &str) -> bool {
    cx.find_api_key(text).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_02_a_key_stands_for_its_owner_and_its_scopes() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let new = key(&ada, "CI").await;
    let current = cx.find_api_key(new.key.expose_secret()).await.unwrap().unwrap();
    assert_eq!(current.user().email, "ada@example.org");
    assert_eq!(current.subject(), ada.session().unwrap().subject());
    assert_eq!(
        (current.id(), current.name(), current.strategy(), current.scopes()),
        (new.info.id, "CI", "api_key", &["read"][..])
    );
    assert!(current.has::<api_key::Read>() && current.has::<AnyScope>());
    assert!(!current.has::<api_key::WriteOrders>());
    assert!(
        !current.has::<deploy::Read>(),
        "the same word of another strategy"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_01_other_texts_are_no_keys() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let new = key(&ada, "CI").await;
    let text = new.key.expose_secret();
    let (prefix, rest) = text.split_once('_').unwrap();
    let last = if text.ends_with('a') { "b" } else { "a" };
    for other in [
        format!("{}{last}", &text[..text.len() - 1]),
        format!("acmedeploy_{rest}"),
        format!("other_{rest}"),
        prefix.to_owned(),
        format!("{prefix}_"),
        format!("{prefix}_{rest}_"),
        format!("{prefix}_{rest} "),
        String::new(),
    ] {
        assert!(!found(&cx, &other).await, "{other}");
    }
    assert!(found(&cx, text).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_02_a_key_ends_at_its_time() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let input = CreateApiKey {
        name: "short".to_owned(),
        scopes: Scopes::none(),
        lifetime: Some(Duration::from_secs(60)),
    };
    let new = Owner::create_api_key(&ada, input).await.unwrap();
    world.clock.advance(time::Duration::seconds(59));
    assert!(works(&cx, &new.key).await);
    world.clock.advance(time::Duration::SECOND);
    assert!(!works(&cx, &new.key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_03_the_key_of_somebody_unconfirmed_does_not_count() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let new = key(&ada, "CI").await;
    world.execute("UPDATE owners SET confirmed_at = NULL").await;
    assert!(!works(&cx, &new.key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_deleting_a_person_ends_their_keys() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let new = key(&owner(&cx, "ada@example.org").await, "CI").await;
    world.execute("DELETE FROM owners").await;
    assert!(!works(&cx, &new.key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_02_a_key_belongs_to_one_prefix() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let (one, two) = (key(&ada, "one").await, key(&ada, "two").await);
    assert!(works(&cx, &one.key).await && works(&cx, &two.key).await);
    world
        .execute("UPDATE keys_of_all SET prefix = 'acmedeploy'")
        .await;
    assert!(!works(&cx, &one.key).await, "made under another prefix");
    let as_deploy = one.key.expose_secret().replacen("acme_", "acmedeploy_", 1);
    assert!(found(&cx, &as_deploy).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_keys_of_other_kinds_of_people_are_unknown() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let new = key(&owner(&auth.context(), "ada@example.org").await, "CI").await;
    Robot::schema().create(&world.repo).await.unwrap();
    let robots = world.builder::<Robot>().start().await.unwrap();
    let cx = robots.context();
    let text = new.key.expose_secret();
    assert!(cx.find_api_key(text).await.unwrap().is_none());

    let input = robot::RegisterWithPassword {
        email: "r2@example.org".to_owned(),
        password: PASSWORD.into(),
    };
    let signed_in = Robot::register_with_password(&cx, input).await.unwrap();
    let r2 = auth_tests::call::on_behalf_of(&cx, &signed_in).await;
    let input = robot::CreateApiKey {
        name: "CI".to_owned(),
        scopes: Scopes::none(),
        lifetime: None,
    };
    let own = Robot::create_api_key(&r2, input).await.unwrap();
    let text = own.key.expose_secret();
    assert_eq!(
        cx.find_api_key(text).await.unwrap().unwrap().user().email,
        "r2@example.org"
    );
    assert!(!found(&auth.context(), text).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_a_number_that_is_given_again_brings_no_keys_along() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Robot>().await;
    let cx = auth.context();
    let register = async |email: &str| {
        let input = robot::RegisterWithPassword {
            email: email.to_owned(),
            password: PASSWORD.into(),
        };
        Robot::register_with_password(&cx, input).await.unwrap()
    };
    let first = register("r2@example.org").await;
    let mine = auth_tests::call::on_behalf_of(&cx, &first).await;
    let input = robot::CreateApiKey {
        name: "CI".to_owned(),
        scopes: Scopes::none(),
        lifetime: None,
    };
    let new = Robot::create_api_key(&mine, input).await.unwrap();
    let next = first.user.id + 1;
    world
        .execute(&format!("UPDATE keys_of_all SET subject = 'robot?id={next}'"))
        .await;
    let second = register("c3@example.org").await;
    assert_eq!(second.user.id, next);
    let found = cx.find_api_key(new.key.expose_secret()).await.unwrap();
    assert!(found.is_none());
}
