//! How many people can sign in, against how many hashes the processor can make.

use std::time::{Duration, Instant};

use auth_runtime::hasher::{HashPool, PasswordHashing, PoolOptions};

use crate::{
    Failed,
    child::{Server, Setting, cpu_of},
    database::PASSWORD,
    server::Kind,
    stats::Spread,
    storm::Storm,
    table::Table,
};

const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_millis(700);
const ROUND: Duration = Duration::from_millis(2_500);

/// Sign-ins for each second, and their processor time in ms.
struct Rate {
    rate: f64,
    cost: f64,
    /// How many were turned away for each one who was signed in.
    refused: f64,
}

pub async fn run(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::Ours, setting)?;
    let (mut hashes, mut few, mut many) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        hashes.push(hash().await?);
        few.push(sign_ins(&server, 8).await?);
        many.push(sign_ins(&server, 64).await?);
    }
    let cores = std::thread::available_parallelism()?.get() as f64;
    let of = |rates: &[Rate], figure: fn(&Rate) -> f64| Spread::of(rates.iter().map(figure).collect());
    let time = Spread::of(hashes.iter().map(|hash| hash.alone).collect());
    table.noted("hash alone, ms", time.to_string());
    let over = |rates: &[Rate], limit: fn(&Hash, f64) -> f64| {
        let ratios = rates.iter().zip(&hashes);
        Spread::of(
            ratios
                .map(|(rate, hash)| rate.rate / limit(hash, cores))
                .collect(),
        )
    };
    let alone = |hash: &Hash, cores: f64| cores * 1e3 / hash.alone;
    for (clients, rates) in [(8, &few), (64, &many)] {
        table.noted(
            format!("sign-in, {clients} clients"),
            format!(
                "{:.0}/s, {:.1} ms CPU, {:.2} turned away for each",
                of(rates, |r| r.rate).median,
                of(rates, |r| r.cost).median,
                of(rates, |r| r.refused).median,
            ),
        );
        let ratio = over(rates, alone);
        let met = ratio.median >= 0.95;
        let what = format!("sign-in, {clients} clients: rate against cores / time of one hash");
        table.judged(what, ratio.to_string(), "≥ 0.95", met);
        let shares = rates.iter().zip(&hashes);
        let share = Spread::of(shares.map(|(rate, hash)| hash.alone / rate.cost).collect());
        let what = format!("sign-in, {clients} clients: one hash against the CPU of a sign-in");
        table.noted(what, share.to_string());
        let ratio = over(rates, |hash, _| hash.all_cores);
        let what = format!("sign-in, {clients} clients: rate against hashing on all cores");
        table.noted(what, ratio.to_string());
    }
    let ratio = Spread::of(
        many.iter()
            .zip(&few)
            .map(|(many, few)| many.rate / few.rate)
            .collect(),
    );
    let met = ratio.median >= 0.97;
    table.judged(
        "sign-in: rate at 64 clients against 8",
        ratio.to_string(),
        "≥ 0.97",
        met,
    );
    Ok(())
}

/// What hashing costs when nothing else goes on.
struct Hash {
    /// The processor time of one, in ms. On a busy machine the time by the clock would measure the others.
    alone: f64,
    /// How many all cores make in a second.
    all_cores: f64,
}

async fn hash() -> Result<Hash, Failed> {
    let (_, cpu, count) = hashing(1).await?;
    let (elapsed, _, all) = hashing(std::thread::available_parallelism()?.get()).await?;
    Ok(Hash {
        alone: cpu.as_secs_f64() * 1e3 / count as f64,
        all_cores: all as f64 / elapsed.as_secs_f64(),
    })
}

/// Hashes on so many threads for a while.
async fn hashing(threads: usize) -> Result<(Duration, Duration, usize), Failed> {
    let mut options = PoolOptions::default();
    options.workers = threads.try_into().ok();
    let pool = HashPool::new(options);
    let hashing = PasswordHashing::default();
    pool.hash(&hashing, PASSWORD.into()).await?;
    let (started, before) = (Instant::now(), cpu_of(std::process::id())?);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..threads {
        let (pool, hashing) = (pool.clone(), hashing.clone());
        tasks.spawn(async move {
            let mut count = 0;
            while started.elapsed() < WARM_UP {
                pool.hash(&hashing, PASSWORD.into()).await?;
                count += 1;
            }
            Ok::<usize, Failed>(count)
        });
    }
    let mut count = 0;
    while let Some(finished) = tasks.join_next().await {
        count += finished??;
    }
    let cpu = cpu_of(std::process::id())?.saturating_sub(before);
    Ok((started.elapsed(), cpu, count))
}

async fn sign_ins(server: &Server, clients: usize) -> Result<Rate, Failed> {
    let storm = Storm::start(server.port, clients);
    tokio::time::sleep(WARM_UP).await;
    let (started, cpu) = (Instant::now(), server.cpu()?);
    let (count, refused) = (storm.signed_in(), storm.refused());
    tokio::time::sleep(ROUND).await;
    let count = (storm.signed_in() - count) as f64;
    let refused = (storm.refused() - refused) as f64;
    let cpu = server.cpu()?.saturating_sub(cpu).as_secs_f64();
    let elapsed = started.elapsed().as_secs_f64();
    storm.stop()?;
    Ok(Rate {
        rate: count / elapsed,
        cost: cpu * 1e3 / count,
        refused: refused / count,
    })
}
