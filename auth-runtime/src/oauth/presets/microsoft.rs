//! Microsoft Entra ID and personal accounts. One metadata document serves many tenants, each an issuer of its own.

use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{Checked, IssuerRule, Preset, PresetOptions, preset::OIDC};
use crate::oauth::{ClientAuthentication, UserInfo};

/// What is known of Microsoft.
pub const PRESET: Preset = Preset {
    name: "microsoft",
    label: "Microsoft",
    base_url: Some("https://login.microsoftonline.com/common/v2.0"),
    issuer: Some(IssuerRule {
        accepts,
        responds: |issuer, iss| issuer == iss || tenant_in(iss).is_some_and(|tenant| fill(issuer, tenant) == iss),
        of_tenant,
    }),
    scope: "email profile",
    client_authentication: ClientAuthentication::ClientSecretPost,
    // Addresses and names there are what an administrator of any tenant writes.
    trust_email_verified: false,
    vouches: proven,
    check: tenant,
    options: &["allowed_tenants"],
    ..OIDC
};

const HOSTS: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
];
const TEMPLATE: &str = "{tenantid}";
/// The tenant of personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn segment(base_url: &Url) -> Option<&str> {
    base_url.path_segments()?.next()
}

fn fill(template: &str, tenant: &str) -> String {
    template.replace(TEMPLATE, tenant)
}

fn is_tenant(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn tenant_in(issuer: &str) -> Option<&str> {
    issuer.split('/').nth(3).filter(|tenant| is_tenant(tenant))
}

/// The template is honoured for Microsoft's own hosts, and only where the block names no tenant ([P-8]).
fn accepts(base_url: &Url, issuer: &str) -> bool {
    let Some(host) = base_url.host_str().filter(|host| HOSTS.contains(host)) else {
        return false;
    };
    let tenant = match segment(base_url) {
        Some("common" | "organizations") => TEMPLATE,
        Some("consumers") => PERSONAL,
        _ => return false,
    };
    issuer == format!("https://{host}/{tenant}/v2.0")
}

fn of_tenant(issuer: &str, tenant: Option<&str>) -> Option<String> {
    if issuer.contains(TEMPLATE) {
        tenant.filter(|tenant| is_tenant(tenant)).map(|tenant| fill(issuer, tenant))
    } else {
        Some(issuer.to_owned())
    }
}

fn tenant(checked: &Checked<'_>) -> Result<(), &'static str> {
    let tenant = checked.text("tid");
    match segment(checked.base_url) {
        Some("organizations") if tenant.is_none_or(|tenant| tenant == PERSONAL) => return Err("base_url"),
        Some("consumers") if tenant != Some(PERSONAL) => return Err("base_url"),
        _ => {}
    }
    checked.claim_is_one_of("tid", "allowed_tenants")
}

/// Two optional claims prove an address; both must be switched on in the app registration.
fn proven(info: &UserInfo, _: &PresetOptions) -> bool {
    let Some(email) = info.email() else {
        return false;
    };
    let owned_domain = match info.get("xms_edov") {
        Some(Value::Bool(owned)) => *owned,
        Some(Value::String(text)) => text == "1" || text == "true",
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        _ => false,
    };
    let listed = |claim: &str| match info.get(claim) {
        Some(Value::Array(values)) => values
            .iter()
            .any(|value| value.as_str().is_some_and(|other| other.eq_ignore_ascii_case(email))),
        _ => false,
    };
    owned_domain || listed("verified_primary_email") || listed("verified_secondary_email")
}
