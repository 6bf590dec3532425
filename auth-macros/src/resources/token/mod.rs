//! `#[derive(TokenResource)]`: the table of tokens.
