//! What OpenID Connect adds: discovery, key sets, ID tokens, user info that must be about the same person, logout.

mod cache;
mod claims;
mod discovery;
mod jws;
mod keys;
mod logout;

pub use self::{claims::TokenFault, discovery::Metadata, logout::LogoutToken};
pub(super) use self::{
    claims::{Expected, check_id_token, check_signed_user_info},
    discovery::MetadataCache,
    jws::{Jws, Verifier},
    keys::KeySets,
    logout::read_logout_token,
};

/// Whether the user info endpoint is asked beside the ID token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserInfoCall {
    /// The ID token says it all.
    #[default]
    Never,
    /// At each sign-in.
    Always,
    /// When the ID token lacks one of these claims.
    WhenMissing(&'static [&'static str]),
}
