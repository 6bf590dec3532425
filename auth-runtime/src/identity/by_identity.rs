use std::future::Future;

use diesel::QueryResult;

use super::{IdentityError, canonical_email, canonical_name};
use crate::{
    error::FieldError,
    user::{Authenticated, Conn},
};

/// What an identity column holds, and so how it is brought into its one form (promise IN-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityFormat {
    /// An e-mail address.
    Email,
    /// A name of the person's choice.
    Name,
}

impl IdentityFormat {
    /// The one form in which an identity is stored and looked up (promise IN-01).
    ///
    /// # Errors
    /// What is wrong with the text, for the field it came from.
    pub fn canonical(self, input: &str) -> Result<String, FieldError> {
        let canonical = match self {
            Self::Email => canonical_email(input),
            Self::Name => canonical_name(input),
        };
        canonical.map_err(|error| match error {
            IdentityError::Empty => FieldError::Required,
            IdentityError::TooLong => FieldError::TooLong,
            IdentityError::ControlCharacter => FieldError::ControlCharacter,
            IdentityError::NotAnAddress => FieldError::NotAnAddress,
        })
    }
}

/// The column by which a strategy finds people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityField {
    /// The field of the struct that the person types, and the argument's name.
    pub field: &'static str,
    /// The SQL name of that column.
    pub column: &'static str,
    /// What that column holds.
    pub format: IdentityFormat,
}

/// Finds people by what they type. The macro implements it for each strategy that asks for an identity.
pub trait ByIdentity: Send + Sync + 'static {
    /// The resource.
    type User: Authenticated;

    /// The column.
    const IDENTITY: IdentityField;

    /// What the person signs in with; empty where there is nothing.
    fn identity(user: &Self::User) -> &str;

    /// The person with this canonical identity in this tenant.
    fn find_by_identity(
        connection: &mut Conn<Self::User>,
        tenant: &<Self::User as Authenticated>::Tenant,
        identity: &str,
    ) -> impl Future<Output = QueryResult<Option<Self::User>>> + Send;
}

/// The look-up by identity. Stands inside the `impl ByIdentity` that the macro writes.
#[doc(hidden)]
#[macro_export]
macro_rules! __identity_queries {
    (
        user $user:ty;
        connection $connection:ty;
        table $table:path;
        identity $identity:path;
        tenant $tenant_type:ty $(, $tenant:path)?;
    ) => {
        #[allow(unused_variables)]
        async fn find_by_identity(
            connection: &mut $connection,
            tenant: &$tenant_type,
            identity: &str,
        ) -> $crate::__private::QueryResult<$crate::__private::Option<$user>> {
            use $crate::__private::query::*;
            let query = $table
                .filter($identity.eq(identity.to_owned()))
                $(.filter($tenant.eq(tenant.clone())))?
                .select(<$user as SelectableHelper<_>>::as_select());
            ReadOne::read_one(connection, query).await
        }
    };
}
