//! Identities from elsewhere: OAuth 2.0 and OpenID Connect as a client.
//!
//! A [`Provider`] is one provider as declared, with its secrets. [`Provider::start`] makes an attempt and the URL to send
//! the browser to; the caller keeps the [`Pending`] half on the server, bound to the browser, and spends it.
//! [`Provider::finish`] turns the callback into an [`Identified`] person. Who that is here is not decided in this
//! module.
//!
//! | part | holds |
//! |---|---|
//! | `egress` | outgoing calls, the check of addresses (OA-09) |
//! | `provider` | settings, authorize URL, exchange, refresh |
//! | `client_authentication` | how the token endpoint knows us |
//! | `oidc` | discovery, key sets, ID tokens, user info, logout |
//! | `user_info` | claims as one type, whoever the provider is |
//! | `presets` | what is known of certain providers, as data |
//!
//! The flow, PKCE and the token request are the `oauth2` crate's. Signatures are `jsonwebtoken`'s over aws-lc, like those of
//! our own tokens, so that there is one cryptographic library and one strict reader of tokens.

mod client_authentication;
mod egress;
mod error;
mod oidc;
mod pending;
pub mod presets;
mod provider;
mod signing;
mod user_info;

pub use self::{
    client_authentication::{AssertionAudience, ClientAuthentication},
    egress::{Egress, PrivateAddress},
    error::{CallbackFault, Endpoint, ProviderError},
    oidc::{LogoutToken, Metadata, TokenFault, UserInfoCall},
    pending::{AuthorizeOptions, Callback, Pending, Started},
    presets::Preset,
    provider::{EmailTrust, Identified, Protocol, Provider, ProviderBuilder, ProviderTokens},
    signing::SigningAlgorithm,
    user_info::UserInfo,
};
