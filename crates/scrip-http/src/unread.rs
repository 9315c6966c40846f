//! Bodies that nobody read. A request may be refused before its body is here: by its key, its path, a header. What is
//! left of the body then stands before the next request on the same connection, so it is read to its end if it is
//! short, and else the answer says that the connection ends.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use http_body::{Frame, SizeHint};

use crate::{counted, limits::DrainLimits};

/// Where a body comes back to if it isn't read to its end.
type Place = Arc<Mutex<Option<Body>>>;

/// A body that was lent to a request.
pub(crate) struct Lent {
    place: Place,
    /// The client waits to be told before it sends the body, and wasn't.
    waits_for_100: bool,
}

/// Lends the request its body. `None`: there is none.
pub(crate) fn lend(request: &mut Request) -> Option<Lent> {
    if request.body().is_end_stream() {
        return None;
    }
    let place = Place::default();
    let body = std::mem::take(request.body_mut());
    *request.body_mut() = Body::new(Lending { body: Some(body), place: place.clone() });
    let waits_for_100 = request.headers().contains_key(header::EXPECT);
    Some(Lent { place, waits_for_100 })
}

/// Returns the body when it is dropped, unless it has ended.
struct Lending {
    body: Option<Body>,
    place: Place,
}

impl HttpBody for Lending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(&mut *body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || body.is_end_stream() {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lending {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl Lent {
    /// Sees to it that the connection is fit for the next request after this answer, or that the answer says it isn't.
    pub async fn end(self, response: &mut Response, limits: DrainLimits) {
        let unread = self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(unread) = unread else { return };
        // Who was too slow once isn't waited for again.
        let may_be_read = !self.waits_for_100 && response.status() != StatusCode::REQUEST_TIMEOUT;
        if may_be_read && is_read_to_its_end(unread, limits).await {
            return;
        }
        metrics::counter!(counted::BODIES_LEFT_UNREAD).increment(1);
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

async fn is_read_to_its_end(mut body: Body, limits: DrainLimits) -> bool {
    if body.size_hint().lower() > limits.bytes {
        return false;
    }
    let mut left = limits.bytes;
    let reading = async {
        loop {
            match std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                None => return true,
                Some(Err(_)) => return false,
                Some(Ok(frame)) => {
                    let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                    let Some(rest) = left.checked_sub(length) else { return false };
                    left = rest;
                }
            }
        }
    };
    // Apart: seldom there is anything to read, and a timer is large.
    Box::pin(tokio::time::timeout(limits.time, reading)).await.unwrap_or(false)
}
