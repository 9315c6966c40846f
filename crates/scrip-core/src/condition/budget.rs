use super::{Condition, Judged};
use crate::reason::Reason;

/// A discount that exceeds what is left of the campaign's budget is refused whole, never trimmed.
pub(super) struct WithinBudget;

impl Condition for WithinBudget {
    const ON_WHAT_IS_LEFT: bool = false;

    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        let left = judged.candidate.budget_left?;
        // Of a cart in another currency the coupon takes nothing.
        if judged.candidate.terms.currency != judged.cart.currency() {
            return None;
        }
        (judged.discount > left).then_some(Reason::CampaignBudgetExhausted { left })
    }
}
