//! Connections: as many as there is room for, and none for longer than its client is busy.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use crate::config::Connections;

/// Files that the database, its readers and the log need besides connections.
const OTHER_FILES: u64 = 128;
/// A request's line and headers; what is longer is answered with 431 or 414 and the connection closed. A connection has no more
/// than this of what it sent in memory, besides bodies.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 100;

/// What clients may take up.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// For a request's head, for its body, and between two steps of reading an answer.
    pub patience: Duration,
    pub at_once: usize,
}

impl ConnectionLimits {
    pub fn new(settings: &Connections) -> Self {
        Self {
            patience: Duration::from_secs(settings.request_seconds.into()),
            at_once: usize::try_from(settings.connections_max).unwrap_or(usize::MAX),
        }
    }
}

/// Serves until `stop` is done, then until the requests that have begun are answered.
pub async fn serve(listener: TcpListener, app: Router, limits: ConnectionLimits, stop: impl Future<Output = ()>) {
    // Each connection is an open file; more than the system allows can't be accepted.
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
    let files = usize::try_from(files.saturating_sub(OTHER_FILES).max(1)).unwrap_or(usize::MAX);
    let room = Arc::new(Semaphore::new(limits.at_once.min(files).min(Semaphore::MAX_PERMITS)));
    let connections = GracefulShutdown::new();
    let accepting = async {
        loop {
            // Before accepting: who finds no room waits with the system, and costs us nothing.
            let place = Arc::clone(&room).acquire_owned().await.expect("never closed");
            let (stream, peer) = accepted(&listener).await;
            let _ = stream.set_nodelay(true);
            let connection = connections.watch(connection(stream, Some(peer), app.clone(), limits.patience));
            tokio::spawn(async move {
                // A client that breaks off or is too slow is no fault of ours.
                if let Err(error) = connection.await {
                    tracing::debug!(%peer, %error, "a connection ended");
                }
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop => {}
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves one connection while its client is busy. `peer` is where on the network that is; the data folder's socket has none.
pub fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    peer: Option<SocketAddr>,
    app: Router,
    patience: Duration,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        // A router is always ready.
        app.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}

/// The next connection. Errors of one client are passed over; without files or memory a second's rest may bring some.
async fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "accepting a connection");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
