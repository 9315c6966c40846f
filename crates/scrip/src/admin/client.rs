use std::{
    io::{BufRead, BufReader, ErrorKind, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use scrip_engine::Engine;

use super::{Request, Response, handle::handle, socket};
use crate::{
    backend::{self, Missing},
    failure::Failure,
};

/// Who does what is asked.
pub enum Admin {
    /// The running server, over its socket.
    Server { reader: BufReader<UnixStream>, writer: UnixStream },
    /// No server runs: an engine of our own, which stops when this is dropped.
    Here(Engine),
}

impl Admin {
    /// The server that runs on the data folder, or, if none does, an engine on it.
    ///
    /// Errors: the folder has no database, may not be opened, or is held by something that has no socket.
    pub fn of(data: &Path) -> Result<Self, Failure> {
        match UnixStream::connect(socket(data)) {
            Ok(stream) => Self::over(stream),
            Err(error) if is_nobodys(&error) => {
                backend::start(data, Missing::Refuse).map(|(engine, _)| Self::Here(engine))
            }
            Err(error) => Err(unreachable(data, &error)),
        }
    }

    /// The server that runs on the data folder.
    ///
    /// Errors: none does.
    pub fn server(data: &Path) -> Result<Self, Failure> {
        match UnixStream::connect(socket(data)) {
            Ok(stream) => Self::over(stream),
            Err(error) if is_nobodys(&error) => {
                backend::existing(data)?;
                Err(Failure::new(format!("no server runs on {}: start it with scrip serve --data {0}", data.display())))
            }
            Err(error) => Err(unreachable(data, &error)),
        }
    }

    /// One thing, done or refused before the next is asked.
    ///
    /// Errors: the server ended before it answered. What it refuses is an answer.
    pub fn ask(&mut self, request: Request) -> Result<Response, Failure> {
        match self {
            Self::Server { reader, writer } => {
                converse(reader, writer, &request).map_err(|error| Failure::of("asking the running server", &error))
            }
            Self::Here(engine) => Ok(handle(engine, request)),
        }
    }

    fn over(stream: UnixStream) -> Result<Self, Failure> {
        let writer = stream.try_clone().map_err(|error| Failure::of("asking the running server", &error))?;
        Ok(Self::Server { reader: BufReader::new(stream), writer })
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        if let Self::Here(engine) = self {
            engine.clone().stop();
        }
    }
}

/// Whether an error of connecting says that no server listens: there is no socket, or a killed server left it, or the folder's
/// name is longer than a socket's may be.
fn is_nobodys(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput | ErrorKind::NotADirectory
    )
}

fn unreachable(data: &Path, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => ". Run this as the user who runs the server",
        _ => "",
    };
    Failure::new(format!("asking whether a server runs on {}: {error}{advice}", data.display()))
}

fn converse(
    reader: &mut BufReader<UnixStream>,
    writer: &mut UnixStream,
    request: &Request,
) -> std::io::Result<Response> {
    let mut text = serde_json::to_string(request)?;
    text.push('\n');
    writer.write_all(text.as_bytes())?;
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(std::io::Error::other("it ended before it answered; whether it was done is not known"));
    }
    Ok(serde_json::from_str(&line)?)
}
