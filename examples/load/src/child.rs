//! A server process as its parent sees it: where it listens, what it costs, how large it is.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{Failed, accounts::SECRET, server::Kind};

/// A running server. It ends when this is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
}

/// Where the servers of one run find their database and their secret.
pub struct Setting {
    pub url: String,
    pub secret: String,
}

impl Server {
    pub fn start(kind: Kind, setting: &Setting) -> Result<Self, Failed> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &kind.name(), &setting.url])
            .env(SECRET, &setting.secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("a server without output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse();
        let port = port.map_err(|_| format!("{kind:?} did not start"))?;
        Ok(Self { child, port })
    }

    /// The processor time used so far.
    pub fn cpu(&self) -> Result<Duration, Failed> {
        cpu_of(self.child.id())
    }

    /// The resident memory, in MiB.
    pub fn resident(&self) -> Result<f64, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(kib.ok_or("the process tells no resident memory")? / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input ends with this as well; killing only makes it sooner.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that the living threads of a process have used, to the nanosecond.
pub fn cpu_of(process: u32) -> Result<Duration, Failed> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        total += on_cpu(&task?.path()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(total))
}

fn on_cpu(task: &Path) -> Option<u64> {
    let line = fs::read_to_string(task.join("schedstat")).ok()?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
