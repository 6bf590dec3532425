//! A second process.
fn main() {}
