//! How much memory a storm takes, and whether it is given back.

use std::time::{Duration, Instant};

use auth_runtime::hasher::Argon2Params;

use crate::{
    Failed,
    child::{Server, Setting},
    server::Kind,
    storm::Storm,
    table::Table,
};

const PERIOD: Duration = Duration::from_secs(4);
/// A little longer than the hashing threads keep their memory.
const REST: Duration = Duration::from_millis(6_500);

pub async fn run(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::Ours, setting)?;
    let idle = server.resident()?;
    let budget = if cfg!(any(feature = "postgres", feature = "mysql")) {
        16.0
    } else {
        12.0
    };
    table.judged(
        "memory idle, MiB",
        format!("{idle:.1}"),
        format!("≤ {budget}"),
        idle <= budget,
    );
    for clients in [64, 256, 512] {
        let (most, _) = storm(&server, clients, |elapsed, _| elapsed < PERIOD).await?;
        let limit = idle + hashing()?;
        table.judged(
            format!("memory while {clients} clients sign in, MiB"),
            format!("{most:.1}"),
            format!("≤ {:.0} (must ≤ {:.0})", limit + 15.0, limit + 32.0),
            most <= limit + 15.0,
        );
    }
    tokio::time::sleep(REST).await;
    table.noted("memory afterwards, MiB", format!("{:.1}", server.resident()?));
    Ok(())
}

/// Ten thousand sign-ins, after which nothing must be kept.
pub async fn soak(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    const SIGN_INS: usize = 10_000;
    let server = Server::start(Kind::Ours, setting)?;
    let idle = server.resident()?;
    storm(&server, 64, |_, count| count < SIGN_INS / 10).await?;
    tokio::time::sleep(REST).await;
    let early = server.resident()?;
    let (most, _) = storm(&server, 64, |_, count| count < SIGN_INS).await?;
    tokio::time::sleep(REST).await;
    let late = server.resident()?;
    table.noted(
        "memory over 10 000 sign-ins: idle, most, MiB",
        format!("{idle:.1}, {most:.1}"),
    );
    table.judged(
        "memory after 10 000 sign-ins against after 1 000, MiB",
        format!("{late:.1} against {early:.1}"),
        "≤ + 1",
        late <= early + 1.0,
    );
    Ok(())
}

/// What the hashing threads hold, in MiB.
fn hashing() -> Result<f64, Failed> {
    let slots = std::thread::available_parallelism()?.get() as f64;
    Ok(slots * f64::from(Argon2Params::DEFAULT.memory_kib()) / 1024.0)
}

/// The most memory while a storm goes on, and how many signed in.
async fn storm(
    server: &Server,
    clients: usize,
    goes_on: impl Fn(Duration, usize) -> bool,
) -> Result<(f64, usize), Failed> {
    let started = Instant::now();
    let storm = Storm::start(server.port, clients);
    let mut most: f64 = 0.0;
    while goes_on(started.elapsed(), storm.signed_in()) {
        tokio::time::sleep(Duration::from_millis(25)).await;
        most = most.max(server.resident()?);
    }
    let count = storm.signed_in();
    storm.stop()?;
    Ok((most, count))
}
