//! Requests by clients that don't behave: they hang up, or read slowly.

use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Longer than any answer to a small request takes.
const PATIENCE: Duration = Duration::from_secs(5);
/// For a server to take what it is sent, where it doesn't matter whether it takes all.
const WRITING: Duration = Duration::from_millis(50);
/// Of a slow reader's socket: the server can't hand over more than this and what its own socket takes.
const RECEIVE_BYTES: usize = 4_096;
/// As small as any network's.
const SEGMENT_BYTES: u32 = 536;

/// The bytes of a request.
pub fn request(line: &str, key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends all of it and hangs up at once.
pub async fn send_and_hang_up(base: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address(base)).await?;
    stream.write_all(bytes).await
}

/// Sends it and leaves it at that as long as the stream lives.
pub async fn begin(base: &str, bytes: &[u8]) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address(base)).await?;
    // A server that refuses early may close before all is written, or take no more.
    let _ = tokio::time::timeout(WRITING, stream.write_all(bytes)).await;
    Ok(stream)
}

/// Sends it and reads the status.
pub async fn status(base: &str, bytes: &[u8]) -> Option<u16> {
    let ask = async {
        let mut stream = TcpStream::connect(address(base)).await.ok()?;
        // A server that refuses early may close before all is written.
        let _ = stream.write_all(bytes).await;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.ok()?;
        std::str::from_utf8(&head[9..12]).ok()?.parse().ok()
    };
    tokio::time::timeout(PATIENCE, ask).await.ok()?
}

/// Sends it, reads so many bytes of the answer, and leaves the rest where it is as long as the stream lives. As over a network: to
/// itself a machine hands megabytes at once, whoever reads them.
pub async fn begin_reading(base: &str, bytes: &[u8], read: usize) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    socket.set_tcp_mss(SEGMENT_BYTES)?;
    socket.set_nonblocking(true)?;
    let socket = TcpSocket::from_std_stream(socket.into());
    let address = address(base).parse().map_err(std::io::Error::other)?;
    let mut stream = socket.connect(address).await?;
    stream.write_all(bytes).await?;
    let mut begun = vec![0; read];
    // An answer may be shorter.
    let _ = tokio::time::timeout(PATIENCE, stream.read(&mut begun)).await;
    Ok(stream)
}

fn address(base: &str) -> &str {
    base.trim_start_matches("http://")
}
