use super::{Condition, Judged};
use crate::reason::Reason;

/// A paused campaign's coupons can't be used on new orders; an ended one's can (S8).
pub(super) struct CampaignActive;

impl Condition for CampaignActive {
    const ON_WHAT_IS_LEFT: bool = false;

    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        judged.candidate.paused.then_some(Reason::CampaignPaused)
    }
}
