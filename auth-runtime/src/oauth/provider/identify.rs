//! From tokens to a person: the ID token, user info, claims, subject, trust.

use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{EmailTrust, Identified, Protocol, ProviderTokens, Settings, endpoints::Endpoints};
use crate::oauth::{
    Callback, CallbackFault, Endpoint, Metadata, Pending, ProviderError, UserInfo, UserInfoCall,
    oidc::{Expected, Jws, TokenFault, check_id_token, check_signed_user_info},
    presets::{Checked, Emails},
};

const MAX_NAME: usize = 100;

pub(super) async fn identify(
    settings: &Settings,
    endpoints: &Endpoints<'_>,
    pending: &Pending,
    callback: &Callback,
    code: &str,
    tokens: ProviderTokens,
    now: OffsetDateTime,
) -> Result<Identified, ProviderError> {
    let (issuer, raw) = match endpoints {
        Endpoints::OAuth2 { user, .. } => {
            let raw = plain_user_info(settings, user, &tokens).await?;
            (settings.base_url.as_str().trim_end_matches('/').to_owned(), raw)
        }
        _ => openid_claims(settings, endpoints.metadata()?, pending, code, &tokens, now).await?,
    };
    (settings.preset.check)(&Checked {
        claims: &raw,
        options: &settings.options,
        base_url: &settings.base_url,
    })
    .map_err(|setting| ProviderError::Outside { setting })?;

    let mut claims = mapped(settings, &raw);
    (settings.preset.adjust)(&mut claims, &raw);
    if settings.preset.names_in_callback {
        add_names(&mut claims, callback.user.as_deref());
    }
    if let (Some(emails), Some(url)) = (&settings.preset.emails, &settings.emails_url) {
        replace_email(settings, emails, url, &tokens, &mut claims).await?;
    }
    let user_info = UserInfo::cast(claims)?;
    let subject = subject(settings.preset.protocol, &user_info)?;
    let email = match user_info.email() {
        None => EmailTrust::Absent,
        Some(_)
            if settings.trust_email_verified && (settings.preset.vouches)(&user_info, &settings.options) =>
        {
            EmailTrust::Trusted
        }
        Some(_) => EmailTrust::Untrusted,
    };
    Ok(Identified {
        issuer,
        subject,
        email,
        sid: raw.get("sid").and_then(Value::as_str).map(str::to_owned),
        user_info,
        tokens,
    })
}

/// The user info of plain OAuth 2.
async fn plain_user_info(
    settings: &Settings,
    user: &Url,
    tokens: &ProviderTokens,
) -> Result<Map<String, Value>, ProviderError> {
    let mut url = user.clone();
    let access_token = tokens.access_token.expose_secret();
    if let (Some(proof), Some(secret)) = (settings.preset.proof, &settings.client_secret) {
        let (name, value) = proof(secret.expose_secret(), access_token);
        url.query_pairs_mut().append_pair(name, &value);
    }
    let answer = settings
        .egress
        .get_as(Endpoint::UserInfo, &url, access_token)
        .await?;
    answer.expect(&[StatusCode::OK])?.object()
}

/// The claims of the ID token, once all of it has been checked, with those of the user info where that is asked for.
async fn openid_claims(
    settings: &Settings,
    metadata: &Metadata,
    pending: &Pending,
    code: &str,
    tokens: &ProviderTokens,
    now: OffsetDateTime,
) -> Result<(String, Map<String, Value>), ProviderError> {
    const TOKEN: &str = "ID token";
    let refuse = |fault| ProviderError::Token { token: TOKEN, fault };
    if settings.nonce && pending.nonce.is_none() {
        return Err(ProviderError::Callback(CallbackFault::Incomplete));
    }
    let id_token = tokens
        .id_token
        .as_ref()
        .ok_or(ProviderError::unexpected(Endpoint::Token, "id_token"))?;
    let jws = Jws::parse(id_token.expose_secret(), settings.signing).map_err(refuse)?;
    // Other kinds of token are signed with the same keys (RFC 8725, section 3.11).
    if jws.typ().is_some_and(|typ| typ != "jwt" && typ.ends_with("jwt")) {
        return Err(refuse(TokenFault::ForbiddenHeader));
    }
    let issuer = settings.token_issuer(metadata, &jws).map_err(refuse)?;
    let mut claims = jws.verify(settings.verifier(metadata, TOKEN), now).await?;
    let expected = Expected {
        nonce: pending.nonce.as_deref(),
        max_age: pending.max_age,
        acr_values: &pending.acr_values,
        access_token: tokens.access_token.expose_secret(),
        code,
        ..settings.expected(&issuer)
    };
    check_id_token(&claims, &expected, now).map_err(refuse)?;

    let asks = match settings.user_info {
        UserInfoCall::Never => false,
        UserInfoCall::Always => true,
        UserInfoCall::WhenMissing(names) => names.iter().any(|name| !claims.contains_key(*name)),
    };
    if asks {
        let info = openid_user_info(settings, metadata, &expected, now).await?;
        if info.get("sub").is_none() {
            return Err(ProviderError::unexpected(Endpoint::UserInfo, "sub"));
        }
        if info.get("sub") != claims.get("sub") {
            return Err(ProviderError::OtherSubject);
        }
        merge(&mut claims, info);
    }
    Ok((issuer, claims))
}

