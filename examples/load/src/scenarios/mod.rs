//! What is measured. Each scenario starts its own servers and adds its rows to the table.

mod get;
mod memory;
mod overload;
mod sign_in;
mod storm_get;

use crate::{Failed, child::Setting, table::Table};

/// The scenarios by name. Without a name all but `soak` run.
pub const NAMES: &[&str] = &[
    "bearer", "claims", "session", "sign-in", "storm", "overload", "memory", "soak",
];

pub async fn run(chosen: &[&str], setting: &Setting, table: &mut Table) -> Result<(), Failed> {
    for &name in NAMES {
        let wanted = chosen.contains(&name) || chosen.is_empty() && name != "soak";
        if !wanted {
            continue;
        }
        eprintln!("{name}");
        match name {
            "bearer" => get::bearer(setting, table).await?,
            "claims" => get::claims(setting, table).await?,
            "session" => get::session(setting, table).await?,
            "sign-in" => sign_in::run(setting, table).await?,
            "storm" => storm_get::run(setting, table).await?,
            "overload" => overload::run(setting, table).await?,
            "memory" => memory::run(setting, table).await?,
            _ => memory::soak(setting, table).await?,
        }
    }
    Ok(())
}
