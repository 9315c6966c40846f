//! Request bodies: parsed strictly, refused with the place and the limit.

use std::sync::{Arc, OnceLock};

use axum::{
    body::Bytes,
    extract::{FromRequest, MatchedPath, Request},
    http::header,
};
use bytes::BytesMut;
use http_body_util::BodyExt;
use scrip_core::reason::{Reason, Refusal};
use scrip_faults::{Fault, is};
use serde::de::DeserializeOwned;
use tokio::{select, sync::OwnedSemaphorePermit, time::timeout};

use scrip_desk::Caller;

use crate::{
    api::Api,
    body_room::{self, Taken},
    limits::LARGE_BYTES,
    patience::Patience,
    problem::Problem,
    reading::Reading,
    shape::{self, Shape},
};

/// The largest body.
pub const BODY_MAX: usize = 1024 * 1024;

/// A JSON body. Unknown fields are refused, never ignored.
pub struct Body<T>(pub T);

/// The same, where an empty body says that nothing is to be said.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let asked = Asked::of(&request, &api.reading);
        let bytes = asked.read(request.into_body()).await?;
        asked.parse(&bytes).await.map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let asked = Asked::of(&request, &api.reading);
        let bytes = asked.read(request.into_body()).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(T::default()));
        }
        asked.parse(&bytes).await.map(Self)
    }
}

/// The body as it came, for whoever explains a refusal of it, and the room and turn that it has until the request is answered.
/// Rides on the request.
#[derive(Clone, Default)]
pub struct Came(Arc<Arrived>);

#[derive(Default)]
struct Arrived {
    bytes: OnceLock<Bytes>,
    room: OnceLock<Taken>,
    turn: OnceLock<OwnedSemaphorePermit>,
}

impl Came {
    pub fn is_large(&self) -> bool {
        self.0.bytes.get().is_some_and(|bytes| bytes.len() > LARGE_BYTES)
    }

    /// The body as JSON, if it came and is.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(self.0.bytes.get()?).ok()
    }
}

/// What a request says of its body before it is read.
struct Asked<'a> {
    /// Of the body that this operation takes.
    shape: Option<&'static Shape>,
    reading: &'a Reading,
    /// Where none rides on the request, it ends with the reading.
    came: Came,
    caller: Option<Arc<Caller>>,
    /// How long it says to be.
    said: Option<usize>,
}

impl<'a> Asked<'a> {
    fn of(request: &Request, reading: &'a Reading) -> Self {
        let extensions = request.extensions();
        let path = extensions.get::<MatchedPath>();
        let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self {
            shape: path.and_then(|path| shape::of_body(request.method().as_str(), path.as_str())),
            reading,
            came: extensions.get::<Came>().cloned().unwrap_or_default(),
            caller: extensions.get::<Arc<Caller>>().cloned(),
            said: said.map(|length: u64| usize::try_from(length).unwrap_or(usize::MAX)),
        }
    }

    async fn read(&self, mut body: axum::body::Body) -> Result<Bytes, Problem> {
        let Self { reading, came, caller, said, .. } = self;
        // One that says it is too large isn't waited for.
        if said.is_some_and(|length| length > BODY_MAX) {
            return Err(Reason::PayloadTooLarge.into());
        }
        let mut patience = Patience::of(reading.patience);
        let mut read = Read::Nothing;
        let mut taken = None;
        loop {
            let will_be = said.unwrap_or_default().max(read.bytes().len());
            if taken.is_none() && will_be > LARGE_BYTES && !is(Fault::BodiesUnbounded) {
                // Who says nothing of a length may need the most.
                let room = reading.room.take(caller.as_deref(), said.unwrap_or(BODY_MAX));
                taken = Some(select! {
                    biased;
                    taken = room => taken?,
                    () = patience.ran_out() => return Err(body_room::refused()),
                });
                // The body has its own time, whatever it waited.
                patience = Patience::of(reading.patience);
            }
            let frame = select! {
                biased;
                frame = body.frame() => frame,
                // The rest of the body may still be on its way: with this answer the connection ends.
                () = patience.ran_out() => return Err(Reason::RequestTimeout.into()),
            };
            let Some(frame) = frame else { break };
            // Trailers are nobody's.
            let Ok(data) = frame.map_err(|_| Problem::from(Reason::InvalidJson))?.into_data() else { continue };
            if read.bytes().len() + data.len() > BODY_MAX {
                return Err(Reason::PayloadTooLarge.into());
            }
            // As much as was taken for it, so that it doesn't grow beyond by doubling.
            read.push(data, if taken.is_some() { said.unwrap_or(BODY_MAX) } else { LARGE_BYTES });
        }
        let bytes = read.freeze();
        let _ = came.0.bytes.set(bytes.clone());
        if let Some(taken) = taken {
            let _ = came.0.room.set(taken);
        }
        Ok(bytes)
    }

