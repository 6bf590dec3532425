//! The macros behind `auth_runtime`, which re-exports them and documents how they fit together.
//!
//! The settings of `authentication!` are listed in `docs/settings.md`.

mod action;
mod add_ons;
mod ast;
mod block;
mod check;
mod encryption;
mod errors;
mod expand;
mod fallback;
mod identity;
mod limits;
mod model;
mod part;
mod paths;
mod resources;
mod sessions;
mod setting;
mod stages;
mod strategies;
mod suggest;
mod warning;

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a failed expectation is a failed test")]
mod tests;

use proc_macro::TokenStream;

/// Makes a struct of Diesel columns a person who can be authenticated. `authentication!` below it says how.
///
/// On the struct:
/// - `#[diesel(table_name = users)]`, or `#[auth(table_name = users)]` where no Diesel derive needs it;
/// - `#[diesel(primary_key(id))]`, `id` by default;
/// - `#[auth(subject_name = "person")]`: the name in subjects, routes and parameters;
/// - `#[auth(sql_table_name = "people")]` where the table's name in the database differs from the module's.
///
/// On a field:
/// - `#[diesel(column_name = mail)]`;
/// - `#[auth(sensitive)]`: a secret, never shown, logged or taken from outside;
/// - `#[auth(private)]`: not shown;
/// - `#[auth(default = expression)]`: what the register action writes into a column that nobody supplies.
#[proc_macro_derive(Authenticated, attributes(auth, diesel))]
pub fn derive_authenticated(input: TokenStream) -> TokenStream {
    stages::derive_authenticated(input.into()).into()
}

/// Makes a unit struct the table of tokens.
///
/// `#[auth(table_name = "tokens")]` names the table; by default it is the struct's name in snake case with an `s`.
/// `#[auth(jti = "…", subject = "…", purpose = "…", expires_at = "…", extra_data = "…", created_at = "…",
/// updated_at = "…")]` names columns.
#[proc_macro_derive(TokenResource, attributes(auth))]
pub fn derive_token_resource(input: TokenStream) -> TokenStream {
    stages::derive_token_resource(input.into()).into()
}

/// Makes a unit struct the table of API keys.
///
/// `#[auth(table_name = "api_keys")]` names the table; by default it is the struct's name in snake case with an `s`.
/// `#[auth(id = "…", key_hash = "…", prefix = "…", subject = "…", name = "…", scopes = "…", created_at = "…",
/// expires_at = "…", revoked_at = "…", last_used_at = "…", replaced_by = "…")]` names columns.
#[proc_macro_derive(ApiKeyResource, attributes(auth))]
pub fn derive_api_key_resource(input: TokenStream) -> TokenStream {
    stages::derive_api_key_resource(input.into()).into()
}

/// Makes a unit struct the table of identities from elsewhere: which account at a provider is which person here.
///
/// `#[auth(table_name = "user_identities")]` names the table; by default it is the struct's name in snake case and in the
/// plural.
/// `#[auth(id = "…", realm = "…", strategy = "…", issuer = "…", uid = "…", subject = "…", email = "…",
/// email_verified = "…", access_token = "…", refresh_token = "…", access_token_expires_at = "…", scope = "…",
/// refreshing_until = "…", created_at = "…", last_used_at = "…")]` names columns.
#[proc_macro_derive(UserIdentity, attributes(auth))]
pub fn derive_user_identity(input: TokenStream) -> TokenStream {
    stages::derive_user_identity(input.into()).into()
}

/// Makes a unit struct the table of connections: the OpenID providers of customers, each with the client registered there.
///
/// `#[auth(table_name = "oidc_connections")]` names the table; that is its name by default.
/// `#[auth(id = "…", tenant = "…", slug = "…", base_url = "…", client_id = "…", client_secret = "…",
/// display_name = "…", icon_url = "…", email_domains = "…", enabled = "…", created_at = "…",
/// updated_at = "…")]` names columns.
#[proc_macro_derive(OidcConnectionResource, attributes(auth))]
pub fn derive_oidc_connection_resource(input: TokenStream) -> TokenStream {
    stages::derive_oidc_connection_resource(input.into()).into()
}

/// Makes a unit struct an audit log: a table of events that the add-on `audit_log` writes.
///
/// `#[auth(table_name = "audit_log")]` names the table; by default it is the struct's name in snake case.
/// `#[auth(log_lifetime = "90 days", expunge_interval = "12 hours")]` says how long events are kept, `"infinity"`
/// for ever, and how often older ones are deleted. `#[auth(id = "…", logged_at = "…", resource = "…",
/// audit_log = "…", strategy = "…", action_name = "…", status = "…", cause = "…", subject = "…", identity = "…",
/// client_ip = "…", tenant = "…", request_id = "…", extra_data = "…")]` names columns.
#[proc_macro_derive(AuditLogResource, attributes(auth))]
pub fn derive_audit_log_resource(input: TokenStream) -> TokenStream {
    stages::derive_audit_log_resource(input.into()).into()
}

/// Says how the people of a `#[derive(Authenticated)]` struct prove who they are.
///
/// It stands below the struct in the same module, or names it with `resource: path::to::User`. It writes typed
/// actions on the struct, and everything that the runtime needs to know.
#[proc_macro]
pub fn authentication(input: TokenStream) -> TokenStream {
    stages::authentication(input.into()).into()
}

/// The second half of `authentication!`, called with the columns of the struct.
#[doc(hidden)]
#[proc_macro]
pub fn authentication_stage2(input: TokenStream) -> TokenStream {
    stages::authentication_stage_2(input.into()).into()
}
