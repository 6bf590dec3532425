//! `log_out_everywhere`: one action that ends everything that a person holds.

pub(crate) mod ast;
mod expand;
pub(crate) mod model;
