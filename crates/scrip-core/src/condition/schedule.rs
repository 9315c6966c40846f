use super::{Condition, Judged};
use crate::reason::Reason;

/// `starts_at <= now < expires_at` (S8, S13).
pub(super) struct WithinSchedule;

impl Condition for WithinSchedule {
    const ON_WHAT_IS_LEFT: bool = false;

    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        let candidate = judged.candidate;
        if judged.now >= candidate.expires_at {
            Some(Reason::CouponExpired { expires_at: candidate.expires_at })
        } else if judged.now < candidate.starts_at {
            Some(Reason::NotStarted { starts_at: candidate.starts_at })
        } else {
            None
        }
    }
}
