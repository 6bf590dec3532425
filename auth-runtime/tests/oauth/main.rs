//! The engine of `auth_runtime::oauth` against a provider of our own that sends each wrong thing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod client_authentication;
mod declaration;
mod discovery;
mod flow;
mod id_token;
mod keys;
mod logout;
mod presets;
mod server;
mod setup;
mod signer;
mod user_info;
