use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinSet};

use super::server::BenchServer;
use crate::failure::Failure;

/// What a measurement came to.
pub(super) struct Measured {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Answers other than 201.
    pub refused: usize,
}

pub(super) fn request(server: &BenchServer, path: &str, body: &str) -> Request<Full<Bytes>> {
    Request::post(path)
        .header("host", server.address.to_string())
        .header("authorization", format!("Bearer {}", server.key))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .expect("a valid request")
}

async fn connect(server: &BenchServer) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream =
        TcpStream::connect(server.address).await.map_err(|error| Failure::of("connecting to the server", &error))?;
    stream.set_nodelay(true).map_err(|error| Failure::of("connecting to the server", &error))?;
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| Failure::of("connecting to the server", &error))?;
    tokio::spawn(connection);
    Ok(sender)
}

/// One request, answered as JSON.
pub(super) async fn once(server: &BenchServer, path: &str, body: &str) -> Result<Value, Failure> {
    let mut sender = connect(server).await?;
    let response = sender
        .send_request(request(server, path, body))
        .await
        .map_err(|error| Failure::of(format!("asking {path}"), &error))?;
    let bytes = response
        .into_body()
        .collect()
        .await
        .map_err(|error| Failure::of(format!("reading {path}"), &error))?
        .to_bytes();
    serde_json::from_slice(&bytes).map_err(|error| Failure::of(format!("reading {path}"), &error))
}

/// Closed loop: each connection asks again when it has its answer. Requests are made before the clock starts.
pub(super) async fn measure(
    server: &BenchServer,
    connections: usize,
    time: Duration,
    mut next: impl FnMut(usize) -> Request<Full<Bytes>>,
) -> Result<Measured, Failure> {
    // More than the fastest no-op endpoint takes here; a connection that runs out stops early and counts what it did.
    let per_connection = usize::try_from(time.as_secs()).unwrap_or(1) * 120_000 / connections + 100;
    let mut tasks = JoinSet::new();
    let mut ready = Vec::with_capacity(connections);
    for connection in 0..connections {
        let requests: Vec<_> = (0..per_connection).map(|_| next(connection)).collect();
        ready.push((connect(server).await?, requests));
    }
    let started = Instant::now();
    for (sender, requests) in ready {
        tasks.spawn(drive(sender, requests, started + time));
    }
    let mut latencies = Vec::new();
    let mut refused = 0;
    while let Some(done) = tasks.join_next().await {
        let (own, own_refused) = done.map_err(|error| Failure::of("measuring", &error))??;
        latencies.extend(own);
        refused += own_refused;
    }
    let elapsed = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 100).copied().unwrap_or_default();
    Ok(Measured { per_second: latencies.len() as f64 / elapsed, p50: at(50), p99: at(99), refused })
}

async fn drive(
    mut sender: SendRequest<Full<Bytes>>,
    requests: Vec<Request<Full<Bytes>>>,
    until: Instant,
) -> Result<(Vec<Duration>, usize), Failure> {
    let mut latencies = Vec::with_capacity(requests.len());
    let mut refused = 0;
    for request in requests {
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        let response = sender.send_request(request).await.map_err(|error| Failure::of("measuring", &error))?;
        if response.status() != StatusCode::CREATED {
            refused += 1;
        }
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            frame.map_err(|error| Failure::of("measuring", &error))?;
        }
        latencies.push(asked.elapsed());
    }
    Ok((latencies, refused))
}
