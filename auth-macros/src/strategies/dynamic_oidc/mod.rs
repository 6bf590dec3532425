//! `dynamic_oidc`: OpenID Connect with a provider for each row of a table. What is not about rows is `oauth2`'s.

pub(crate) mod ast;
mod expand;
mod model;