    /// A large body takes milliseconds, which whoever claims meanwhile need not wait for: half the threads at most parse one.
    async fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Problem> {
        if bytes.len() <= LARGE_BYTES {
            return parse(bytes, self.shape);
        }
        let turn = timeout(self.reading.patience, self.reading.room.turn(self.caller.as_deref()));
        let _ = self.came.0.turn.set(Box::pin(turn).await.map_err(|_| body_room::refused())?);
        let _parsing = self.reading.parsing().await;
        parse(bytes, self.shape)
    }
}

/// What came so far of a body. Most come whole, and aren't copied.
enum Read {
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl Read {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Nothing => &[],
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes,
        }
    }

    /// Of a body that may be so long.
    fn push(&mut self, data: Bytes, most: usize) {
        match self {
            Self::Nothing => *self = Self::One(data),
            Self::One(first) => {
                let mut bytes = BytesMut::with_capacity(most.max(first.len() + data.len()));
                bytes.extend_from_slice(first);
                bytes.extend_from_slice(&data);
                *self = Self::Many(bytes);
            }
            Self::Many(bytes) => {
                bytes.reserve(most.saturating_sub(bytes.len()).max(data.len()));
                bytes.extend_from_slice(&data);
            }
        }
    }

    fn freeze(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], shape: Option<&Shape>) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_syntax() || inner.is_eof() || inner.is_io() {
            return Refusal::at("", Reason::InvalidJson);
        }
        refused(pointer, &inner.to_string())
    });
    let parsed = parsed.map_err(Problem::unread)?;
    deserializer.end().map_err(|_| Problem::unread(Refusal::at("", Reason::InvalidJson)))?;
    if shape.is_some_and(|shape| !shape.fits(bytes)) {
        return Err(Problem::unread(Refusal::invalid("", "objects where they are wanted, not lists")));
    }
    Ok(parsed)
}

/// A value as if it came in a body, for what is put together from parts (a merged PATCH).
pub(crate) fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::unread(refused(pointer, &error.into_inner().to_string()))
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// Without the place in the text that the parser adds. What was sent may look like one, but doesn't stand at the end.
fn without_place(message: &str) -> &str {
    let Some((before, place)) = message.rsplit_once(" at line ") else { return message };
    let is_place = place.split(" column ").all(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    if is_place { before } else { message }
}

/// Which reason a deserialiser's words are. serde tells what it expected after the word "expected".
pub(crate) fn refused(pointer: String, message: &str) -> Refusal {
    let message = without_place(message);
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let field = rest.split('`').next().unwrap_or_default();
        let here = format!("/{field}");
        let pointer = if pointer.ends_with(&here) { pointer } else { pointer + &here };
        return Refusal::at(pointer, Reason::UnknownField);
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        let field = rest.split('`').next().unwrap_or_default();
        return Refusal::invalid(format!("{pointer}/{field}"), "given");
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        let field = rest.split('`').next().unwrap_or_default();
        return Refusal::invalid(format!("{pointer}/{field}"), "given once");
    }
    // The last: what was sent is repeated before it, and may say "expected" too.
    let limit = message.rsplit_once("expected ").map_or(message, |(_, expected)| expected);
    // serde names our types; who reads this has none of them.
    let limit = match limit {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "i64" => "an integer",
        "a map" => "an object",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        other => other,
    };
    Refusal::invalid(pointer, limit)
}
