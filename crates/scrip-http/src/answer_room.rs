//! Room for large answers. An answer is in memory until its client has taken it, and the client decides how long that takes: whoever
//! has many that it doesn't take gets no more for now.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use bytes::Buf;
use http_body::{Frame, SizeHint};
use scrip_core::reason::Reason;
use scrip_desk::{AtOnce, Caller, Share, Shares, Sides};
use scrip_faults::{Fault, is};

use crate::{
    counted,
    limits::{ASK_AGAIN_SECONDS, AnswerLimits, LARGE_BYTES},
    problem::Problem,
};

/// Handed over at once, as a copy: what a connection has of an answer that counts no more.
const PART_BYTES: usize = 16 * 1024;
/// Whoever takes an answer more slowly than this, after a minute, is cut off.
const BYTES_PER_SECOND: u64 = 16 * 1024;
const AT_LEAST: Duration = Duration::from_secs(60);

/// Marks an answer that takes no memory, however long somebody takes over it: it is in the program.
#[derive(Clone, Copy)]
pub(crate) struct IsThere;

impl IntoResponseParts for IsThere {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// What is taken by each side.
pub(crate) struct AnswerRoom {
    limits: AnswerLimits,
    sides: Sides<Arc<Shares>>,
}

impl AnswerRoom {
    pub fn new(limits: AnswerLimits) -> Self {
        Self { limits, sides: Sides::new(Arc::default) }
    }

    /// Before anything is worked out for a caller.
    ///
    /// Errors: `rate_limited` while a seller or shopper has too much that it doesn't take.
    pub fn admit(&self, caller: &Caller) -> Result<(), Problem> {
        if self.has_too_much(Some(caller)) { Err(refused()) } else { Ok(()) }
    }

    /// The answer, counted until it is taken. A large one that changed nothing is given up where the caller, or all of its side, came
    /// to have too much: of many asked for at once each was let in. What was done is told in any case, and what is small.
    pub fn counted(&self, caller: Option<&Caller>, may_give_up: bool, response: Response) -> Response {
        let Some(size) = response.body().size_hint().exact().filter(|size| *size > LARGE_BYTES as u64) else {
            return response;
        };
        let by = Instant::now() + AT_LEAST + Duration::from_secs(size / BYTES_PER_SECOND);
        if response.extensions().get::<IsThere>().is_some() {
            return response.map(|body| Body::new(Parts { body, part: Bytes::new(), by, _taken: None }));
        }
        let side = self.sides.of(caller);
        let is_full = side.all() >= self.limits.bytes_at_once && !is(Fault::AnswersUnbounded);
        if may_give_up && (is_full || self.has_too_much(caller)) {
            return refused().into_response();
        }
        let scope = caller.map_or("", |caller| &caller.scope);
        let taken = side.take(scope, usize::try_from(size).unwrap_or(usize::MAX), AtOnce::ANY);
        response.map(|body| Body::new(Parts { body, part: Bytes::new(), by, _taken: taken }))
    }

