//! One provider, one client, one attempt.

use auth_runtime::oauth::{
    AuthorizeOptions, Callback, Egress, Identified, Pending, Preset, Protocol, Provider, ProviderBuilder,
    ProviderError,
};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::datetime};

use crate::{
    server::{Reply, Server},
    signer::Signer,
};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-05-01 12:00 UTC);
pub(crate) const CLIENT: &str = "our-client";
pub(crate) const SECRET: &str = "our client's secret, 32 bytes or more";
pub(crate) const CALLBACK: &str = "https://app.example/auth/user/corporate/callback";

/// An OpenID Connect provider with one RSA key.
pub(crate) struct Idp {
    pub(crate) server: Server,
    pub(crate) signer: Signer,
}

impl Idp {
    pub(crate) async fn start() -> Self {
        Self::with(Algorithm::RS256).await
    }

    pub(crate) async fn with(algorithm: Algorithm) -> Self {
        let idp = Self {
            server: Server::start().await,
            signer: Signer::new(algorithm, "key-1"),
        };
        idp.describe(&json!({}));
        idp.server
            .reply("/keys", Reply::json(&json!({"keys": [idp.signer.jwk()]})));
        idp
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    /// Serves the discovery document with these members changed; null takes one away.
    pub(crate) fn describe(&self, changes: &Value) {
        let document = self.document(changes);
        self.server
            .reply("/.well-known/openid-configuration", Reply::json(&document));
    }

    pub(crate) fn document(&self, changes: &Value) -> Value {
        let document = json!({
            "issuer": self.server.url,
            "authorization_endpoint": self.url("/authorize"),
            "token_endpoint": self.url("/token"),
            "jwks_uri": self.url("/keys"),
            "userinfo_endpoint": self.url("/userinfo"),
        });
        changed(document, changes)
    }

    pub(crate) fn claims(&self, pending: &Pending, changes: &Value) -> Value {
        let claims = json!({
            "iss": self.server.url,
            "sub": "person-1",
            "aud": CLIENT,
            "iat": NOW.unix_timestamp(),
            "exp": NOW.unix_timestamp() + 300,
            "nonce": pending.nonce,
        });
        let claims = changed(claims, &json!({}));
        changed(claims, changes)
    }

    pub(crate) fn builder(&self, preset: Option<&'static Preset>) -> ProviderBuilder {
        Provider::builder(Protocol::Oidc, preset, egress())
            .base_url(self.server.url.as_str())
            .client_id(CLIENT)
            .client_secret(SECRET)
            .redirect_uri(CALLBACK)
    }

    pub(crate) fn provider(&self) -> Provider {
        self.builder(None).build().unwrap()
    }

    pub(crate) fn gives(&self, id_token: &str) {
        self.server.reply("/token", Reply::json(&tokens(id_token)));
    }

    /// An attempt whose ID token has these claims changed.
    pub(crate) async fn sign_in(
        &self,
        provider: &Provider,
        changes: &Value,
    ) -> Result<Identified, ProviderError> {
        let started = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
        self.gives(&self.signer.sign(&self.claims(&started.pending, changes)));
        provider
            .finish(&started.pending, &callback(&started.pending), NOW)
            .await
    }
}

pub(crate) fn egress() -> Egress {
    Egress::allowing(&["127.0.0.1"]).unwrap()
}

pub(crate) fn tokens(id_token: &str) -> Value {
    json!({"access_token": "access-1", "token_type": "Bearer", "expires_in": 3600, "id_token": id_token})
}

pub(crate) fn callback(pending: &Pending) -> Callback {
    Callback {
        code: Some("code-1".to_owned()),
        state: Some(pending.state.clone()),
        ..Default::default()
    }
}

/// `base` with members replaced, or taken away by null.
pub(crate) fn changed(base: Value, changes: &Value) -> Value {
    let mut members = base.as_object().unwrap().clone();
    for (name, value) in changes.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    members.into()
}

/// The whole chain of an error, as an operator reads it.
pub(crate) fn text(error: &ProviderError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
