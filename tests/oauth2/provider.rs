//! A provider that says what a test tells it to.

use auth_runtime::oauth::Egress;
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use crate::{
    server::{Reply, Server},
    signer::Signer,
};

pub(crate) const CLIENT: &str = "our-client";

/// An OpenID provider, which also answers as plain OAuth 2.
pub(crate) struct Idp {
    pub(crate) server: Server,
    pub(crate) signer: Signer,
}

impl Idp {
    pub(crate) async fn start() -> Self {
        let idp = Self {
            server: Server::start().await,
            signer: Signer::new(jsonwebtoken::Algorithm::RS256, "key-1"),
        };
        let url = |path: &str| format!("{}{path}", idp.server.url);
        let document = json!({
            "issuer": idp.server.url,
            "authorization_endpoint": url("/authorize"),
            "token_endpoint": url("/token"),
            "jwks_uri": url("/keys"),
            "userinfo_endpoint": url("/userinfo"),
            "end_session_endpoint": url("/end"),
        });
        idp.server
            .reply("/.well-known/openid-configuration", Reply::json(&document));
        idp.server
            .reply("/keys", Reply::json(&json!({"keys": [idp.signer.jwk()]})));
        idp
    }

    /// Who will have signed in there when the code of the attempt behind `location` is exchanged.
    pub(crate) fn signs_in(&self, location: &Url, now: OffsetDateTime, claims: &Value) {
        self.gives(&self.tokens(location, now, claims));
        self.server.reply("/user", Reply::json(claims));
    }

    fn tokens(&self, location: &Url, now: OffsetDateTime, claims: &Value) -> Value {
        let mut all = json!({
            "iss": self.server.url, "aud": CLIENT, "iat": now.unix_timestamp(), "exp": now.unix_timestamp() + 300,
            "nonce": parameter(location, "nonce"),
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        json!({
            "access_token": "access-1", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-1",
            "id_token": self.signer.sign(&all),
        })
    }

    /// A code of its own for the attempt behind `location`, when several are under way.
    pub(crate) fn code_for(&self, location: &Url, now: OffsetDateTime, claims: &Value) -> String {
        let code = format!("code-of-{}", parameter(location, "state").unwrap());
        let tokens = self.tokens(location, now, claims);
        self.server.reply_to("/token", &code, Reply::json(&tokens));
        code
    }

    /// What the token endpoint answers.
    pub(crate) fn gives(&self, tokens: &Value) {
        self.server.reply("/token", Reply::json(tokens));
    }
}

/// The way out for tests: their providers are on this machine.
pub(crate) fn egress() -> Egress {
    Egress::allowing(&["127.0.0.1"]).unwrap()
}

/// One parameter of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}
