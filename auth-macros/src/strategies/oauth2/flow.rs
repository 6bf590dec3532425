//! How a sign-in goes, complete and valid.

use proc_macro2::Ident;
use syn::{LitStr, ext::IdentExt};

use super::{
    ast,
    choices::{ClientAuthentication, Protocol, SigningAlgorithm},
    presets::Preset,
    urls::{self, Form},
    values::ClaimPath,
};
use crate::{
    block::{Allow, Pairs},
    errors::Errors,
    model::{hours, minutes, or},
    setting::{Duration, List, Secret, Setting, check_duration},
    warning::Warning,
};

/// What the block says about it. `None` where it says nothing, so that the provider's own holds.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(super) redirect_uri: Option<Secret>,
    pub(super) client_authentication: Option<ClientAuthentication>,
    pub(super) client_assertion_alg: Option<SigningAlgorithm>,
    pub(super) scope: Option<String>,
    pub(super) pkce: Option<bool>,
    pub(super) nonce: Option<bool>,
    pub(super) signing: Option<SigningAlgorithm>,
    pub(super) id_token_max_age: Option<Duration>,
    pub(super) leeway: Option<Duration>,
    pub(super) trusted_audiences: Vec<LitStr>,
    pub(super) user_info: Option<bool>,
    pub(super) authorization_params: Vec<(String, LitStr)>,
    pub(super) claims: Vec<(String, LitStr)>,
}

/// How the client shows who it is, once everything is known. `None` where it could not be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authentication {
    pub(super) method: ClientAuthentication,
    /// ID tokens are signed with the client's secret.
    pub(super) verifies_with_secret: bool,
}

/// What only the protocol sets ([D-6]).
const RESERVED: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
];

impl Flow {
    pub(crate) fn resolve(
        written: &ast::Flow,
        preset: &Preset,
        warnings: &mut Vec<Warning>,
        errors: &mut Errors,
    ) -> Self {
        let ast::Flow {
            word: _,
            name: _,
            allows,
            seen: _,
            redirect_uri,
            auth_method: _,
            client_authentication_method: _,
            client_assertion_alg,
            scope,
            code_verifier,
            nonce,
            id_token_signed_response_alg,
            id_token_ttl,
            leeway,
            trusted_audiences,
            fetch_user_info,
            authorization_params,
            claims,
        } = written;
        urls::check(redirect_uri.as_ref(), Form::Absolute, errors);
        check_assertions(written, preset, errors);
        check_pkce(written, preset, allows, warnings, errors);
        if let Some(setting) = nonce.as_ref().filter(|setting| !setting.value && preset.nonce) {
            let what = "nothing ties an ID token to the sign-in that it is for";
            warnings.extend(Warning::unless_allowed(allows, "OA-01", &setting.written, what));
        }
        let age = id_token_ttl.as_ref().map(|setting| {
            let ceiling = (hours(24), "an ID token tells who has just signed in");
            check_duration(Some(setting), minutes(10), Some(ceiling), errors)
        });
        Self {
            redirect_uri: redirect_uri.as_ref().map(|setting| setting.value.0.clone()),
            client_authentication: written.method(preset.protocol).map(|setting| setting.value),
            client_assertion_alg: client_assertion_alg.as_ref().map(|setting| setting.value),
            scope: scope.as_ref().map(|setting| joined(setting, errors)),
            pkce: code_verifier.as_ref().map(|setting| setting.value),
            nonce: nonce.as_ref().map(|setting| setting.value),
            signing: id_token_signed_response_alg.as_ref().map(|setting| setting.value),
            id_token_max_age: age,
            leeway: leeway.as_ref().map(|setting| resolve_leeway(setting, errors)),
            trusted_audiences: trusted_audiences
                .as_ref()
                .map_or_else(Vec::new, |setting| setting.value.0.clone()),
            user_info: fetch_user_info.as_ref().map(|setting| setting.value),
            authorization_params: params(authorization_params.as_ref(), preset, errors),
            claims: resolve_claims(claims.as_ref(), preset, errors),
        }
    }
}

impl ast::Flow {
    /// The setting that belongs to the protocol; the other one is a mistake of its own.
    fn method(&self, protocol: Protocol) -> Option<&Setting<ClientAuthentication>> {
        match protocol {
            Protocol::OAuth2 => self.auth_method.as_ref(),
            Protocol::Oidc => self.client_authentication_method.as_ref(),
        }
    }

