//! `magic_link`: sign-in by a link that is sent to an address.

pub(crate) mod ast;
mod expand;
pub(crate) mod model;
