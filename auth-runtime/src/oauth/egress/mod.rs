//! Outgoing calls (promise OA-09): https, no redirects, 5 s to connect and 10 s in all, 1 MiB, public addresses only.

mod address;
mod answer;
mod resolver;

use std::{collections::BTreeSet, fmt, net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderValue, header};
use rustls_platform_verifier::BuilderVerifierExt;
use url::{Host, Url};

pub(super) use self::answer::{Answer, error_code};
pub use self::resolver::PrivateAddress;
use super::{
    Endpoint, ProviderError,
    oidc::{KeySets, MetadataCache},
};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);
const MAX_BODY: usize = 1024 * 1024;

/// The way out to providers, with what is remembered of them: metadata and key sets. One serves every provider of an
/// application; cheap to clone.
///
/// # Example
/// ```
/// use auth_runtime::oauth::Egress;
///
/// let egress = Egress::new()?;
/// let with_local_provider = Egress::allowing(&["localhost"])?;
/// # Ok::<(), auth_runtime::oauth::ProviderError>(())
/// ```
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    allowed: Arc<Allowed>,
    metadata: MetadataCache,
    keys: KeySets,
}

impl Egress {
    /// Calls to public addresses over https only.
    ///
    /// # Errors
    /// [`ProviderError::Setup`] when TLS cannot be set up.
    pub fn new() -> Result<Self, ProviderError> {
        Self::allowing(&[])
    }

    /// As [`new`](Self::new), but the hosts named here may have private addresses; one that is this machine
    /// (`localhost`, `127.0.0.1`, `[::1]`) may be called without TLS as well.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Security
    /// Each name is a way from the outside into the network of the server. For a provider inside one's own network,
    /// for development and for tests.
    pub fn allowing(hosts: &[&str]) -> Result<Self, ProviderError> {
        let allowed = Arc::new(Allowed::new(hosts));
        let client = client(&allowed).map_err(ProviderError::Setup)?;
        Ok(Self(Arc::new(Inner {
            client,
            allowed,
            metadata: MetadataCache::default(),
            keys: KeySets::default(),
        })))
    }

    pub(super) fn metadata(&self) -> &MetadataCache {
        &self.0.metadata
    }

    pub(super) fn keys(&self) -> &KeySets {
        &self.0.keys
    }

    /// Whether `url` may be called, as far as it tells by itself.
    ///
    /// # Errors
    /// [`ProviderError::Url`] for anything but https, for an address that is not public, and for a URL with a user
    /// name or a fragment.
    pub fn check(&self, url: &Url) -> Result<(), ProviderError> {
        let refuse = |problem| {
            Err(ProviderError::Url {
                host: url.host_str().unwrap_or_default().to_owned(),
                problem,
            })
        };
        let Some(host) = url.host() else {
            return refuse("it has no host");
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return refuse("it has a user name, a password or a fragment");
        }
        let listed = self.0.allowed.contains(&host.to_string());
        match url.scheme() {
            "https" => {}
            "http" if listed && is_this_machine(&host) => {}
            _ => return refuse("it is not https"),
        }
        let literal = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            // The resolver looks at names.
            Host::Domain(_) => None,
        };
        if !listed && resolver::vet(literal).is_err() {
            return refuse("its address is not public");
        }
        Ok(())
    }

    pub(super) async fn get(&self, endpoint: Endpoint, url: &Url) -> Result<Answer, ProviderError> {
        self.send(endpoint, reqwest::Request::new(http::Method::GET, url.clone()))
            .await
    }

    pub(super) async fn get_as(
        &self,
        endpoint: Endpoint,
        url: &Url,
        access_token: &str,
    ) -> Result<Answer, ProviderError> {
        let mut request = reqwest::Request::new(http::Method::GET, url.clone());
        let mut value = HeaderValue::try_from(format!("Bearer {access_token}"))
            .map_err(|_| ProviderError::unexpected(endpoint, "access_token"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
        self.send(endpoint, request).await
    }

    pub(super) async fn send(
        &self,
        endpoint: Endpoint,
        mut request: reqwest::Request,
    ) -> Result<Answer, ProviderError> {
        self.check(request.url())?;
        request.headers_mut().insert(
            header::ACCEPT,
            HeaderValue::from_static("application/json, application/jwt;q=0.9"),
        );
        // Its text would name the URL, which may hold what is confidential.
        let unreachable = |error: reqwest::Error| ProviderError::Unreachable {
            endpoint,
            source: error.without_url(),
        };
        let mut response = self.0.client.execute(request).await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(ProviderError::TooLarge { endpoint });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer::new(endpoint, response.status(), response.headers(), body))
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("allowed", &self.0.allowed)
            .finish_non_exhaustive()
    }
}

/// Hosts that may be inside, in lower case, as a URL writes them.
#[derive(Debug)]
pub(super) struct Allowed(BTreeSet<String>);

impl Allowed {
    fn new(hosts: &[&str]) -> Self {
        Self(hosts.iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    fn contains(&self, host: &str) -> bool {
        self.0.contains(&host.to_ascii_lowercase())
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

type SetupError = Box<dyn std::error::Error + Send + Sync>;

fn client(allowed: &Arc<Allowed>) -> Result<reqwest::Client, SetupError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver::Vetting {
            allowed: Arc::clone(allowed),
        })
        // A proxy would resolve names itself.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .user_agent(concat!("auth-runtime/", env!("CARGO_PKG_VERSION")))
        .build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(egress: &Egress, url: &str) -> bool {
        egress.check(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn oa_09_only_https_to_public_hosts() {
        let egress = Egress::new().unwrap();
        assert!(accepts(&egress, "https://login.example/token"));
        for refused in [
            "http://login.example/token",
            "ftp://login.example/token",
            "data:application/json,{}",
            "https://user@login.example/",
            "https://user:secret@login.example/",
            "https://login.example/#fragment",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "http://localhost/",
        ] {
            assert!(!accepts(&egress, refused), "{refused}");
        }
    }

    #[test]
    fn oa_09_a_listed_host_may_be_inside_and_only_this_machine_without_tls() {
        let egress =
            Egress::allowing(&["localhost", "127.0.0.1", "[::1]", "10.0.0.7", "Idp.Internal"]).unwrap();
        for accepted in [
            "http://localhost:8080/",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080/",
            "https://10.0.0.7/",
            "https://idp.internal/",
        ] {
            assert!(accepts(&egress, accepted), "{accepted}");
        }
        for refused in ["http://10.0.0.7/", "http://idp.internal/", "http://127.0.0.2/"] {
            assert!(!accepts(&egress, refused), "{refused}");
        }
    }
}
