//! Microsoft: one document, many issuers.

use auth_runtime::oauth::{
    AuthorizeOptions, EmailTrust, ProviderBuilder, ProviderError, TokenFault, presets::microsoft,
};
use serde_json::{Value, json};

use super::{builder, one, openid, outside};
use crate::setup::{Idp, NOW, changed};

const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft's templated issuer, with the endpoints of `idp`.
fn local_microsoft(idp: &Idp, audience: &str) -> ProviderBuilder {
    let document = idp.document(&json!({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}));
    builder(&microsoft::PRESET)
        .base_url(format!("https://login.microsoftonline.com/{audience}/v2.0"))
        .openid_configuration(document.as_object().unwrap().clone())
}

fn of_tenant(tenant: &str, tid: Value) -> Value {
    json!({
        "iss": format!("https://login.microsoftonline.com/{tenant}/v2.0"), "tid": tid, "oid": "oid-1",
        "email": "ada@contoso.com", "email_verified": true,
    })
}

#[tokio::test]
async fn microsoft_issuers_are_tenants_and_addresses_are_not_trusted() {
    let idp = Idp::start().await;
    let common = || local_microsoft(&idp, "common");
    let person = openid(&idp, common(), &of_tenant(TENANT, json!(TENANT)))
        .await
        .unwrap();
    assert_eq!(
        person.issuer,
        format!("https://login.microsoftonline.com/{TENANT}/v2.0")
    );
    assert_eq!(person.user_info.text("oid"), Some("oid-1"));
    assert_eq!(person.email, EmailTrust::Untrusted);

    for (tenant, tid, fault) in [
        (TENANT, json!(null), TokenFault::Unusable("tid")),
        ("evil", json!("evil"), TokenFault::Unusable("tid")),
        (TENANT, json!("../common"), TokenFault::Unusable("tid")),
        (TENANT, json!(PERSONAL), TokenFault::OtherIssuer),
    ] {
        match openid(&idp, common(), &of_tenant(tenant, tid)).await.unwrap_err() {
            ProviderError::Token { fault: found, .. } => assert_eq!(found, fault),
            other => panic!("{other}"),
        }
    }
    let work = of_tenant(TENANT, json!(TENANT));
    let personal = of_tenant(PERSONAL, json!(PERSONAL));
    assert!(
        openid(&idp, local_microsoft(&idp, "organizations"), &work)
            .await
            .is_ok()
    );
    assert_eq!(
        outside(openid(&idp, local_microsoft(&idp, "organizations"), &personal).await),
        "base_url"
    );
    assert!(
        openid(&idp, local_microsoft(&idp, "consumers"), &personal)
            .await
            .is_ok()
    );
    assert_eq!(
        outside(openid(&idp, local_microsoft(&idp, "consumers"), &work).await),
        "base_url"
    );
    let limited = || common().option("allowed_tenants", one(TENANT));
    assert!(openid(&idp, limited(), &work).await.is_ok());
    assert_eq!(
        outside(openid(&idp, limited(), &personal).await),
        "allowed_tenants"
    );
}

#[tokio::test]
async fn microsoft_addresses_need_a_proof_even_when_they_are_trusted() {
    let idp = Idp::start().await;
    for (changes, expected) in [
        (json!({}), EmailTrust::Untrusted),
        (json!({"xms_edov": true}), EmailTrust::Trusted),
        (json!({"xms_edov": "0"}), EmailTrust::Untrusted),
        (
            json!({"verified_primary_email": ["ADA@contoso.com"]}),
            EmailTrust::Trusted,
        ),
        (
            json!({"verified_primary_email": ["other@contoso.com"]}),
            EmailTrust::Untrusted,
        ),
    ] {
        let claims = changed(of_tenant(TENANT, json!(TENANT)), &changes);
        let trusting = local_microsoft(&idp, "common").trust_email_verified(true);
        assert_eq!(
            openid(&idp, trusting, &claims).await.unwrap().email,
            expected,
            "{changes}"
        );
        let silent = local_microsoft(&idp, "common");
        assert_eq!(
            openid(&idp, silent, &claims).await.unwrap().email,
            EmailTrust::Untrusted
        );
    }
}

#[tokio::test]
async fn oa_03_a_templated_issuer_on_a_foreign_host_is_refused() {
    let idp = Idp::start().await;
    for issuer in [
        idp.url("/{tenantid}/v2.0"),
        "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(),
    ] {
        idp.describe(&json!({"issuer": issuer}));
        let provider = idp.builder(Some(&microsoft::PRESET)).build().unwrap();
        let error = provider
            .start(&AuthorizeOptions::default(), NOW)
            .await
            .unwrap_err();
        assert!(matches!(error, ProviderError::OtherIssuer), "{error}");
    }
}
