//! What a storm of sign-ins does to those who are signed in.

use std::time::Duration;

use crate::{
    Failed,
    child::{Server, Setting},
    client::{Readers, tokens},
    server::Kind,
    stats::Spread,
    storm::Storm,
    table::Table,
};

const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_millis(700);
const ROUND: Duration = Duration::from_millis(2_500);
/// Requests come at a pace that leaves the processor mostly idle, so that the storm is what is measured.
const PAUSE: Duration = Duration::from_millis(3);

pub async fn run(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::Ours, setting)?;
    let tokens = tokens(server.port, "user", 8).await?;
    let mut readers = Readers::open(server.port, "/me", &tokens).await?;
    readers.run(WARM_UP, PAUSE).await?;
    let (mut calm, mut stormy, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let alone = readers.run(ROUND, PAUSE).await?.latencies.percentile(99);
        let storm = Storm::start(server.port, 64);
        readers.run(WARM_UP, PAUSE).await?;
        let beside = readers.run(ROUND, PAUSE).await?.latencies.percentile(99);
        storm.stop()?;
        calm.push(alone);
        stormy.push(beside);
        ratios.push(beside / alone);
    }
    table.noted("GET alone: p99, ms", Spread::of(calm).to_string());
    table.noted("GET beside 64 sign-ins: p99, ms", Spread::of(stormy).to_string());
    let budget = if cfg!(any(feature = "postgres", feature = "mysql")) {
        10.0
    } else {
        4.0
    };
    let ratio = Spread::of(ratios);
    let met = ratio.median <= budget;
    table.judged(
        "GET beside 64 sign-ins: p99 against alone",
        ratio.to_string(),
        format!("≤ {budget}"),
        met,
    );
    Ok(())
}
