//! A client that costs little: prepared requests over open HTTP/1.1 connections.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    Failed,
    database::{PASSWORD, email},
    stats::Latencies,
};

/// One open connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as anybody here looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    head: &'a str,
    pub body: &'a [u8],
}

impl Reply<'_> {
    pub fn status(&self) -> &str {
        self.head.get(9..12).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Connection {
    pub async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    pub async fn send(&mut self, request: &[u8]) -> io::Result<Reply<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = loop {
            self.read().await?;
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
        };
        let length = {
            let reply = self.reply(end)?;
            let length = reply
                .header("content-length")
                .and_then(|text| text.parse::<usize>().ok());
            length.ok_or_else(|| io::Error::other("an answer without a length"))?
        };
        while self.buffer.len() < end + 4 + length {
            self.read().await?;
        }
        self.reply(end)
    }

    fn reply(&self, end: usize) -> io::Result<Reply<'_>> {
        let (head, body) = self.buffer.split_at_checked(end).unwrap_or_default();
        Ok(Reply {
            head: std::str::from_utf8(head).map_err(io::Error::other)?,
            body: body.get(4..).unwrap_or_default(),
        })
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// `GET` of a page on behalf of whom `token` names.
pub fn get(page: &str, token: &str) -> Vec<u8> {
    format!("GET {page} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// A sign-in of one of the people in the database.
pub fn sign_in(subject_name: &str, number: usize) -> Vec<u8> {
    let email = email(number);
    let body = format!(r#"{{"{subject_name}":{{"email":"{email}","password":"{PASSWORD}"}}}}"#);
    format!(
        "POST /auth/{subject_name}/password/sign_in HTTP/1.1\r\nhost: 127.0.0.1\r\n\
        content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Session tokens of the first `count` people.
pub async fn tokens(port: u16, subject_name: &str, count: usize) -> Result<Vec<String>, Failed> {
    let mut connection = Connection::open(port).await?;
    let mut tokens = Vec::new();
    for number in 0..count {
        let reply = connection.send(&sign_in(subject_name, number)).await?;
        let body: serde_json::Value = serde_json::from_slice(reply.body)?;
        let token = body.get("token").and_then(|token| token.as_str());
        let token = token.ok_or_else(|| format!("no sign-in: {} {body}", reply.status()))?;
        tokens.push(token.to_owned());
    }
    Ok(tokens)
}

/// Open connections, each with the request that it repeats.
pub struct Readers(Vec<(Connection, Vec<u8>)>);

/// What a round of requests took.
#[derive(Debug, Default)]
pub struct Round {
    pub latencies: Latencies,
    pub elapsed: Duration,
}

impl Round {
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

impl Readers {
    /// One connection for each token, all for the same page.
    pub async fn open(port: u16, page: &str, tokens: &[String]) -> Result<Self, Failed> {
        let mut readers = Vec::new();
        for token in tokens {
            readers.push((Connection::open(port).await?, get(page, token)));
        }
        Ok(Self(readers))
    }

    /// Sends requests for `period` on all connections, on each one after the other, with `pause` in between.
    pub async fn run(&mut self, period: Duration, pause: Duration) -> Result<Round, Failed> {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for (mut connection, request) in self.0.drain(..) {
            tasks.spawn(async move {
                let mut latencies = Latencies::default();
                while started.elapsed() < period {
                    let sent = Instant::now();
                    let reply = connection.send(&request).await?;
                    if reply.status() != "200" {
                        return Err(io::Error::other(format!("not an answer: {}", reply.status())));
                    }
                    latencies.push(sent.elapsed());
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                Ok((connection, request, latencies))
            });
        }
        let mut round = Round::default();
        while let Some(finished) = tasks.join_next().await {
            let (connection, request, latencies) = finished??;
            self.0.push((connection, request));
            round.latencies.extend(latencies);
        }
        round.elapsed = started.elapsed();
        Ok(round)
    }
}
