//! Codes of an order count as guesses, like those of a claim or a quote.

use std::future::Future;

use scrip_core::{cart::Cart, code::EnteredCode, name::AccountId, reason::Reason};
use scrip_engine::{EngineError, Receipt, Use};

use crate::{api::Api, auth::Caller, problem::Problem};

/// A checkout's codes, and what they are for.
pub(super) struct Codes {
    pub account: AccountId,
    pub cart: Cart,
    pub entered: Vec<EnteredCode>,
    /// Whether the best combination is searched, which passes over wrong codes without a word.
    pub best: bool,
}

impl Codes {
    /// Does the work, unless too many codes were wrong of late. `repeats` says whether an answer is an earlier one's, whose
    /// codes were counted then.
    ///
    /// Errors: `too_many_attempts`; what the work answers is inside.
    pub async fn guarded(
        self,
        api: &Api,
        caller: &Caller,
        repeats: impl Fn(&Receipt) -> bool,
        work: impl Future<Output = Result<Receipt, EngineError>>,
    ) -> Result<Result<Receipt, EngineError>, Problem> {
        let guesses = self.entered.len();
        let account = self.account.clone();
        for _ in 0..guesses {
            api.attempts.begin(&account, &caller.scope)?;
        }
        let result = work.await;
        let wrong = match &result {
            Ok(receipt) if repeats(receipt) => 0,
            _ if guesses > 0 && self.best => self.wrong(api).await,
            Err(EngineError::Refused(refusal)) => {
                refusal.errors.iter().filter(|error| error.reason == Reason::CodeNotUsable).count()
            }
            _ => 0,
        };
        for _ in wrong.min(guesses)..guesses {
            api.attempts.was_no_guess(&account, &caller.scope);
        }
        Ok(result)
    }

    /// How many of the codes this account may know nothing of.
    async fn wrong(self, api: &Api) -> usize {
        let Self { account, cart, entered, .. } = self;
        let judged = api.read(move |reader| reader.quote(&account, &cart, &Use::Named(Vec::new()), &entered)).await;
        judged.map_or(0, |judged| judged.unknown.iter().filter(|(_, reason)| *reason == Reason::CodeNotUsable).count())
    }
}
