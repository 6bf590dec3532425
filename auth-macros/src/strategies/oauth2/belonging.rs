//! Which settings of the one block belong to which word.

use proc_macro2::Ident;

use super::{
    choices::Protocol,
    presets::{PRESETS, Preset},
};
use crate::{errors::Errors, suggest};

/// Endpoints that OpenID Connect discovers.
const ENDPOINTS: &[&str] = &["authorize_url", "token_url", "user_url"];

/// What plain OAuth 2.0 does not have.
const OF_OIDC: &[(&str, &str)] = &[
    ("openid_configuration_uri", "which has no discovery document"),
    ("id_token_signed_response_alg", "which has no ID tokens"),
    ("id_token_ttl", "which has no ID tokens"),
    ("leeway", "which has no ID tokens"),
    ("nonce", "which has no ID tokens"),
    ("trusted_audiences", "which has no ID tokens"),
    ("fetch_user_info", "where the provider is always asked"),
    ("backchannel_logout", "where a provider cannot end sessions"),
    ("sign_out_action_name", "where nobody signs out at the provider"),
];

/// Reports every setting that says nothing about the provider, or that the provider does not let anybody change.
pub(super) fn check(preset: &Preset, words: &[Ident], errors: &mut Errors) {
    for word in words {
        if let Some(text) = mistake(preset, &word.to_string()) {
            errors.at(word, format!("{text}\n= help: remove `{word}`"));
        }
    }
}

fn mistake(preset: &Preset, setting: &str) -> Option<String> {
    let Preset {
        word,
        label,
        protocol,
        ..
    } = *preset;
    if preset.fixed.contains(&setting) {
        return Some(format!(
            "`{setting}` cannot be changed for `{word}`\n= note: {label} knows one value only"
        ));
    }
    let is_option = PRESETS.iter().any(|other| other.options.contains(&setting));
    if is_option && !preset.options.contains(&setting) {
        return Some(of(setting, &Preset::with_option(setting)));
    }
    if setting == "emails_url" && !preset.has_emails_url {
        let with_emails = PRESETS.iter().filter(|other| other.has_emails_url);
        let with_emails: Vec<&str> = with_emails.map(|other| other.word).collect();
        return Some(of(setting, &with_emails));
    }
    let note = match protocol {
        Protocol::Oidc if ENDPOINTS.contains(&setting) => {
            format!("`{word}` finds its endpoints in the provider's discovery document")
        }
        Protocol::Oidc if setting == Protocol::OAuth2.authentication_setting() => {
            format!("`{word}` calls it `{}`", protocol.authentication_setting())
        }
        Protocol::OAuth2 if setting == Protocol::Oidc.authentication_setting() => {
            format!("`{word}` calls it `{}`", protocol.authentication_setting())
        }
        Protocol::OAuth2 => {
            let (_, why) = OF_OIDC.iter().find(|(of_oidc, _)| *of_oidc == setting)?;
            format!("`{word}` speaks OAuth 2.0, {why}")
        }
        Protocol::Oidc => return None,
    };
    let other = match protocol {
        Protocol::OAuth2 => Protocol::Oidc,
        Protocol::Oidc => Protocol::OAuth2,
    };
    Some(format!("{}\n= note: {note}", of(setting, &[other.word()])))
}

fn of(setting: &str, words: &[&str]) -> String {
    format!("`{setting}` is a setting of {}", suggest::all_of(words))
}
