//! Answers that are streamed: a page is read when the one before has been taken, so that a slow reader holds nothing but
//! a page and its connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use scrip_desk::{NotDone, Share};

use crate::counted;

/// A page of text, and where the next begins; `None`: it was the last.
pub(crate) type Page<P> = (String, Option<P>);
type Reading<P> = Pin<Box<dyn Future<Output = Result<Page<P>, NotDone>> + Send>>;

/// Pages as a body, each read when it is asked for. After `time` in all it is broken off.
pub(crate) fn body<P, R>(permit: Share, time: Duration, begin: P, read: impl FnMut(P) -> R + Send + 'static) -> Body
where
    P: Send + Unpin + 'static,
    R: Future<Output = Result<Page<P>, NotDone>> + Send + 'static,
{
    let mut read = read;
    Body::from_stream(Pages {
        until: Instant::now().checked_add(time),
        permit,
        read: Box::new(move |place| Box::pin(read(place))),
        next: Some(begin),
        reading: None,
    })
}

struct Pages<P> {
    /// `None`: for ever.
    until: Option<Instant>,
    #[expect(dead_code, reason = "gives its place back when dropped")]
    permit: Share,
    read: Box<dyn FnMut(P) -> Reading<P> + Send>,
    next: Option<P>,
    reading: Option<Reading<P>>,
}

impl<P: Unpin> Stream for Pages<P> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pages = &mut *self;
        if let Some(next) = pages.next.take() {
            // The answer has begun: all that is left is to break it off.
            if pages.until.is_some_and(|until| Instant::now() >= until) {
                metrics::counter!(counted::EXPORTS_CUT).increment(1);
                return Poll::Ready(Some(Err(io::Error::other("the export took too long"))));
            }
            pages.reading = Some((pages.read)(next));
        }
        let Some(reading) = &mut pages.reading else { return Poll::Ready(None) };
        let read = std::task::ready!(reading.as_mut().poll(context));
        pages.reading = None;
        Poll::Ready(Some(match read {
            Ok((text, next)) => {
                pages.next = next;
                Ok(Bytes::from(text))
            }
            Err(error) => Err(io::Error::other(error.to_string())),
        }))
    }
}