    fn has_too_much(&self, caller: Option<&Caller>) -> bool {
        let other = caller.filter(|caller| !caller.is_server());
        let own = other.map_or(0, |other| self.sides.of(caller).of(&other.scope));
        own >= self.limits.bytes_per_caller && !is(Fault::AnswersUnbounded)
    }
}

fn refused() -> Problem {
    metrics::counter!(counted::ANSWERS_REFUSED).increment(1);
    Problem::from(Reason::RateLimited).retry_after(ASK_AGAIN_SECONDS)
}

/// A body handed over part by part, as its client takes them.
struct Parts {
    body: Body,
    /// What is left of what the body gave.
    part: Bytes,
    by: Instant,
    _taken: Option<Share>,
}

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if Instant::now() > self.by {
            return Poll::Ready(Some(Err(axum::Error::new("the client takes its answer too slowly"))));
        }
        while self.part.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.part = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        let length = self.part.len().min(PART_BYTES);
        // A slice of it would keep all of it in memory.
        let copy = Bytes::copy_from_slice(&self.part[..length]);
        self.part.advance(length);
        Poll::Ready(Some(Ok(Frame::data(copy))))
    }

    fn is_end_stream(&self) -> bool {
        self.part.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.body.size_hint().exact().unwrap_or_default();
        SizeHint::with_exact(left + self.part.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use scrip_core::api_key::Role;

    use super::*;

    const LIMITS: AnswerLimits = AnswerLimits { bytes_at_once: 300_000, bytes_per_caller: 150_000 };

    fn caller(role: Role, scope: &str) -> Caller {
        let scope = scope.to_owned();
        Caller { role, seller: None, account: None, key: None, scope, address: None, shopper: None }
    }

    fn answer(bytes: usize) -> Response {
        vec![b'a'; bytes].into_response()
    }

    #[tokio::test]
    async fn an_answer_comes_whole_in_parts_and_counts_until_the_last() {
        let room = AnswerRoom::new(LIMITS);
        let (ana, ben) = (caller(Role::Shopper, "ana"), caller(Role::Shopper, "ben"));
        let mut body = room.counted(Some(&ana), true, answer(200_000)).into_body();
        assert_eq!(body.size_hint().exact(), Some(200_000));
        assert!(room.admit(&ana).is_err() && room.admit(&ben).is_ok(), "it has more than its share");
        // Let in before, and too much by now.
        assert_eq!(room.counted(Some(&ana), true, answer(20_000)).status(), 429);
        assert_eq!(room.counted(Some(&ana), true, answer(10)).status(), 200);
        assert_eq!(room.counted(Some(&ana), false, answer(20_000)).status(), 200);
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            let data = frame.expect("a part").into_data().expect("no trailers");
            assert!(!data.is_empty() && data.len() <= PART_BYTES);
            read += data.len();
            assert_eq!(body.size_hint().exact(), Some(200_000 - read as u64));
            assert_eq!(body.is_end_stream(), read == 200_000);
        }
        assert_eq!(read, 200_000);
        drop(body);
        assert!(room.admit(&ana).is_ok());
        assert_eq!(room.sides.of(Some(&ana)).all(), 0);
    }

    #[tokio::test]
    async fn where_a_side_is_full_its_large_reads_are_given_up_and_nothing_else() {
        let room = AnswerRoom::new(LIMITS);
        let [ana, ben] = ["ana", "ben"].map(|name| caller(Role::Shopper, name));
        let others = [None, Some(caller(Role::Seller, "luma")), Some(caller(Role::Storefront, "shop"))];
        let of_ana = room.counted(Some(&ana), true, answer(300_000));
        assert!(room.admit(&ben).is_ok());
        assert_eq!(room.counted(Some(&ben), true, answer(20_000)).status(), 429);
        assert_eq!(room.counted(Some(&ben), true, answer(1_000)).status(), 200, "a claim's answer");
        assert_eq!(room.counted(Some(&ben), false, answer(20_000)).status(), 200, "what was done");
        for other in &others {
            assert_eq!(room.counted(other.as_ref(), true, answer(20_000)).status(), 200);
        }
        drop(of_ana);
        assert_eq!(room.counted(Some(&ben), true, answer(20_000)).status(), 200);
    }

    #[tokio::test]
    async fn what_is_in_the_program_is_given_to_any_number_and_cut_off_all_the_same() {
        let room = AnswerRoom::new(AnswerLimits { bytes_at_once: 1, bytes_per_caller: 1 });
        let all: Vec<_> =
            (0..50).map(|_| room.counted(None, true, (IsThere, vec![b'a'; 20_000]).into_response())).collect();
        assert!(all.iter().all(|answer| answer.status() == 200));
        assert_eq!(room.sides.of(None).all(), 0);
        assert_eq!(room.counted(None, true, answer(20_000)).status(), 200, "nothing of it counts");
    }

    #[tokio::test]
    async fn who_takes_an_answer_too_slowly_is_cut_off() {
        let body = Body::from(vec![b'a'; 100_000]);
        let mut parts = Parts { body, part: Bytes::new(), by: Instant::now() - AT_LEAST, _taken: None };
        assert!(parts.frame().await.expect("it doesn't just end").is_err());
    }
}
