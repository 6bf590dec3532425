//! What a key costs the database, counted. Clocks would tell the same with more noise.

use std::cell::Cell;

use auth_runtime::prelude::*;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use super::{db::World, owners::owner::*};

thread_local! {
    static QUERIES: Cell<usize> = const { Cell::new(0) };
}

struct Count;

impl Instrumentation for Count {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            QUERIES.set(QUERIES.get() + 1);
        }
    }
}

/// Reads on SQLite run in place, so all of this happens on one thread.
async fn cost(cx: &Context<Owner>, text: &str) -> usize {
    let before = QUERIES.get();
    drop(cx.find_api_key(text).await.unwrap());
    QUERIES.get() - before
}

#[tokio::test]
async fn ak_02_every_key_costs_the_same_reads() {
    set_default_instrumentation(|| Some(Box::new(Count))).unwrap();
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let (live, revoked, short) = (key(&ada, "a").await, key(&ada, "b").await, key(&ada, "c").await);
    let text = live.key.expose_secret();
    assert_eq!(
        cost(&cx, text).await,
        2,
        "the key and its owner, each by primary key"
    );

    for shape in [
        "acme_",
        "acme_a_a",
        "acme_a_a_a",
        "other",
        "",
        &text[..text.len() - 1],
    ] {
        assert_eq!(cost(&cx, shape).await, 0, "ak_01: {shape}");
    }
    let revoke = RevokeApiKey { id: revoked.info.id };
    Owner::revoke_api_key(&ada, revoke).await.unwrap();
    let rotate = RotateApiKey {
        id: short.info.id,
        overlap: Some(std::time::Duration::from_secs(1)),
        lifetime: None,
    };
    Owner::rotate_api_key(&ada, rotate).await.unwrap();
    world.clock.advance(time::Duration::SECOND);
    for key in [&revoked.key, &short.key] {
        assert!(!works(&cx, key).await);
        assert_eq!(cost(&cx, key.expose_secret()).await, 2);
    }
    world.execute("UPDATE owners SET confirmed_at = NULL").await;
    assert_eq!(cost(&cx, text).await, 2, "somebody unconfirmed");
    world.execute("DELETE FROM owners").await;
    assert_eq!(cost(&cx, text).await, 2, "somebody who is gone");
    world.execute("DELETE FROM keys_of_all").await;
    assert_eq!(cost(&cx, text).await, 2, "a key that is not there");
}
