//! A way to a server that can be cut: whoever comes through it finds the server stopped, or is thrown out.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Passes on what comes to its address, while it is on. Off, nobody listens there.
#[derive(Debug)]
pub(crate) struct Switch {
    address: SocketAddr,
    to: SocketAddr,
    task: Option<JoinHandle<()>>,
}

impl Switch {
    /// A way to this server, on.
    pub(crate) async fn to(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        Self { address, to, task: Some(tokio::spawn(pass(listener, to))) }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts all connections, and lets none in: the server has stopped.
    pub(crate) async fn off(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// The server is there again.
    pub(crate) async fn on(&mut self) {
        self.off().await;
        let listener = TcpListener::bind(self.address).await.expect("its own port");
        self.task = Some(tokio::spawn(pass(listener, self.to)));
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn pass(listener: TcpListener, to: SocketAddr) {
    // Gone with the task, and every connection with it.
    let mut talks = JoinSet::new();
    while let Ok((mut inward, _)) = listener.accept().await {
        talks.spawn(async move {
            let Ok(mut outward) = TcpStream::connect(to).await else { return };
            // Either side may hang up at any time.
            let _ = copy_bidirectional(&mut inward, &mut outward).await;
        });
    }
}
