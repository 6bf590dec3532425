//! What the application is at the one provider of a block, complete and valid.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::LitStr;

use super::{
    ast,
    choices::{ClientAuthentication, Protocol},
    flow::Authentication,
    presets::Preset,
    urls::{self, Form},
    values::{Source, Texts},
};
use crate::{
    errors::Errors,
    part::Written,
    setting::{Secret, Setting},
    suggest,
    warning::Warning,
};

/// What the block says about it.
#[derive(Debug)]
pub(super) struct Client {
    /// Values that are known when the application starts.
    pub(super) sources: Vec<Declared>,
    /// Settings of this provider alone.
    pub(super) options: Vec<(&'static str, Vec<LitStr>)>,
}

/// A setting whose value is known when the application starts.
#[derive(Debug)]
pub(super) struct Declared {
    /// The runtime's name for it is the same in upper camel case.
    pub(super) setting: &'static str,
    pub(super) source: Secret,
}

impl Client {
    pub(super) fn resolve(
        written: &ast::OAuth2,
        preset: &Preset,
        warnings: &mut Vec<Warning>,
        errors: &mut Errors,
    ) -> Self {
        let ast::Client {
            word: _,
            name: _,
            allows: _,
            seen: _,
            client_id,
            client_secret,
            base_url,
            authorize_url,
            token_url,
            user_url,
            emails_url,
            openid_configuration_uri,
            private_key,
            private_key_path,
            private_key_id,
        } = &written.client;
        let secrets = [client_secret, private_key].into_iter().flatten();
        warnings.extend(secrets.filter_map(|setting| setting.value.warning()));
        check_required(written, preset, errors);
        if let Some(authentication) = written.flow.authentication(preset) {
            check_secret(written, preset, authentication, errors);
            check_key(written, preset, authentication.method, errors);
        }
        urls::check(base_url.as_ref(), Form::Issuer, errors);
        check_base_url(written, preset, errors);
        check_optional(written, errors);
        for endpoint in [
            authorize_url,
            token_url,
            user_url,
            emails_url,
            openid_configuration_uri,
        ] {
            urls::check(endpoint.as_ref(), Form::OrPath, errors);
        }
        let secret = |setting: &Option<Setting<Secret>>| setting.as_ref().map(|it| it.value.clone());
        let source = |setting: &Option<Setting<Source>>| setting.as_ref().map(|it| it.value.0.clone());
        let sources = [
            ("client_id", source(client_id)),
            ("client_secret", secret(client_secret)),
            ("base_url", source(base_url)),
            ("authorize_url", source(authorize_url)),
            ("token_url", source(token_url)),
            ("user_url", source(user_url)),
            ("emails_url", source(emails_url)),
            ("openid_configuration_uri", source(openid_configuration_uri)),
            ("private_key", secret(private_key)),
            ("private_key_path", source(private_key_path)),
            ("private_key_id", source(private_key_id)),
            ("team_id", source(&written.options.team_id)),
        ];
        Self {
            sources: sources
                .into_iter()
                .filter_map(|(setting, source)| {
                    Some(Declared {
                        setting,
                        source: source?,
                    })
                })
                .collect(),
            options: options(&written.options, errors),
        }
    }
}

/// What everybody must say, and what this provider must be told.
fn check_required(written: &ast::OAuth2, preset: &Preset, errors: &mut Errors) {
    let word = &written.word;
    let env = written.name().to_string().to_uppercase();
    let is_plain = preset.protocol == Protocol::OAuth2 && !preset.is_provider;
    let needed = [
        ("client_id", true, format!("env(\"{env}_CLIENT_ID\")")),
        ("base_url", preset.needs_base_url, "\"https://…\"".to_owned()),
        ("authorize_url", is_plain, "\"/authorize\"".to_owned()),
        ("token_url", is_plain, "\"/token\"".to_owned()),
        ("user_url", is_plain, "\"/user\"".to_owned()),
        (
            "team_id",
            preset.required.contains(&"team_id"),
            format!("env(\"{env}_TEAM_ID\")"),
        ),
    ];
    for (setting, is_needed, example) in needed {
        if is_needed && written.seen.lacks(setting) {
            let article = if setting.starts_with('a') { "an" } else { "a" };
            errors.at(
                word,
                format!("`{word}` needs {article} `{setting}`\n= help: add `{setting}: {example}`"),
            );
        }
    }
}

/// A provider of one's own has endpoints of its own.
fn check_base_url(written: &ast::OAuth2, preset: &Preset, errors: &mut Errors) {
    let Some(setting) = &written.client.base_url else {
        return;
    };
    let missing: Vec<&str> = ["authorize_url", "token_url"]
        .into_iter()
        .filter(|endpoint| written.seen.lacks(endpoint))
        .collect();
    if preset.is_provider && preset.protocol == Protocol::OAuth2 && !missing.is_empty() {
        errors.at(
            &setting.key,
            format!(
                "`base_url` needs {} beside it\n\
                 = note: the others stay where {} has them, and tokens of one place would be sent to another\n\
                 = help: add what is missing, or remove `base_url`",
                suggest::all_of(&missing),
                preset.label
            ),
        );
    }
}

/// What stands in the source is there in every deployment.
fn check_optional(written: &ast::OAuth2, errors: &mut Errors) {
    let on = written.account.optional.as_ref().filter(|setting| setting.value);
    let is_literal = matches!(
        &written.client.client_id,
        Some(Setting {
            value: Source(Secret::Literal(_)),
            ..
        })
    );
    if let Some(setting) = on.filter(|_| is_literal) {
        errors.at(
            &setting.key,
            "`optional` has no effect: `client_id` stands in the source\n\
             = help: read `client_id` from the environment, or remove `optional`",
        );
    }
}

/// C10, C13 and C14: the secret is there where it is used, and only there.
fn check_secret(written: &ast::OAuth2, preset: &Preset, authentication: Authentication, errors: &mut Errors) {
    let word = &written.word;
    let env = written.name().to_string().to_uppercase();
    let Authentication {
        method,
        verifies_with_secret,
    } = authentication;
    let is_used = method.needs_secret() || verifies_with_secret;
    if is_used && written.seen.lacks("client_secret") {
        let why = if verifies_with_secret {
            "ID tokens are signed with it".to_owned()
        } else {
            format!("the client authenticates by `{}`", method.word())
        };
        errors.at(
            word,
            format!(
                "`{word}` needs a `client_secret`\n= note: {why}\n\
                 = help: add `client_secret: env(\"{env}_CLIENT_SECRET\")`"
            ),
        );
    }
    if let Some(setting) = written.client.client_secret.as_ref().filter(|_| !is_used) {
        let text = match method {
            ClientAuthentication::SignedSecret => {
                format!("`client_secret` has no effect: `{word}` makes its secrets with the private key")
            }
            _ => format!(
                "`client_secret` has no effect: the client authenticates by `{}`",
                method.word()
            ),
        };
        let help = match method {
            ClientAuthentication::SignedSecret => "remove it".to_owned(),
            _ => format!(
                "remove it, or set `{}` to `client_secret_post` or another method with a secret",
                preset.protocol.authentication_setting()
            ),
        };
        errors.at(&setting.key, format!("{text}\n= help: {help}"));
    }
}

/// C11 and C26: one key with a name where the client signs, and none elsewhere.
fn check_key(written: &ast::OAuth2, preset: &Preset, method: ClientAuthentication, errors: &mut Errors) {
    let (word, client) = (&written.word, &written.client);
    if !method.needs_key() {
        let keys: [Option<&Ident>; 3] = [
            client.private_key.as_ref().map(|setting| &setting.key),
            client.private_key_path.as_ref().map(|setting| &setting.key),
            client.private_key_id.as_ref().map(|setting| &setting.key),
        ];
        for key in keys.into_iter().flatten() {
            errors.at(
                key,
                format!(
                    "`{key}` has no effect: the client authenticates by `{}`\n\
                     = help: remove it, or set `{}: private_key_jwt`",
                    method.word(),
                    preset.protocol.authentication_setting()
                ),
            );
        }
        return;
    }
    let why = match method {
        ClientAuthentication::SignedSecret => format!("`{word}` makes its secrets with a private key"),
        _ => format!("the client authenticates by `{}`", method.word()),
    };
    if let (Some(_), Some(path)) = (&client.private_key, &client.private_key_path) {
        errors.at(
            &path.key,
            "`private_key` and `private_key_path` cannot be used together\n\
             = note: the client signs with one key\n= help: remove one of them",
        );
    }
    if client.seen.lacks("private_key") && client.seen.lacks("private_key_path") {
        errors.at(
            word,
            format!(
                "`{word}` needs a private key\n= note: {why}\n\
                 = help: add `private_key: …` with the PEM text, or `private_key_path: …` with a file that holds it"
            ),
        );
    }
    if client.seen.lacks("private_key_id") {
        errors.at(
            word,
            format!(
                "`{word}` needs a `private_key_id`\n= note: {why}, and the provider finds the key by its name\n\
                 = help: add `private_key_id: …` with what the provider calls the key"
            ),
        );
    }
}

/// R13: what can be told of the values of options.
fn options(written: &ast::Options, errors: &mut Errors) -> Vec<(&'static str, Vec<LitStr>)> {
    let ast::Options {
        word: _,
        name: _,
        allows: _,
        seen: _,
        hosted_domain,
        allowed_tenants,
        organization,
        resource_id,
        team_id: _,
    } = written;
    let mut option = |key, setting: &Option<Setting<Texts>>, expected: &str, fits: fn(&str) -> bool| {
        let setting = setting.as_ref()?;
        let texts = &setting.value.0;
        if texts.is_empty() {
            errors.at(
                &setting.written,
                format!(
                    "`{key}` is empty\n= note: it would let nobody in\n= help: name {expected}, or remove it"
                ),
            );
        }
        for text in texts.iter().filter(|text| !fits(&text.value())) {
            errors.at(
                text.to_token_stream(),
                format!("expected {expected}, found `{}`", text.value()),
            );
        }
        Some((key, texts.clone()))
    };
    let options = [
        option(
            "hosted_domain",
            hosted_domain,
            "a domain such as `\"example.com\"`, or `\"*\"`",
            |text| text == "*" || is_domain(text),
        ),
        option(
            "allowed_tenants",
            allowed_tenants,
            "the identifier of a tenant such as `\"72f988bf-86f1-41af-91ab-2d7cd011db47\"`",
            is_uuid,
        ),
        option(
            "organization",
            organization,
            "an identifier such as `\"org_…\"`",
            is_word,
        ),
        option("resource_id", resource_id, "the identifier of a project", is_word),
    ];
    options.into_iter().flatten().collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic())
}

/// In lower case, as providers write it.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// In lower case, as providers write it.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}
