//! `oauth2`: sign-in with an account elsewhere. `oidc` and the presets are other words for the same block.

pub(crate) mod account;
mod actions;
pub(crate) mod ast;
mod belonging;
mod choices;
mod client;
mod expand;
mod flow;
mod functions;
mod implementation;
mod model;
pub(crate) mod presets;
mod rules;
mod urls;
mod values;

pub(crate) use self::presets::KINDS;
