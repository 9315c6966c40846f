//! Hands a command to its bucket, and completes what comes back.

use std::{ops::Deref, sync::Arc};

use scrip_core::{command::Command, idempotency::AnswerKind, slot::Bucket};
use tokio::sync::oneshot;

use crate::{
    answer::Answer,
    membership::Tenure,
    queues::Queues,
    read::Reader,
    reads::Reads,
    receipt::{EngineError, Receipt},
    shared::Shared,
    waiting::{KeyUse, Reply, Seen, Verdict, Waiting},
};

/// Runs commands, each once in its one bucket. What they need elsewhere is up to [`crate::exchange`].
#[derive(Clone)]
pub(crate) struct Dispatch {
    pub reads: Reads,
    pub queues: Arc<Queues>,
}

impl Deref for Dispatch {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.reads
    }
}

impl Dispatch {
    /// Runs a command once in its bucket.
    pub async fn once(
        &self,
        command: impl Into<Command>,
        key: Option<KeyUse>,
        seen: Seen,
    ) -> Result<Reply, EngineError> {
        let command = command.into();
        let bucket = command.bucket(self.buckets());
        let reply = self.queue(command, key, Some(Box::new(seen)))?.await.map_err(|_| EngineError::Fault)?;
        Ok(Reply { verdict: self.completed(bucket, reply.verdict).await, ..reply })
    }

    /// Reads what an answer shows besides what the sequencer had in hand: one of before, and refunds that stand on pages. Few need
    /// that, so that its room is taken only then.
    pub async fn completed(&self, bucket: Bucket, verdict: Verdict) -> Verdict {
        match verdict {
            // Committed: that the answer can't be read again is this command's trouble alone.
            Verdict::Again { position, count, kind, at } => {
                let again = move |reader: &mut Reader<'_>| reader.answer_again(bucket, position, count, kind);
                // What a campaign was then is worked out from all its changes.
                let answer = if kind == AnswerKind::Campaign {
                    Box::pin(self.reads.long(again)).await
                } else {
                    Box::pin(self.reads.in_line(again)).await
                };
                Verdict::Done(answer.map(|answer| Receipt { answer, replayed: true, at }))
            }
            Verdict::Done(Ok(Receipt { answer: Answer::Order { order, created }, replayed, at }))
                if !order.has_all_refunds() =>
            {
                let whole = self.reads.in_line(move |reader| reader.with_all_refunds(bucket, *order));
                let order = Box::pin(whole).await;
                let answer = order.map(|order| Answer::Order { order: Box::new(order), created });
                Verdict::Done(answer.map(|answer| Receipt { answer, replayed, at }))
            }
            verdict => verdict,
        }
    }

    /// The bucket that all who serve must have followed before this command is answered.
    pub fn awaited(&self, command: &Command) -> Option<Bucket> {
        command.is_heard_by_all().then(|| command.bucket(self.buckets()))
    }

    /// Gives an answer that began in this tenure; of a change in the `awaited` bucket, when all that serve have followed it.
    pub async fn answered(
        &self,
        tenure: Tenure,
        awaited: Option<Bucket>,
        done: impl Future<Output = Result<Receipt, EngineError>>,
    ) -> Result<Receipt, EngineError> {
        let done = done.await;
        if let (Some(bucket), Ok(_)) = (awaited, &done) {
            Box::pin(self.followed_by_all(bucket)).await?;
        }
        self.still(tenure)?;
        done
    }

    pub fn queue(
        &self,
        command: Command,
        key: Option<KeyUse>,
        seen: Option<Box<Seen>>,
    ) -> Result<oneshot::Receiver<Reply>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.queues.put(command.bucket(self.buckets()), Waiting { command, key, seen, reply: Some(reply) })?;
        Ok(answer)
    }
}
