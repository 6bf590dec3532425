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
        let setting = word.to_string();
        let Some(mistake) = mistake(preset, &setting) else {
            continue;
        };
        let help = match preset.protocol.authentication_setting() {
            own if is_authentication(&setting) && !preset.fixed.contains(&own) => format!("write `{own}`"),
            _ => format!("remove `{setting}`"),
        };
        errors.at(word, format!("{mistake}\n= help: {help}"));
    }
}

fn is_authentication(setting: &str) -> bool {
    [Protocol::OAuth2, Protocol::Oidc]
        .map(Protocol::authentication_setting)
        .contains(&setting)
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
    let own = protocol.authentication_setting();
    let (other, note) = match protocol {
        _ if is_authentication(setting) && setting != own => {
            let other = if protocol == Protocol::Oidc {
                Protocol::OAuth2
            } else {
                Protocol::Oidc
            };
            (other, format!("`{word}` calls it `{own}`"))
        }
        Protocol::Oidc if ENDPOINTS.contains(&setting) => {
            let note = format!("`{word}` finds its endpoints in the provider's discovery document");
            (Protocol::OAuth2, note)
        }
        Protocol::OAuth2 => {
            let (_, why) = OF_OIDC.iter().find(|(of_oidc, _)| *of_oidc == setting)?;
            (Protocol::Oidc, format!("`{word}` speaks OAuth 2.0, {why}"))
        }
        Protocol::Oidc => return None,
    };
    Some(format!("{}\n= note: {note}", of(setting, &[other.word()])))
}

fn of(setting: &str, words: &[&str]) -> String {
    format!("`{setting}` is a setting of {}", suggest::all_of(words))
}
