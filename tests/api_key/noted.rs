//! The last use of a key.

use auth_runtime::prelude::*;
use time::Duration;

use super::{db::World, owners::owner::*};

async fn last_used(cx: &Context<Owner>) -> Option<UtcTimestamp> {
    Owner::list_api_keys(cx, ListApiKeys {}).await.unwrap()[0].last_used_at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted_once_in_five_minutes() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let new = key(&ada, "CI").await;
    assert_eq!(last_used(&ada).await, None);
    let begin = auth.now();
    let mut noted = Vec::new();
    // The clock stands still within a step, and the note is written beside the use.
    for _ in 0..6 {
        for _ in 0..5 {
            assert!(works(&cx, &new.key).await);
        }
        let mut seen = last_used(&ada).await;
        for _ in 0..100 {
            if seen.is_some_and(|at| auth.now() - at.get() < Duration::minutes(5)) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            seen = last_used(&ada).await;
        }
        noted.push(seen.unwrap().get() - begin);
        world.clock.advance(Duration::minutes(2));
    }
    assert_eq!(noted, [0, 0, 0, 6, 6, 6].map(Duration::minutes));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_not_used() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let new = key(&ada, "CI").await;
    Owner::revoke_api_key(&ada, RevokeApiKey { id: new.info.id })
        .await
        .unwrap();
    assert!(!works(&cx, &new.key).await);
    assert_eq!(last_used(&ada).await, None);
}
