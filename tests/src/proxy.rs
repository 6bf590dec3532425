//! A wire that can be cut.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    net::{TcpListener, TcpStream, lookup_host},
    sync::Notify,
    task::JoinHandle,
};
use url::Url;

/// A wire between a test and its database server that can be cut and mended.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    wire: Arc<Wire>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Wire {
    is_cut: AtomicBool,
    cut: Notify,
}

impl Proxy {
    /// Stands before the server of `url`.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub async fn before(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let host = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let server = lookup_host(host).await.unwrap().next().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Arc::new(Wire::default());
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&wire)));
        Self {
            address,
            wire,
            accepting,
        }
    }

    /// `url` by way of the proxy.
    ///
    /// # Panics
    /// When `url` is none.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_ip_host(self.address.ip()).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        if url.scheme() == "mysql" {
            // On one machine the driver would otherwise go on through the server's socket file.
            url.query_pairs_mut().append_pair("prefer_socket", "false");
        }
        url.into()
    }

    /// Cuts every connection, and refuses new ones.
    pub fn cut(&self) {
        self.wire.is_cut.store(true, Ordering::SeqCst);
        self.wire.cut.notify_waiters();
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.wire.is_cut.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, wire: Arc<Wire>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let wire = Arc::clone(&wire);
        tokio::spawn(async move {
            let cut = wire.cut.notified();
            if wire.is_cut.load(Ordering::SeqCst) {
                return;
            }
            let Ok(mut server) = TcpStream::connect(server).await else {
                return;
            };
            tokio::select! {
                () = cut => {}
                _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
            }
        });
    }
}
