//! Names become addresses here, once: what is vetted is what is connected to, so no later answer of the name server
//! can replace it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Allowed, address::is_public};

/// The name stands for an address that is not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host has an address inside a private network")]
pub struct PrivateAddress;

/// Refuses a name altogether if one of its addresses is not public.
pub(super) struct Vetting {
    pub(super) allowed: Arc<Allowed>,
}

impl Resolve for Vetting {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            // Port 0 stands for that of the URL.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !allowed.contains(name.as_str()) {
                vet(found.iter().map(SocketAddr::ip))?;
            }
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

pub(super) fn vet(addresses: impl IntoIterator<Item = IpAddr>) -> Result<(), PrivateAddress> {
    if addresses.into_iter().all(is_public) {
        Ok(())
    } else {
        Err(PrivateAddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oa_09_one_private_address_among_public_ones_is_enough() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(vet([address("1.1.1.1")]), Ok(()));
        assert_eq!(
            vet([address("1.1.1.1"), address("10.0.0.1")]),
            Err(PrivateAddress)
        );
    }

    #[tokio::test]
    async fn oa_09_a_name_with_a_private_address_is_refused_unless_it_is_listed() {
        let resolver = |names: &[&str]| Vetting {
            allowed: Arc::new(Allowed::new(names)),
        };
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = resolver(&[]).resolve(name()).await.err().unwrap();
        assert!(refused.downcast_ref::<PrivateAddress>().is_some());
        assert!(resolver(&["LocalHost"]).resolve(name()).await.is_ok());
    }
}
