//! Codes that somebody enters, while they are looked at.

use std::{sync::Arc, time::Duration};

use scrip_core::{
    api_key::Role,
    code::{CheckSymbol, CodeText, EnteredCode, check_symbol_of},
    name::{AccountId, OrderId},
    reason::Reason,
    time::Timestamp,
};
use scrip_engine::{EngineError, Reader};

use super::{
    Guesses,
    windows::{Admission, Guesser, Guessers, RanOut, Standing, Tenths, WHOLE},
};
use crate::{
    callers::{Caller, ShopperAddress},
    not_done::NotDone,
};

/// Who waits longer than this for others' outcome is told to try again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom a shopper's code counts for, if it does for anybody.
///
/// Errors: `invalid_field` for a `Shopper-Address` that is none.
fn guessers(caller: &Caller, account: &AccountId) -> Result<Option<Guessers>, NotDone> {
    let mut others = Vec::new();
    match caller.role {
        Role::Operator => return Ok(None),
        Role::Shopper => others.extend(caller.address.map(Guesser::Shoppers)),
        Role::Storefront | Role::Seller => {
            others.push(Guesser::Key(caller.scope.clone()));
            others.extend(caller.address.map(Guesser::Servers));
            match caller.shopper {
                None => {}
                Some(ShopperAddress::Of(network)) => others.push(Guesser::Shoppers(network)),
                Some(ShopperAddress::Unreadable) => {
                    return Err(no_address());
                }
            }
        }
    }
    Ok(Some(Guessers { own: Guesser::Account(account.clone()), others }))
}

fn no_address() -> NotDone {
    let reason = Reason::InvalidField { limit: None, allowed: Some("one IP address".to_owned()) };
    NotDone::parameter("Shopper-Address", reason)
}

fn too_many(RanOut { seconds, limit }: RanOut) -> NotDone {
    NotDone::from(Reason::TooManyAttempts { limit }).retry_after(seconds)
}

/// What a code counts if it is wrong. One that can't be is nobody's guess.
fn weight(code: &CodeText) -> Tenths {
    match check_symbol_of(code) {
        _ if !code.can_be() => 0,
        CheckSymbol::Wrong => 1,
        CheckSymbol::None | CheckSymbol::Right => WHOLE,
    }
}

/// Codes that are being looked at. Dropped without an outcome they count for nothing: nobody was told anything.
pub struct Guess {
    guesses: Arc<Guesses>,
    /// `None`: nothing that counts.
    guessers: Option<Guessers>,
    account: Option<AccountId>,
    codes: Vec<CodeText>,
    on_their_way: Tenths,
    standing: Standing,
}

impl Guess {
    /// Counts those that are wrong.
    ///
    /// Errors: `too_many_attempts` if there are more than were left: then nothing may be said of any.
    pub async fn judged(mut self, is_wrong: impl Fn(&CodeText) -> bool) -> Result<(), NotDone> {
        let Some(guessers) = &self.guessers else { return Ok(()) };
        let wrong = self.codes.iter().filter(|code| is_wrong(code)).map(weight).sum();
        if wrong == 0 {
            return Ok(());
        }
        let over = self.guesses.windows().count(guessers, wrong, self.guesses.engine.now());
        let Some(over) = over else { return Ok(()) };
        if let Some(before) = over.unless_before {
            if self.standing == Standing::Unknown {
                self.standing = self.guesses.standing(self.account.as_ref(), before).await?;
            }
            if self.standing == Standing::Good {
                return Ok(());
            }
        }
        Err(too_many(over.ran_out))
    }
}

impl Drop for Guess {
    fn drop(&mut self) {
        if let Some(guessers) = &self.guessers {
            self.guesses.windows().release(guessers, self.on_their_way);
            self.guesses.judged.notify_waiters();
        }
    }
}

