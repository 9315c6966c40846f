use super::{Condition, Judged};
use crate::{campaign::Budget, reason::Reason};

/// A discount that exceeds what is left of the campaign's budget is refused whole, never trimmed; so is one that the
/// counters of a campaign without a budget can't take any more.
pub(super) struct WithinBudget;

impl Condition for WithinBudget {
    const ON_WHAT_IS_LEFT: bool = false;

    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        let left = judged.candidate.budget_left?;
        // Of a cart in another currency the coupon takes nothing.
        if judged.candidate.terms.currency != judged.cart.currency() {
            return None;
        }
        (judged.discount > left).then_some(match judged.candidate.terms.limits.budget {
            Some(Budget::Unlimited) => Reason::AmountOutOfRange,
            _ => Reason::CampaignBudgetExhausted { left },
        })
    }
}