    /// `None` where a setting that decides could not be read.
    pub(super) fn authentication(&self, preset: &Preset) -> Option<Authentication> {
        let method = self.method(preset.protocol);
        let algorithm = self.id_token_signed_response_alg.as_ref();
        let of_both = [Protocol::OAuth2, Protocol::Oidc].map(Protocol::authentication_setting);
        // What belongs to another word, or cannot be changed, is reported as that and nothing more.
        let is_refused = preset.fixed.iter().chain(&of_both).any(|setting| {
            let decides = of_both.contains(setting) || *setting == "id_token_signed_response_alg";
            let is_own =
                *setting == preset.protocol.authentication_setting() && !preset.fixed.contains(setting);
            decides && !is_own && !self.seen.lacks(setting)
        });
        let is_unread = (method.is_none() && !self.seen.lacks(preset.protocol.authentication_setting()))
            || (algorithm.is_none() && !self.seen.lacks("id_token_signed_response_alg"));
        if is_unread || is_refused {
            return None;
        }
        let signing = or(algorithm, preset.signing);
        Some(Authentication {
            method: or(method, preset.client_authentication),
            verifies_with_secret: preset.protocol == Protocol::Oidc && signing.is_symmetric(),
        })
    }
}

/// C27: an assertion is signed with the key that the method is about.
fn check_assertions(written: &ast::Flow, preset: &Preset, errors: &mut Errors) {
    let (Some(setting), Some(authentication)) =
        (&written.client_assertion_alg, written.authentication(preset))
    else {
        return;
    };
    let method = authentication.method.word();
    let text = match (authentication.method, setting.value.is_symmetric()) {
        (ClientAuthentication::PrivateKeyJwt, false) | (ClientAuthentication::ClientSecretJwt, true) => {
            return;
        }
        (ClientAuthentication::PrivateKeyJwt, true) => format!(
            "`{}` signs with the client's secret, and `{method}` with its private key\n\
             = help: use `RS256`, `ES256` or `EdDSA`, or leave it out: the kind of key decides",
            setting.written
        ),
        (ClientAuthentication::ClientSecretJwt, false) => format!(
            "`{}` signs with a private key, and `{method}` with the client's secret\n\
             = help: use `HS256`, `HS384` or `HS512`, or leave it out for `HS256`",
            setting.written
        ),
        _ => {
            errors.at(
                &setting.key,
                format!(
                    "`client_assertion_alg` has no effect: the client signs no assertions\n\
                     = help: set `{}` to `private_key_jwt` or `client_secret_jwt`, or remove it",
                    preset.protocol.authentication_setting()
                ),
            );
            return;
        }
    };
    errors.at(&setting.written, text);
}

/// C31 and OA-01.
fn check_pkce(
    written: &ast::Flow,
    preset: &Preset,
    allows: &[Allow],
    warnings: &mut Vec<Warning>,
    errors: &mut Errors,
) {
    let authentication = written.authentication(preset);
    let off = written.code_verifier.as_ref().filter(|setting| !setting.value);
    let Some(setting) = off else {
        let method = written.method(preset.protocol);
        let none = method.filter(|setting| setting.value == ClientAuthentication::None);
        if let Some(setting) = none.filter(|_| !preset.pkce && written.seen.lacks("code_verifier")) {
            errors.at(
                &setting.written,
                format!(
                    "a client without a secret needs PKCE, which {} is not known to support\n\
                     = note: whoever sees a code could exchange it, because nothing else shows who the client is (promise OA-01)\n\
                     = help: remove `{}` and use a secret",
                    preset.label, setting.key
                ),
            );
        }
        return;
    };
    if authentication.is_some_and(|found| found.method == ClientAuthentication::None) {
        errors.at(
            &setting.written,
            "a client without a secret needs `code_verifier`\n\
             = note: whoever sees a code could exchange it, because nothing else shows who the client is (promise OA-01)\n\
             = help: remove `code_verifier`",
        );
    } else if preset.is_provider && preset.pkce {
        errors.at(
            &setting.written,
            format!(
                "`code_verifier` cannot be switched off for `{}`\n\
                 = note: {} supports PKCE, which keeps a stolen code from being exchanged (promise OA-01)\n\
                 = help: remove `code_verifier`",
                preset.word, preset.label
            ),
        );
    } else if !preset.is_provider {
        let what = "a code that is stolen on its way can be exchanged";
        warnings.extend(Warning::unless_allowed(allows, "OA-01", &setting.written, what));
    }
}