impl Guesses {
    /// Asks whether these codes may be looked at, and says that they are.
    ///
    /// Errors: `too_many_attempts`; `invalid_field` for a `Shopper-Address` that is none.
    pub async fn guess(
        self: &Arc<Self>,
        caller: &Caller,
        account: &AccountId,
        codes: &[EnteredCode],
    ) -> Result<Guess, NotDone> {
        let guessers = guessers(caller, account)?;
        let codes = codes.iter().map(|code| code.text.clone()).collect();
        self.begin(guessers, Some(account), codes).await
    }

    /// The same for a code that a caller wants to make its own: whether it is somebody else's is a guess too.
    ///
    /// Errors: `too_many_attempts`.
    pub async fn guess_to_take(self: &Arc<Self>, caller: &Caller, code: &EnteredCode) -> Result<Guess, NotDone> {
        let own = caller.seller.clone().map(Guesser::Seller);
        let guessers = own.map(|own| Guessers { own, others: Vec::new() });
        self.begin(guessers, None, vec![code.text.clone()]).await
    }

    async fn begin(
        self: &Arc<Self>,
        guessers: Option<Guessers>,
        account: Option<&AccountId>,
        codes: Vec<CodeText>,
    ) -> Result<Guess, NotDone> {
        let guesses = Arc::clone(self);
        let asked = codes.iter().map(weight).sum();
        let account = account.cloned();
        // Whoever gives no code that could be one guesses none.
        let Some(guessers) = guessers.filter(|_| asked > 0) else {
            let standing = Standing::Unknown;
            return Ok(Guess { guesses, guessers: None, account, codes, on_their_way: 0, standing });
        };
        let admitted = async {
            let mut known = Standing::Unknown;
            loop {
                let judged = self.judged.notified();
                tokio::pin!(judged);
                // From here on no outcome is missed.
                judged.as_mut().enable();
                let admission = self.windows().admit(&guessers, asked, known, self.engine.now());
                match admission {
                    Admission::Yes => return Ok(known),
                    Admission::No(ran_out) => return Err(too_many(ran_out)),
                    Admission::Ask(before) => known = self.standing(account.as_ref(), before).await?,
                    Admission::Wait => judged.await,
                }
            }
        };
        let late = RanOut { seconds: 1, limit: self.limits.account };
        // Apart: most give no code, and a timer is large.
        let in_time = Box::pin(tokio::time::timeout(PATIENCE, admitted));
        let standing = in_time.await.unwrap_or_else(|_| Err(too_many(late)))?;
        Ok(Guess { guesses, guessers: Some(guessers), account, codes, on_their_way: asked, standing })
    }

    /// Counts the wrong ones among codes that a command on an order is about to use. With `placed` as the id of a new order: one
    /// that is there is only sent again, which tells nothing of codes.
    ///
    /// Errors: `too_many_attempts`.
    pub async fn count_wrong_codes(
        self: &Arc<Self>,
        caller: &Caller,
        account: &AccountId,
        placed: Option<&OrderId>,
        codes: &[EnteredCode],
    ) -> Result<(), NotDone> {
        if codes.is_empty() {
            return Ok(());
        }
        let guess = self.guess(caller, account, codes).await?;
        let (account, placed, codes) = (account.clone(), placed.cloned(), codes.to_vec());
        let judge = move |reader: &mut Reader<'_>| match placed {
            Some(order) if reader.order_alone(&account, &order)?.is_some() => Ok(Vec::new()),
            _ => reader.unusable_codes(&account, &codes),
        };
        let wrong = self.engine.read_aside(judge).await?;
        guess.judged(|code| wrong.iter().any(|wrong| wrong.text == *code)).await
    }

    /// An account is in good standing if it was known before others' wrong codes ran out of its key's or address' limit.
    async fn standing(&self, account: Option<&AccountId>, before: Timestamp) -> Result<Standing, EngineError> {
        let Some(account) = account.cloned() else { return Ok(Standing::Stranger) };
        // Orders are found by the tables for people.
        self.engine.followed().await;
        let known = self.engine.read_aside(move |reader| reader.was_known_before(&account, before)).await?;
        Ok(if known { Standing::Good } else { Standing::Stranger })
    }
}
