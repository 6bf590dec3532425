//! The derives: the person's struct and the tables beside it.

pub(crate) mod api_key;
mod names;
pub(crate) mod token;
pub(crate) mod user;
