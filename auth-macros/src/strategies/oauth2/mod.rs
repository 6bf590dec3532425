//! `oauth2`: sign-in with an account elsewhere. `oidc` and the presets are other words for the same block.

pub(crate) mod account;
pub(crate) mod actions;
pub(crate) mod ast;
mod belonging;
pub(crate) mod choices;
mod client;
mod expand;
pub(crate) mod flow;
mod functions;
mod implementation;
mod model;
pub(crate) mod presets;
pub(crate) mod rules;
mod urls;
pub(crate) mod values;

pub(crate) use self::presets::KINDS;
