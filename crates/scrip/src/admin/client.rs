use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use super::{Request, Response, handle::handle, socket};
use crate::{backend, failure::Failure};

/// Asks the running server, or, if none runs, opens the data folder and does it here. One answer a request.
///
/// Errors: what the server or the rules refuse is in the answers; here is what kept us from asking.
pub fn ask(data: &Path, requests: impl Iterator<Item = Request>) -> Result<Vec<Response>, Failure> {
    match UnixStream::connect(socket(data)) {
        Ok(stream) => over_socket(stream, requests).map_err(|error| Failure::of("asking the running server", &error)),
        Err(_) => {
            let (engine, _store) = backend::start(data)?;
            let answers = requests.map(|request| handle(&engine, request)).collect();
            engine.stop();
            Ok(answers)
        }
    }
}

fn over_socket(stream: UnixStream, requests: impl Iterator<Item = Request>) -> std::io::Result<Vec<Response>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut answers = Vec::new();
    for request in requests {
        let mut text = serde_json::to_string(&request)?;
        text.push('\n');
        writer.write_all(text.as_bytes())?;
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::Error::other("it ended before it answered; whether it was done is not known"));
        }
        answers.push(serde_json::from_str(&line)?);
    }
    Ok(answers)
}