/// Unlike other durations this one may be nothing.
fn resolve_leeway(setting: &Setting<Duration>, errors: &mut Errors) -> Duration {
    if setting.value.seconds == 0 {
        return setting.value;
    }
    let ceiling = (
        minutes(5),
        "clocks may differ by at most 5 minutes (promise OA-04)",
    );
    check_duration(Some(setting), minutes(1), Some(ceiling), errors)
}

/// The scopes as they are sent.
fn joined(setting: &Setting<List<LitStr>>, errors: &mut Errors) -> String {
    let scopes: Vec<String> = setting.value.0.iter().map(LitStr::value).collect();
    for (text, scope) in setting.value.0.iter().zip(&scopes) {
        let fits = !scope.is_empty()
            && scope
                .chars()
                .all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
        if !fits {
            errors.at(
                text,
                format!("expected one scope, found `{scope}`\n= help: write each as a text of its own"),
            );
        }
    }
    scopes.join(" ")
}

/// Parameters that settings of a preset send and check.
const OWN_SETTINGS: &[(&str, &str)] = &[
    ("hd", "hosted_domain"),
    ("organization", "organization"),
    ("team", "team_id"),
];

/// C30: what only the protocol sets.
fn params(written: Option<&Pairs<LitStr>>, preset: &Preset, errors: &mut Errors) -> Vec<(String, LitStr)> {
    let mut params = Vec::new();
    for Setting { key, value, .. } in written.into_iter().flat_map(|block| &block.list) {
        let name = key.unraw().to_string();
        let lower = name.to_ascii_lowercase();
        let own = OWN_SETTINGS
            .iter()
            .find(|(param, setting)| *param == lower && preset.options.contains(setting));
        let (why, instead) = if RESERVED.contains(&lower.as_str()) {
            (
                "the protocol sets it anew for every sign-in (promise OA-01)".to_owned(),
                "remove it".to_owned(),
            )
        } else if lower == "scope" {
            (
                "it has a setting of its own".to_owned(),
                "write `scope: […]`".to_owned(),
            )
        } else if let Some((_, setting)) = own {
            (
                "alone it only asks; nothing would check who comes back".to_owned(),
                format!("write `{setting}: …`"),
            )
        } else if preset.fixed.contains(&lower.as_str()) {
            (
                format!("{} answers in one way only", preset.label),
                "remove it".to_owned(),
            )
        } else if lower == "response_mode" && !matches!(&*value.value(), "query" | "form_post") {
            (
                format!("an answer by `{}` does not reach the server", value.value()),
                "use `\"form_post\"`, or remove it for `query`".to_owned(),
            )
        } else {
            params.push((name, value.clone()));
            continue;
        };
        errors.at(
            key,
            format!("`authorization_params` cannot set `{name}`\n= note: {why}\n= help: {instead}"),
        );
    }
    params
}

fn resolve_claims(
    written: Option<&Pairs<ClaimPath>>,
    preset: &Preset,
    errors: &mut Errors,
) -> Vec<(String, LitStr)> {
    let mut claims = Vec::new();
    let subject_is_known = preset.is_provider || preset.protocol == Protocol::Oidc;
    for Setting { key, value, .. } in written.into_iter().flat_map(|block| &block.list) {
        let name = key.unraw();
        check_subject(&name, subject_is_known, preset, errors);
        claims.push((name.to_string(), value.0.clone()));
    }
    claims
}

/// OA-06: who somebody is at a provider is what the provider says it is.
fn check_subject(claim: &Ident, is_known: bool, preset: &Preset, errors: &mut Errors) {
    if claim == "sub" && is_known {
        errors.at(
            claim,
            format!(
                "`sub` cannot be mapped for `{}`\n\
                 = note: another claim as the subject would let whoever can change it become somebody else (promise OA-06)\n\
                 = help: remove it",
                preset.word
            ),
        );
    }
}
