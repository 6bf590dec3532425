//! How long a full block takes from tokens to tokens (budget: 10 ms optimised).
//!
//! A macro crate exports nothing but macros, so its modules are taken in by their files.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "the modules are made for the macro crate"
)]

extern crate proc_macro;

#[path = "../src/action.rs"]
mod action;
#[path = "../src/add_ons/mod.rs"]
mod add_ons;
#[path = "../src/ast.rs"]
mod ast;
#[path = "../src/block/mod.rs"]
mod block;
#[path = "../src/check.rs"]
mod check;
#[path = "../src/encryption.rs"]
mod encryption;
#[path = "../src/errors.rs"]
mod errors;
#[path = "../src/expand/mod.rs"]
mod expand;
#[path = "../src/fallback.rs"]
mod fallback;
#[path = "../src/identity.rs"]
mod identity;
#[path = "../src/limits.rs"]
mod limits;
#[path = "../src/model/mod.rs"]
mod model;
#[path = "../src/part.rs"]
mod part;
#[path = "../src/paths.rs"]
mod paths;
#[path = "../src/resources/mod.rs"]
mod resources;
#[path = "../src/sessions.rs"]
mod sessions;
#[path = "../src/setting.rs"]
mod setting;
#[path = "../src/stages.rs"]
mod stages;
#[path = "../src/strategies/mod.rs"]
mod strategies;
#[path = "../src/suggest.rs"]
mod suggest;
#[path = "../src/warning.rs"]
mod warning;

use proc_macro2::TokenStream;

const STRUCT: &str = r#"
    #[diesel(table_name = users)]
    pub struct User {
        pub id: Id,
        pub email: String,
        #[auth(sensitive)]
        pub hashed_password: Option<String>,
        pub confirmed_at: Option<UtcTimestamp>,
        pub display_name: Option<String>,
    }
"#;

const BLOCK: &str = r#"
    repo: Repo,
    select_for_senders: [email],
    client_ip: forwarded(1),
    tokens {
        token_resource: Token,
        signing_secret: env("TOKEN_SIGNING_SECRET"),
        token_lifetime: 14 days,
        issuer: "demo",
    }
    strategies {
        password {
            identity_field: email,
            register_action_accept: [display_name],
            require_confirmed_with: confirmed_at,
            argon2id { memory_kib: 65536, iterations: 3, parallelism: 1 }
            breached_passwords { checker: Breaches, when_unreachable: refuse }
            blocklist_words: ["acme"],
            resettable { sender: Mailer, token_lifetime: 20 minutes }
        }
    }
"#;

fn parsed(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}

#[divan::bench]
fn derive(bencher: divan::Bencher) {
    bencher
        .with_inputs(|| parsed(STRUCT))
        .bench_local_values(stages::derive_authenticated);
}

#[divan::bench]
fn first_stage(bencher: divan::Bencher) {
    bencher
        .with_inputs(|| parsed(BLOCK))
        .bench_local_values(stages::authentication);
}

#[divan::bench]
fn second_stage(bencher: divan::Bencher) {
    let input = format!("{{ {STRUCT} }} {{ authentication {{}} {{ {BLOCK} }} }}");
    bencher
        .with_inputs(|| parsed(&input))
        .bench_local_values(stages::authentication_stage_2);
}

fn main() {
    divan::main();
}
