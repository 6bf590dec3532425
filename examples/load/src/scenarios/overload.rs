//! How soon those are told who cannot be served.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::{
    Failed,
    child::{Server, Setting},
    client::{Connection, sign_in},
    server::Kind,
    stats::Latencies,
    storm::Storm,
    table::Table,
};

const WARM_UP: Duration = Duration::from_millis(700);
const PERIOD: Duration = Duration::from_secs(4);

pub async fn run(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::Ours, setting)?;
    let storm = Storm::start(server.port, 64);
    tokio::time::sleep(WARM_UP).await;
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let mut connection = Connection::open(server.port).await?;
        tasks.spawn(async move {
            let request = sign_in("user", 1_000 + number);
            let mut refusals = Latencies::default();
            while started.elapsed() < PERIOD {
                let sent = Instant::now();
                let reply = connection.send(&request).await?;
                if reply.status() == "503" {
                    refusals.push(sent.elapsed());
                    reply
                        .header("retry-after")
                        .ok_or("a refusal without Retry-After")?;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<Latencies, Failed>(refusals)
        });
    }
    let mut refusals = Latencies::default();
    while let Some(finished) = tasks.join_next().await {
        refusals.extend(finished??);
    }
    storm.stop()?;
    let p99 = refusals.percentile(99);
    let met = refusals.len() > 0 && p99 <= 10.0;
    let measured = format!(
        "p50 {:.2}, p99 {p99:.2}, most {:.2} of {} refusals",
        refusals.percentile(50),
        refusals.percentile(100),
        refusals.len(),
    );
    table.judged(
        "overload: time to 503 with Retry-After, ms",
        measured,
        "p99 ≤ 10",
        met,
    );
    Ok(())
}