/// Adds user info to signed claims, which win. An address and the word that it is verified stay together.
fn merge(claims: &mut Map<String, Value>, mut info: Map<String, Value>) {
    if claims.contains_key("email") && claims.get("email") != info.get("email") {
        info.remove("email_verified");
    }
    if !claims.contains_key("email") {
        claims.remove("email_verified");
    }
    for (name, value) in info {
        claims.entry(name).or_insert(value);
    }
}

/// The user info of OpenID Connect, as an object or as a token of its own.
async fn openid_user_info(
    settings: &Settings,
    metadata: &Metadata,
    expected: &Expected<'_>,
    now: OffsetDateTime,
) -> Result<Map<String, Value>, ProviderError> {
    const TOKEN: &str = "signed user info";
    let refuse = |fault| ProviderError::Token { token: TOKEN, fault };
    let url = metadata
        .userinfo_endpoint
        .as_ref()
        .ok_or(ProviderError::unexpected(
            Endpoint::Discovery,
            "userinfo_endpoint",
        ))?;
    let answer = settings
        .egress
        .get_as(Endpoint::UserInfo, url, expected.access_token)
        .await?
        .expect(&[StatusCode::OK])?;
    let Some(token) = answer.jwt() else {
        return answer.object();
    };
    let jws = Jws::parse(token.trim(), settings.signing).map_err(refuse)?;
    let claims = jws.verify(settings.verifier(metadata, TOKEN), now).await?;
    check_signed_user_info(&claims, expected).map_err(refuse)?;
    Ok(claims)
}

/// Claims under their standard names. OpenID Connect keeps all others; a table of names is all there is of plain OAuth 2.
fn mapped(settings: &Settings, raw: &Map<String, Value>) -> Map<String, Value> {
    let keeps = settings.claims.is_empty() || settings.preset.protocol == Protocol::Oidc;
    let mut claims = if keeps { raw.clone() } else { Map::new() };
    if settings.claims.iter().any(|(claim, _)| claim == "email") {
        // It is said of another address.
        claims.remove("email_verified");
    }
    for (claim, path) in &settings.claims {
        if let Some(value) = find(raw, path) {
            claims.insert(claim.clone(), value.clone());
        }
    }
    claims
}

/// The value at `path`: names of members, places in lists, separated by dots.
fn find<'a>(raw: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let mut value = raw.get(first)?;
    for step in rest.into_iter().flat_map(|rest| rest.split('.')) {
        value = match value {
            Value::Object(members) => members.get(step)?,
            Value::Array(elements) => elements.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value).filter(|value| !value.is_null())
}

/// Names out of an unsigned parameter: nothing else of it is read ([P-4]), and what cannot be read is passed over ([P-14]).
fn add_names(claims: &mut Map<String, Value>, user: Option<&str>) {
    let parsed: Option<Value> = user.and_then(|user| serde_json::from_str(user).ok());
    let name = |member: &str| {
        let text = parsed.as_ref()?.get("name")?.get(member)?.as_str()?.trim();
        let usable = !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control);
        usable.then(|| text.to_owned())
    };
    for (claim, member) in [("given_name", "firstName"), ("family_name", "lastName")] {
        if let Some(text) = name(member) {
            claims.entry(claim).or_insert_with(|| text.into());
        }
    }
}

/// Puts the primary address in place of whatever the profile says.
async fn replace_email(
    settings: &Settings,
    emails: &Emails,
    url: &Url,
    tokens: &ProviderTokens,
    claims: &mut Map<String, Value>,
) -> Result<(), ProviderError> {
    let access_token = tokens.access_token.expose_secret();
    let answer = settings
        .egress
        .get_as(Endpoint::Emails, url, access_token)
        .await?;
    let answer = answer.expect(&[StatusCode::OK])?.value()?;
    let primary =
        (emails.primary)(&answer).map_err(|member| ProviderError::unexpected(Endpoint::Emails, member))?;
    claims.remove("email");
    claims.insert("email_verified".to_owned(), false.into());
    if let Some(primary) = primary {
        claims.insert("email".to_owned(), primary.address.into());
        claims.insert("email_verified".to_owned(), primary.verified.into());
    }
    Ok(())
}

/// The person's identifier ([D-15]).
fn subject(protocol: Protocol, info: &UserInfo) -> Result<String, ProviderError> {
    let names: &[&str] = match protocol {
        Protocol::OAuth2 => &["sub", "uid", "id"],
        Protocol::Oidc => &["sub"],
    };
    let found = names.iter().find_map(|name| info.get(name));
    let text = match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return Err(ProviderError::NoSubject),
    };
    let plain = !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(char::is_control);
    plain.then_some(text).ok_or(ProviderError::NoSubject)
}
