//! `api_key`: keys for machines, which their owner makes, lists, rotates and revokes.

pub(crate) mod ast;
mod expand;
mod functions;
mod model;
mod rules;
