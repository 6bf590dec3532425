//! `password`: sign-in with an identity and a password that the application's own table keeps as a hash.

pub(crate) mod ast;
mod expand;
mod functions;
pub(crate) mod model;
mod rules;
