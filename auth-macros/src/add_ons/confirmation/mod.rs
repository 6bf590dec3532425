//! `confirmation`: people show that they receive what is sent to their address.

pub(crate) mod ast;
mod expand;
pub(crate) mod model;
