//! `custom`: a strategy of the application's own. What it has in common with an add-on of that kind is here too.

pub(crate) mod ast;
mod expand;
pub(crate) mod model;
