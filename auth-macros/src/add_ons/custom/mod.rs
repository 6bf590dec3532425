//! `custom`: an add-on of the application's own. It differs from a strategy of that kind in one word.

pub(crate) mod ast;
