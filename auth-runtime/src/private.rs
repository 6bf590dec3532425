//! What generated code may name. Not part of the public interface.

pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Err, Ok};
pub use std::{boxed::Box, string::String, time::Duration, vec::Vec};

#[cfg(feature = "macros")]
pub use auth_macros::authentication_stage2;
pub use diesel::{self, QueryResult};
pub use secrecy::SecretString;
pub use serde_json::{self, Map, Value};
#[cfg(feature = "oauth")]
pub use time::Duration as SignedDuration;
pub use time::OffsetDateTime;

/// The Diesel traits that generated queries use.
pub mod query {
    pub use diesel;
    pub use diesel::prelude::{
        BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension,
        QueryDsl, SelectableHelper,
    };
    // Called by path: an application has Diesel's own, synchronous trait of this name in scope.
    pub use diesel_async::RunQueryDsl as Run;

    pub use crate::db::{InsertRows, ReadOne};

    /// What Diesel calls the database behind a connection.
    pub type Backend<C> = <C as diesel_async::AsyncConnectionCore>::Backend;
}

/// Columns by name, or the first value that cannot be written as JSON.
///
/// # Errors
/// The first of the given ones.
pub fn fields<const N: usize>(
    columns: [(&str, Result<Value, serde_json::Error>); N],
) -> Result<Map<String, Value>, serde_json::Error> {
    columns
        .into_iter()
        .map(|(name, value)| Ok((name.to_owned(), value?)))
        .collect()
}

/// Columns by name, without those whose value cannot be written as JSON.
#[must_use]
pub fn params<const N: usize>(columns: [(&str, Result<Value, serde_json::Error>); N]) -> Map<String, Value> {
    let columns = columns.into_iter();
    columns
        .filter_map(|(name, value)| Some((name.to_owned(), value.ok()?)))
        .collect()
}

/// What an identity column can be.
pub trait Identity {
    /// The identity, empty where there is none.
    fn text(&self) -> &str;
}

impl Identity for String {
    fn text(&self) -> &str {
        self
    }
}

impl Identity for Option<String> {
    fn text(&self) -> &str {
        self.as_deref().unwrap_or_default()
    }
}

/// Whether a hash provider is fit for passwords. Of a type that is no hash provider nothing is said here.
#[cfg(feature = "password")]
#[derive(Debug)]
pub struct FitForPasswords<P>(core::marker::PhantomData<P>);

#[cfg(feature = "password")]
impl<P: crate::hasher::HashProvider> FitForPasswords<P> {
    /// It is not made for generated secrets.
    pub const YES: bool = P::MINIMUM_ENTROPY == 0;
}

/// Answers for [`FitForPasswords`] where its own answer needs a hash provider.
#[cfg(feature = "password")]
pub trait NoHashProvider {
    /// Nothing is said.
    const YES: bool = true;
}

#[cfg(feature = "password")]
impl<P> NoHashProvider for FitForPasswords<P> {}
