//! One connection of the load: prepared bytes out, an answer in, nothing else, so that the machine works for the server.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

/// A request's bytes with places for the number of whoever it is about.
#[derive(Clone)]
pub(super) struct Prepared {
    bytes: Vec<u8>,
    /// Where the digits begin.
    numbers: Vec<usize>,
}

/// Stands for the number in a path or a body; the number has as many hexadecimal digits.
pub(super) const NUMBER: &str = "NNNNNNNN";

impl Prepared {
    /// `body`: none for a GET.
    pub fn new(address: SocketAddr, key: &str, path: &str, body: Option<&str>) -> Self {
        let text = match body {
            None => format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\r\n"),
            Some(body) => format!(
                "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        };
        let numbers = text.match_indices(NUMBER).map(|(at, _)| at).collect();
        Self { bytes: text.into_bytes(), numbers }
    }

    fn about(&mut self, number: u32) -> &[u8] {
        let digits = format!("{number:0width$x}", width = NUMBER.len());
        for &at in &self.numbers {
            self.bytes[at..at + NUMBER.len()].copy_from_slice(digits.as_bytes());
        }
        &self.bytes
    }
}

/// One request and its answer, status and body: for what comes before or after what is measured.
pub(super) fn ask(address: SocketAddr, key: &str, path: &str, body: Option<&str>) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(&Prepared::new(address, key, path, body).bytes)?;
    let mut answer = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server ended a connection")),
            count => answer.extend_from_slice(&buffer[..count]),
        }
        if let Some(Answer { status, body_at }) = whole(&answer)? {
            return Ok((status, answer.split_off(body_at)));
        }
    }
}

/// What came of reading.
pub(super) enum Step {
    /// The answer isn't whole yet.
    Waits,
    /// One of several requests of a round was answered; the next was sent.
    GoesOn,
    /// All of them were, in this time; `is_good`: each as it should be.
    Done { took: Duration, is_good: bool },
}

/// A connection that asks the same requests one after the other, about one number after the other.
pub(super) struct Connection {
    stream: TcpStream,
    requests: Vec<Prepared>,
    /// The status that each should be answered with.
    expected: Vec<u16>,
    /// Which of the requests is on its way.
    at: usize,
    number: u32,
    asked: Instant,
    is_good: bool,
    answer: Vec<u8>,
}

/// More than an answer of the measured kinds has.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

impl Connection {
    pub fn open(address: SocketAddr, requests: &[(Prepared, u16)]) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let (requests, expected) = requests.iter().cloned().unzip();
        let asked = Instant::now();
        Ok(Self { stream, requests, expected, at: 0, number: 0, asked, is_good: true, answer: Vec::new() })
    }

    /// Begins a round about a number.
    pub fn begin(&mut self, number: u32) -> io::Result<()> {
        (self.at, self.number, self.asked, self.is_good) = (0, number, Instant::now(), true);
        self.send()
    }

    /// Reads what is there, and goes on.
    pub fn step(&mut self) -> io::Result<Step> {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server ended a connection")),
            Ok(count) => self.answer.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(Step::Waits);
            }
            Err(error) => return Err(error),
        }
        let Some(Answer { status, .. }) = whole(&self.answer)? else { return Ok(Step::Waits) };
        self.answer.clear();
        self.is_good &= status == self.expected[self.at];
        self.at += 1;
        if self.at == self.requests.len() {
            return Ok(Step::Done { took: self.asked.elapsed(), is_good: self.is_good });
        }
        self.send()?;
        Ok(Step::GoesOn)
    }

    fn send(&mut self) -> io::Result<()> {
        let bytes = self.requests[self.at].about(self.number);
        // A request is far smaller than a socket's buffer, and the one before was answered.
        self.stream.write_all(bytes)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// An answer that is there to its end.
#[derive(PartialEq, Eq, Debug)]
struct Answer {
    status: u16,
    body_at: usize,
}

/// The answer, if it is there to its end.
///
/// Errors: it is none that says its length.
fn whole(answer: &[u8]) -> io::Result<Option<Answer>> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head]).map_err(io::Error::other)?;
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    match (status, length) {
        (Some(status), Some(length)) if length <= ANSWER_BYTES_MAX => {
            let body_at = head + 4;
            Ok((answer.len() >= body_at + length).then_some(Answer { status, body_at }))
        }
        _ => Err(io::Error::other(format!("an answer that isn't understood: {text}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_all_that_it_says_is_there() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\nx: y\r\n\r\nabc";
        for cut in 0..answer.len() {
            assert_eq!(whole(&answer[..cut]).expect("a part"), None);
        }
        assert_eq!(whole(answer).expect("whole"), Some(Answer { status: 201, body_at: answer.len() - 3 }));
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
        assert!(whole(b"what\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_is_about_a_number_wherever_that_stands() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let mut prepared = Prepared::new(address, "k", &format!("/a/{NUMBER}"), Some(&format!("\"{NUMBER}\"")));
        let text = String::from_utf8(prepared.about(0xab).to_vec()).expect("text");
        assert!(
            text.starts_with("POST /a/000000ab HTTP/1.1\r\n")
                && text.ends_with("content-length: 10\r\n\r\n\"000000ab\""),
            "{text}"
        );
    }
}
