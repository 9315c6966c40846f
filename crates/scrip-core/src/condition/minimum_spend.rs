use super::{Condition, Judged};
use crate::{
    benefit::Benefit,
    minimum_spend::{Comparison, MinimumSpendBase},
    reason::Reason,
};

/// The eligible amount exceeds (or reaches) the minimum, and the lowest tier (S6).
pub(super) struct MinimumSpendMet;

impl Condition for MinimumSpendMet {
    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        let terms = judged.candidate.terms;
        // Amounts of two currencies can't be compared, and a store that isn't in the cart has none.
        let seller_in_cart = judged.eligible.because.is_some() || !judged.eligible.lines.is_empty();
        if terms.currency != judged.cart.currency() || !seller_in_cart {
            return None;
        }
        let minimum = terms.minimum_spend.map(|minimum| (minimum.comparison.least(minimum.amount), minimum));
        if let Some((needed, minimum)) = minimum
            && judged.amount < needed
        {
            let missing = needed - judged.amount;
            return Some(Reason::MinimumSpendNotMet { missing, amount: minimum.amount, base: minimum.base });
        }
        let Benefit::TieredAmountOff(tiers) = &terms.benefit else { return None };
        let needed = Comparison::Exceeds.least(tiers.lowest());
        (judged.entering < needed).then(|| Reason::MinimumSpendNotMet {
            missing: needed - judged.entering,
            amount: tiers.lowest(),
            base: MinimumSpendBase::AfterEarlierLanes,
        })
    }
}
