//! `#[derive(Authenticated)]`: the columns of a person.

pub(crate) mod ast;
pub(crate) mod expand;
pub(crate) mod model;
