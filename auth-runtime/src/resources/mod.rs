//! The library's own tables. Each is a derive on a unit struct of the application.

pub mod api_key;
pub mod audit_log;
pub mod token;
