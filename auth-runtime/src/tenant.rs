//! Tenants: several groups of people in one table, strangers to each other (promise TN-01).
//!
//! `tenant_field: org_id` in the block names the column that says which tenant a person belongs to. From then on
//! every look-up by identity, every token, link, key, limit and event is of one tenant; equal identities in two
//! tenants are two people. The application says which tenant a request is for: over HTTP with
//! [`Builder::tenant`](crate::authentication::Builder::tenant), elsewhere with
//! [`Authentication::in_tenant`](crate::authentication::Authentication::in_tenant). Without that everything is refused.

use std::fmt;

use crate::db::Key;

/// Which tenant something belongs to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot name a tenant",
    label = "expected a type that implements `Key`",
    note = "use `Id`, `uuid::Uuid`, `i64`, `i32` or `String`, or implement `auth_runtime::db::Key` for it"
)]
pub trait Tenant: Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// The tenant of everything, where there is only one.
    const ONLY: Option<Self>;

    /// The text in tokens; `None` where there are no tenants.
    fn to_text(&self) -> Option<String>;
}

impl<K: Key> Tenant for K {
    const ONLY: Option<Self> = None;

    fn to_text(&self) -> Option<String> {
        Some(Key::to_text(self))
    }
}

/// The tenant of a resource without `tenant_field`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTenant;

impl Tenant for NoTenant {
    const ONLY: Option<Self> = Some(Self);

    fn to_text(&self) -> Option<String> {
        None
    }
}
