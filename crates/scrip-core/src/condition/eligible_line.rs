use super::{Condition, Judged};
use crate::reason::{NotEligible, Reason};

/// At least one line that the coupon may discount (S5).
pub(super) struct EligibleLine;

impl Condition for EligibleLine {
    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        if !judged.eligible.lines.is_empty() {
            return None;
        }
        // Without the seller in the cart there is no line to speak of: that reason was given.
        let because = judged.eligible.because?;
        debug_assert!(matches!(because, NotEligible::OnSale | NotEligible::Scope | NotEligible::Excluded));
        Some(Reason::NoEligibleLine { because })
    }
}
