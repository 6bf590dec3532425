//! x
mod add_ons;
mod ast;
mod block;
mod check;
mod errors;
mod model;
mod resources;
mod setting;
mod strategies;
mod suggest;
#[cfg(test)]
#[allow(clippy::expect_used, reason = "a failed expectation is a failed test")]
mod tests;
mod warning;
