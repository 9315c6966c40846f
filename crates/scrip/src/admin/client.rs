use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use axum::{Router, body::Body};
use http_body_util::{BodyExt, Collected, Full};
use hyper::{
    Method, Request, Response,
    body::Bytes,
    client::conn::http1::handshake,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use scrip_desk::{Desk, DeskOptions};
use scrip_engine::Engine;
use scrip_http::{ApiOptions, routers};
use serde::Serialize;
use serde_json::Value;
use tokio::{net::UnixStream, runtime::Runtime};
use tower::Service;

use super::socket;
use crate::{
    backend::{self, Missing},
    failure::Failure,
};

/// Who does what is asked. Blocks: not for a thread of a runtime.
pub struct Admin {
    reaches: Reaches,
    runtime: Runtime,
}

enum Reaches {
    /// The running server, over its socket. Each question is a connection of its own: between two of them may be any time, for
    /// which the server keeps none open.
    Server(PathBuf),
    /// No server runs: an engine of our own, which stops when this is dropped.
    Here(Router, Engine),
}

/// What is answered.
pub enum Answer {
    Done(Value),
    /// Why not, in words.
    Refused(String),
}

impl Admin {
    /// The server that runs on the data folder, or, if none does, an engine on it.
    ///
    /// Errors: the folder has no database, may not be opened, or is held by something that has no socket.
    pub fn of(data: &Path) -> Result<Self, Failure> {
        let runtime = runtime()?;
        match runtime.block_on(UnixStream::connect(socket(data))) {
            Ok(_) => Ok(Self { reaches: Reaches::Server(socket(data)), runtime }),
            Err(error) if is_nobodys(&error) => {
                let (engine, _) = backend::start(data, Missing::Refuse)?;
                let desk = Desk::new(engine.clone(), &DeskOptions::default());
                Ok(Self { reaches: Reaches::Here(routers(desk, ApiOptions::default()).machine, engine), runtime })
            }
            Err(error) => Err(unreachable(data, &error)),
        }
    }

    /// The server that runs on the data folder.
    ///
    /// Errors: none does.
    pub fn server(data: &Path) -> Result<Self, Failure> {
        let runtime = runtime()?;
        match runtime.block_on(UnixStream::connect(socket(data))) {
            Ok(_) => Ok(Self { reaches: Reaches::Server(socket(data)), runtime }),
            Err(error) if is_nobodys(&error) => {
                backend::existing(data)?;
                Err(Failure::new(format!("no server runs on {}: start it with scrip serve --data {0}", data.display())))
            }
            Err(error) => Err(unreachable(data, &error)),
        }
    }

    pub fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, Bytes::new())
    }

    pub fn post(&mut self, path: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        self.ask(Method::POST, path, json(body))
    }

    pub fn put(&mut self, path: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        self.ask(Method::PUT, path, json(body))
    }

    /// One thing, done or refused before the next is asked.
    ///
    /// Errors: the server ended before it answered. What it refuses is an answer.
    fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, Failure> {
        let request = Request::builder().method(method).uri(path).header(HOST, "localhost");
        let request = if body.is_empty() { request } else { request.header(CONTENT_TYPE, "application/json") };
        let request = request.body(Full::new(body)).expect("a method and a path of ours");
        match &mut self.reaches {
            Reaches::Server(socket) => self.runtime.block_on(async {
                let unknown = |error: &dyn std::error::Error| {
                    Failure::new(format!(
                        "asking the running server: it ended before it answered; whether it was done is not known: {error}"
                    ))
                };
                let gone = |error: &dyn std::error::Error| {
                    Failure::new(format!("asking the running server: it is gone, and nothing was done: {error}"))
                };
                let stream = UnixStream::connect(socket).await.map_err(|error| gone(&error))?;
                let (mut connection, driven) =
                    handshake(TokioIo::new(stream)).await.map_err(|error| unknown(&error))?;
                let asked = async move {
                    let response = connection.send_request(request).await.map_err(|error| unknown(&error))?;
                    let (status, body) = (response.status(), response.into_body().collect().await);
                    Ok(read(status.is_success(), &body.map_err(|error| unknown(&error))?.to_bytes()))
                };
                // The connection ends with the question.
                tokio::join!(asked, driven).0
            }),
            Reaches::Here(router, _) => self.runtime.block_on(async {
                // A router is always ready, and fails in an answer.
                let response: Response<Body> = router.call(request).await.unwrap_or_else(|never| match never {});
                let (status, body) = (response.status(), response.into_body().collect().await);
                Ok(read(status.is_success(), &body.map(Collected::to_bytes).unwrap_or_default()))
            }),
        }
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        if let Reaches::Here(_, engine) = &self.reaches {
            engine.clone().stop();
        }
    }
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::of("starting", &error))
}

fn json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("what is asked can be written").into()
}

/// What was answered: a document, or a problem with the place that it is about.
fn read(is_done: bool, body: &[u8]) -> Answer {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    if is_done {
        return Answer::Done(document);
    }
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let detail = text("/detail").unwrap_or("an unexpected fault");
    Answer::Refused(match (text("/code"), text("/errors/0/pointer").filter(|pointer| !pointer.is_empty())) {
        // What the operator has to put right is said in the detail alone.
        (None | Some("store_unavailable"), _) => detail.to_owned(),
        (Some(code), None) => format!("{detail} ({code})"),
        (Some(code), Some(pointer)) => format!("{detail} ({code} at {pointer})"),
    })
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
