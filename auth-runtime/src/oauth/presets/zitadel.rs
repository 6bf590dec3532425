//! Zitadel. The base URL is the instance's; claims beside the identifier come from the user info endpoint, and the
//! audiences are the project and every application in it (<https://zitadel.com/docs/apis/openidoauth/claims>).

use super::{Preset, preset::OIDC};
use crate::oauth::{ClientAuthentication, UserInfoCall};

/// What is known of Zitadel.
pub const PRESET: Preset = Preset {
    name: "zitadel",
    label: "Zitadel",
    scope: "email profile",
    client_authentication: ClientAuthentication::None,
    user_info: UserInfoCall::Always,
    // Those audiences.
    options: &["resource_id"],
    option_audiences: |options| options.all("resource_id").to_vec(),
    ..OIDC
};
