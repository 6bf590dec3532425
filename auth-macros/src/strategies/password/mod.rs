//! `password`: sign-in with an identity and a password that the application's own table keeps as a hash.

pub(crate) mod ast;
mod expand;
mod functions;
mod limits;
pub(crate) mod model;
mod nested;
mod rules;
