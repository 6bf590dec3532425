//! What signing in and being signed in cost, against handlers written by hand. See README.md in this folder.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod accounts;
mod bare;
mod child;
mod client;
mod database;
mod scenarios;
mod server;
mod stats;
mod storm;
mod table;

use child::Setting;
use database::Database;
use server::Kind;
use table::Table;

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", kind, url] = *arguments {
        let kind = Kind::named(kind).ok_or("no such server")?;
        return tokio::runtime::Runtime::new()?.block_on(server::serve(kind, url));
    }
    // One thread: the client must leave the cores to the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&arguments))
}

async fn measure(chosen: &[&str]) -> Result<(), Failed> {
    if let Some(unknown) = chosen.iter().find(|name| !scenarios::NAMES.contains(name)) {
        return Err(format!(
            "no scenario `{unknown}`; there are {}",
            scenarios::NAMES.join(", ")
        )
        .into());
    }
    let database = Database::create().await?;
    let setting = Setting {
        url: database.url.clone(),
        secret: format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>()),
    };
    let mut table = Table::default();
    let outcome = match database.fill().await {
        Ok(()) => scenarios::run(chosen, &setting, &mut table).await,
        Err(error) => Err(error),
    };
    database.destroy().await?;
    let cores = std::thread::available_parallelism()?;
    println!("\n{}, {cores} cores\n", Database::NAME);
    table.print();
    outcome
}
