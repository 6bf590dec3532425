//! `remember_me`: a token in a cookie signs a browser in again when its session is gone.

pub(crate) mod ast;
mod expand;
pub(crate) mod model;
pub(crate) mod option;
