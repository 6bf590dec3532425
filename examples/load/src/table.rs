//! The result, as a table.

/// Rows of what was measured beside what was promised.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    measured: String,
    budget: String,
    met: Option<bool>,
}

impl Table {
    /// A figure that has to stay within a budget.
    pub fn judged(
        &mut self,
        what: impl Into<String>,
        measured: String,
        budget: impl Into<String>,
        met: bool,
    ) {
        self.push(what.into(), measured, budget.into(), Some(met));
    }

    /// A figure that stands beside them.
    pub fn noted(&mut self, what: impl Into<String>, measured: String) {
        self.push(what.into(), measured, String::new(), None);
    }

    fn push(&mut self, what: String, measured: String, budget: String, met: Option<bool>) {
        eprintln!("  {what}: {measured}");
        self.rows.push(Row {
            what,
            measured,
            budget,
            met,
        });
    }

    pub fn print(&self) {
        println!("| what | measured | budget | |");
        println!("|---|---|---|---|");
        for row in &self.rows {
            let met = row.met.map_or("", |met| if met { "met" } else { "missed" });
            println!("| {} | {} | {} | {met} |", row.what, row.measured, row.budget);
        }
    }
}
