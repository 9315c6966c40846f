use scrip_core::{
    cart::Cart,
    code::{CodeText, EnteredCode},
    name::AccountId,
    reason::{Reason, UsedBy},
};
use scrip_engine::{QuoteAnswer, Use};

use crate::{callers::Caller, desk::Desk, not_done::NotDone, rights::Operation};

impl Desk {
    /// What a cart would cost, and for each coupon that doesn't apply, why. Wrong codes count as guesses.
    ///
    /// Errors: `not_found` for a shopper's look at another's, `too_many_attempts`.
    pub async fn quote_cart(
        &self,
        caller: &Caller,
        account: &AccountId,
        cart: &Cart,
        r#use: Use,
        codes: Vec<EnteredCode>,
    ) -> Result<QuoteAnswer, NotDone> {
        caller.may_of(Operation::QuoteCart, account)?;
        let guess = self.guesses.guess(caller, account, &codes).await?;
        let (asked, cart) = (account.clone(), cart.clone());
        let answer = self.read(move |reader| reader.quote(&asked, &cart, &r#use, &codes)).await?;
        let is_wrong = |code: &CodeText| {
            let is_it = |used_by: &UsedBy| matches!(used_by, UsedBy::Code(text) if text == code.as_str());
            answer.unknown.iter().any(|(used_by, reason)| is_it(used_by) && *reason == Reason::CodeNotUsable)
        };
        guess.judged(is_wrong).await?;
        Ok(answer)
    }
}
