//! A second process on the database of a test.
//!
//! `worker <database and people> <url> <action> <arguments> <callers> <post>` starts, says `ready`, waits for a line, then lets so many
//! callers run the action at once and prints `ok` or the cause of failure for each.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, what goes wrong is a failure of the test"
)]

use std::{io::Write, time::Duration};

use auth_runtime::{authentication::Builder, db::PoolOptions, user::Authenticated};
use auth_tests::{
    audited,
    call::call,
    database::TestDatabase,
    limited,
    mail::{Outbox, Post},
};
use serde_json::Value;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, url, action, input, callers, post] = &arguments[..] else {
        panic!("six arguments are expected");
    };
    let job = Job {
        url,
        action,
        input: serde_json::from_str(input).unwrap(),
        callers: callers.parse().unwrap(),
        post: match post.as_str() {
            "slow" => Post::Slow(Duration::from_secs(3600)),
            _ => Post::Works,
        },
    };
    match database.as_str() {
        "sqlite" => job.run::<auth_tests::sqlite::user::User>().await,
        "sqlite recorded" => job.run::<limited::sqlite::recorded::Recorded>().await,
        "sqlite watched" => job.run::<audited::sqlite::watched::User>().await,
        "sqlite batched" => job.run::<audited::sqlite::batched::User>().await,
        #[cfg(feature = "postgres")]
        "postgres" => job.run::<auth_tests::postgres::user::User>().await,
        #[cfg(feature = "postgres")]
        "postgres recorded" => job.run::<limited::postgres::recorded::Recorded>().await,
        #[cfg(feature = "postgres")]
        "postgres watched" => job.run::<audited::postgres::watched::User>().await,
        #[cfg(feature = "postgres")]
        "postgres batched" => job.run::<audited::postgres::batched::User>().await,
        #[cfg(feature = "mysql")]
        "mysql" => job.run::<auth_tests::mysql::user::User>().await,
        #[cfg(feature = "mysql")]
        "mysql recorded" => job.run::<limited::mysql::recorded::Recorded>().await,
        #[cfg(feature = "mysql")]
        "mysql watched" => job.run::<audited::mysql::watched::User>().await,
        #[cfg(feature = "mysql")]
        "mysql batched" => job.run::<audited::mysql::batched::User>().await,
        other => panic!("no such database: {other}"),
    }
}

struct Job<'a> {
    url: &'a str,
    action: &'a str,
    input: Value,
    callers: usize,
    post: Post,
}

impl Job<'_> {
    async fn run<U: Authenticated>(self)
    where
        U::Repo: TestDatabase,
    {
        let repo = U::Repo::open(self.url, PoolOptions::default()).await;
        let outbox = Outbox::default();
        outbox.set(self.post);
        let builder = Builder::<U>::new(repo).extension(outbox);
        let auth = builder.start().await.unwrap();
        println!("ready");
        std::io::stdout().flush().unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
        let callers: Vec<_> = (0..self.callers)
            .map(|_| {
                let (cx, action, input) = (auth.context(), self.action.to_owned(), self.input.clone());
                tokio::spawn(async move { call(&cx, &action, input).await.map(drop) })
            })
            .collect();
        for caller in callers {
            match caller.await.unwrap() {
                Ok(()) => println!("ok"),
                Err(error) => println!("{}", error.cause()),
            }
        }
    }
}
