//! The authenticated GET, against the same written by hand.

use std::time::Duration;

use crate::{
    Failed,
    child::{Server, Setting},
    client::{Readers, tokens},
    server::Kind,
    stats::{Latencies, Spread},
    table::Table,
};

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 25;
const ROUND: Duration = Duration::from_millis(200);

/// A server under load, and what it has shown.
struct Contender {
    label: &'static str,
    server: Server,
    readers: Readers,
    rates: Vec<f64>,
    /// Processor time for each request, in µs.
    costs: Vec<f64>,
    latencies: Latencies,
}

impl Contender {
    async fn new(
        label: &'static str,
        kind: Kind,
        setting: &Setting,
        tokens: &[String],
    ) -> Result<Self, Failed> {
        let server = Server::start(kind, setting)?;
        Self::on(label, server, "/me", tokens).await
    }

    async fn on(label: &'static str, server: Server, page: &str, tokens: &[String]) -> Result<Self, Failed> {
        let mut readers = Readers::open(server.port, page, tokens).await?;
        readers.run(ROUND, Duration::ZERO).await?;
        Ok(Self {
            label,
            server,
            readers,
            rates: Vec::new(),
            costs: Vec::new(),
            latencies: Latencies::default(),
        })
    }

    async fn round(&mut self) -> Result<(), Failed> {
        let before = self.server.cpu()?;
        let round = self.readers.run(ROUND, Duration::ZERO).await?;
        let used = self.server.cpu()?.saturating_sub(before);
        self.rates.push(round.rate());
        self.costs
            .push(used.as_secs_f64() * 1e6 / round.latencies.len() as f64);
        self.latencies.extend(round.latencies);
        Ok(())
    }

    fn note(&self, scenario: &str, table: &mut Table) {
        table.noted(
            format!("{scenario}: {}", self.label),
            format!(
                "{:.1} µs CPU, {:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
                Spread::of(self.costs.clone()).median,
                Spread::of(self.rates.clone()).median,
                self.latencies.percentile(50),
                self.latencies.percentile(99),
            ),
        );
    }
}

/// Short rounds in turn, each time in the other order, so that what disturbs one disturbs the others.
async fn compete(contenders: &mut [Contender]) -> Result<(), Failed> {
    for round in 0..ROUNDS {
        if round % 2 == 1 {
            contenders.reverse();
        }
        for contender in &mut *contenders {
            contender.round().await?;
        }
        if round % 2 == 1 {
            contenders.reverse();
        }
    }
    Ok(())
}

/// Round by round, the figure of one over that of another.
fn ratio(ours: &[f64], bare: &[f64]) -> Spread {
    Spread::of(ours.iter().zip(bare).map(|(ours, bare)| ours / bare).collect())
}

/// What the ratio must be.
struct Budget {
    throughput: f64,
    cpu: f64,
}

fn compare(scenario: &str, ours: &Contender, bare: &Contender, budget: Option<Budget>, table: &mut Table) {
    let throughput = ratio(&ours.rates, &bare.rates);
    let cpu = ratio(&ours.costs, &bare.costs);
    let what = |figure: &str| format!("{scenario}: {figure} against {}", bare.label);
    match budget {
        Some(budget) => {
            let met = throughput.median >= budget.throughput;
            table.judged(
                what("throughput"),
                throughput.to_string(),
                format!("≥ {}", budget.throughput),
                met,
            );
            let met = cpu.median <= budget.cpu;
            table.judged(what("CPU"), cpu.to_string(), format!("≤ {}", budget.cpu), met);
        }
        None => {
            table.noted(what("throughput"), throughput.to_string());
            table.noted(what("CPU"), cpu.to_string());
        }
    }
}

/// By a token that no row belongs to.
pub async fn bearer(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::OursStateless, setting)?;
    let tokens = tokens(server.port, "stateless", CONNECTIONS).await?;
    let mut contenders = [
        Contender::on("ours", server, "/me", &tokens).await?,
        Contender::new("the same read by hand", Kind::BarePerson, setting, &tokens).await?,
    ];
    compete(&mut contenders).await?;
    let scenario = "GET, token without a row";
    for contender in &contenders {
        contender.note(scenario, table);
    }
    let [ours, person] = &contenders;
    let budget = Budget {
        throughput: 0.9,
        cpu: 1.11,
    };
    compare(scenario, ours, person, Some(budget), table);
    Ok(())
}

/// By a token that no row belongs to, for a handler that wants its claims only.
pub async fn claims(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::OursStateless, setting)?;
    let tokens = tokens(server.port, "stateless", CONNECTIONS).await?;
    let mut contenders = [
        Contender::on("ours", server, "/subject", &tokens).await?,
        Contender::new("decode by hand", Kind::BareDecode, setting, &tokens).await?,
    ];
    compete(&mut contenders).await?;
    let scenario = "GET, claims of a token without a row";
    for contender in &contenders {
        contender.note(scenario, table);
    }
    let [ours, decode] = &contenders;
    let budget = Budget {
        throughput: 0.9,
        cpu: 1.11,
    };
    compare(scenario, ours, decode, Some(budget), table);
    Ok(())
}

/// By a token whose row must be there.
pub async fn session(setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    let server = Server::start(Kind::Ours, setting)?;
    let tokens = tokens(server.port, "user", CONNECTIONS).await?;
    let mut contenders = [
        Contender::on("ours", server, "/me", &tokens).await?,
        Contender::new("one joined query by hand", Kind::BareSession, setting, &tokens).await?,
        Contender::new("by hand on our pool", Kind::BareSessionOnRepo, setting, &tokens).await?,
    ];
    compete(&mut contenders).await?;
    let scenario = "GET, stored session";
    for contender in &contenders {
        contender.note(scenario, table);
    }
    let [ours, bare, on_repo] = &contenders;
    let server_database = cfg!(any(feature = "postgres", feature = "mysql"));
    let budget = Budget {
        throughput: 0.9,
        cpu: if server_database { 1.1 } else { 1.15 },
    };
    compare(scenario, ours, bare, Some(budget), table);
    compare(scenario, ours, on_repo, None, table);
    Ok(())
}
