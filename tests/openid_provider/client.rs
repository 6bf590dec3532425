//! Our side of the protocol, without people.

use auth_runtime::oauth::{
    AuthorizeOptions, Callback, ClientAuthentication, Egress, Identified, Pending, Protocol, Provider,
    ProviderBuilder, ProviderError,
};
use time::OffsetDateTime;
use url::Url;

use crate::peer::{OpenIdProvider, Return, SECRET, Visitor};

/// Nobody listens there: what is sent back is read off the browser.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/auth/user/corporate/callback";

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A client that the provider knows by this name.
pub(crate) fn client(provider: &OpenIdProvider, name: &str) -> ProviderBuilder {
    let egress = Egress::allowing(&["127.0.0.1"]).unwrap();
    let builder = Provider::builder(Protocol::Oidc, None, egress)
        .base_url(provider.issuer.as_str())
        .client_id(name)
        .redirect_uri(CALLBACK)
        .scope("email profile");
    match name {
        "basic" | "es256" => builder
            .client_secret(SECRET)
            .client_authentication(ClientAuthentication::ClientSecretBasic),
        "post" => builder
            .client_secret(SECRET)
            .client_authentication(ClientAuthentication::ClientSecretPost),
        "secret_jwt" => builder
            .client_secret(SECRET)
            .client_authentication(ClientAuthentication::ClientSecretJwt),
        "key_jwt" => builder.client_authentication(ClientAuthentication::PrivateKeyJwt),
        _ => builder.client_authentication(ClientAuthentication::None),
    }
}

/// An attempt up to where the browser comes back.
pub(crate) async fn visit(client: &Provider, visitor: &Visitor, login: &str) -> (Pending, Callback) {
    let started = client.start(&AuthorizeOptions::default(), now()).await.unwrap();
    let callback = match visitor.sign_in(started.url.as_str(), login).await {
        Return::To(url) => read(&url),
        Return::Form { action, fields } => {
            assert_eq!(action, CALLBACK);
            of_fields(fields)
        }
    };
    (started.pending, callback)
}

/// A whole attempt.
pub(crate) async fn sign_in(
    client: &Provider,
    visitor: &Visitor,
    login: &str,
) -> Result<Identified, ProviderError> {
    let (pending, callback) = visit(client, visitor, login).await;
    client.finish(&pending, &callback, now()).await
}

fn read(url: &Url) -> Callback {
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    of_fields(url.query_pairs().into_owned())
}

fn of_fields(fields: impl IntoIterator<Item = (String, String)>) -> Callback {
    let fields = serde_json::Value::Object(
        fields
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
    );
    serde_json::from_value(fields).unwrap()
}
