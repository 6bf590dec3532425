//! The protocol against a provider that is not ours: the certified package oidc-provider, in a process of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what goes wrong is a failure of the test"
)]

mod client;
mod logout;
mod peer;
mod protocol;
