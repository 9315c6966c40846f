//! Codes that somebody enters: looked at only as often as guessing allows ([`crate::guesses`]).

use std::{sync::Arc, time::Duration};

use scrip_core::{
    code::{CheckSymbol, CodeText, ENTRY_LIMIT, EnteredCode, check_symbol_of},
    event::Role,
    name::{AccountId, OrderId},
    reason::{Reason, Refusal},
    time::Timestamp,
};
use scrip_engine::{EngineError, Reader};

use crate::{
    caller::{Caller, ShopperAddress},
    desk::Desk,
    guesses::{Admission, Guesser, Guessers, Guesses, RanOut, Standing, Tenths, WHOLE},
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
    pub async fn judged(mut self, desk: &Desk, is_wrong: impl Fn(&CodeText) -> bool) -> Result<(), NotDone> {
        let Some(guessers) = &self.guessers else { return Ok(()) };
        let wrong = self.codes.iter().filter(|code| is_wrong(code)).map(weight).sum();
        if wrong == 0 {
            return Ok(());
        }
        let over = self.guesses.windows().count(guessers, wrong, desk.engine.now());
        let Some(over) = over else { return Ok(()) };
        if let Some(before) = over.unless_before {
            if self.standing == Standing::Unknown {
                self.standing = standing(desk, self.account.as_ref(), before).await?;
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

/// An account is in good standing if it was known before others' wrong codes ran out of its key's or address' limit.
async fn standing(desk: &Desk, account: Option<&AccountId>, before: Timestamp) -> Result<Standing, EngineError> {
    let Some(account) = account.cloned() else { return Ok(Standing::Stranger) };
    let known = desk.read_list(move |reader| reader.was_known_before(&account, before)).await?;
    Ok(if known { Standing::Good } else { Standing::Stranger })
}

impl Desk {
    /// Asks whether these codes may be looked at, and says that they are.
    ///
    /// Errors: `too_many_attempts`; `invalid_field` for a `Shopper-Address` that is none.
    pub(crate) async fn guess(
        &self,
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
    pub(crate) async fn guess_to_take(&self, caller: &Caller, code: &EnteredCode) -> Result<Guess, NotDone> {
        let own = caller.seller.clone().map(Guesser::Seller);
        let guessers = own.map(|own| Guessers { own, others: Vec::new() });
        self.begin(guessers, None, vec![code.text.clone()]).await
    }

    async fn begin(
        &self,
        guessers: Option<Guessers>,
        account: Option<&AccountId>,
        codes: Vec<CodeText>,
    ) -> Result<Guess, NotDone> {
        let guesses = Arc::clone(&self.guesses);
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
                let judged = guesses.judged.notified();
                tokio::pin!(judged);
                // From here on no outcome is missed.
                judged.as_mut().enable();
                let admission = guesses.windows().admit(&guessers, asked, known, self.engine.now());
                match admission {
                    Admission::Yes => return Ok(known),
                    Admission::No(ran_out) => return Err(too_many(ran_out)),
                    Admission::Ask(before) => known = standing(self, account.as_ref(), before).await?,
                    Admission::Wait => judged.await,
                }
            }
        };
        let late = RanOut { seconds: 1, limit: guesses.limits.account };
        let standing = tokio::time::timeout(PATIENCE, admitted).await.unwrap_or_else(|_| Err(too_many(late)))?;
        Ok(Guess { guesses, guessers: Some(guessers), account, codes, on_their_way: asked, standing })
    }

    /// Counts the wrong ones among codes that a command on an order is about to use. With `placed` as the id of a new order: one
    /// that is there is only sent again, which tells nothing of codes.
    ///
    /// Errors: `too_many_attempts`.
    pub(crate) async fn count_wrong_codes(
        &self,
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
        let wrong = self.read(judge).await?;
        guess.judged(self, |code| wrong.iter().any(|wrong| wrong.text == *code)).await
    }

    /// What was entered as codes, each by the spelling that there is. Of a list the pointers name the members.
    ///
    /// Errors: `invalid_field` for a text of none or more than 80 characters, more than 10, or one given twice.
    pub async fn entered_codes(&self, codes: &[String]) -> Result<Vec<EnteredCode>, NotDone> {
        if codes.len() > 10 {
            return Err(Refusal::invalid("/codes", "at most 10 codes").into());
        }
        let mut texts: Vec<CodeText> = Vec::with_capacity(codes.len());
        for (place, code) in codes.iter().enumerate() {
            let pointer = format!("/codes/{place}");
            let text = CodeText::typed(code).map_err(|_| Refusal::invalid(pointer.clone(), ENTRY_LIMIT))?;
            if texts.contains(&text) {
                return Err(Refusal::invalid(pointer, "each code once").into());
            }
            texts.push(text);
        }
        Ok(self.as_spelled(texts).await?)
    }

    /// The same for one code.
    ///
    /// Errors: `invalid_field`.
    pub async fn entered_code(&self, pointer: &str, code: &str) -> Result<EnteredCode, NotDone> {
        let text = CodeText::typed(code).map_err(|_| Refusal::invalid(pointer, ENTRY_LIMIT))?;
        Ok(self.as_spelled(vec![text]).await?.remove(0))
    }

    async fn as_spelled(&self, texts: Vec<CodeText>) -> Result<Vec<EnteredCode>, EngineError> {
        let secrets = self.engine.secrets();
        if texts.iter().all(|text| text.as_crockford().is_none()) {
            return Ok(texts.into_iter().map(|text| secrets.entered(text)).collect());
        }
        self.read(move |reader| reader.as_spelled(texts)).await
    }
}
