use scrip_core::{
    code::{CodeHash, CodeKind},
    event::Event,
    id::{CampaignId, CouponId},
    name::{AccountId, SourceName},
};

use super::{Checked, Log, Model, Place, Standing, must};

/// A code, wherever it is.
#[derive(Debug)]
pub struct CodeModel {
    pub campaign: CampaignId,
    pub source: Option<SourceName>,
    pub unique: bool,
    pub max_uses: Option<u64>,
    /// The sealed text of a unique code.
    pub sealed: Vec<u8>,
    /// Of a unique code: the coupon that it became, if it counts.
    pub coupon: Option<(AccountId, CouponId)>,
    /// Of a unique code that left its bucket: for whom, and under which number.
    pub lent: Option<(AccountId, u64)>,
    /// 1 while it is lent or taken.
    pub busy: Log,
    /// In commits.
    pub made: u64,
}

impl Model {
    pub(super) fn code_event(&mut self, place: Place, event: &Event) -> Checked {
        let seq = self.seq;
        match event {
            Event::SharedCodeAdded { campaign, hash, max_uses, source, .. } => {
                must!(!self.codes.contains_key(hash), "the code is there already");
                let code = CodeModel {
                    campaign: *campaign,
                    source: source.clone(),
                    unique: false,
                    max_uses: max_uses.map(u64::from),
                    sealed: Vec::new(),
                    coupon: None,
                    lent: None,
                    busy: Log::default(),
                    made: seq,
                };
                self.codes.insert(*hash, code);
                Ok(())
            }
            Event::CodesRequested { job, total, .. } => {
                self.jobs.insert(*job, (*total, 0));
                Ok(())
            }
            Event::UniqueCodesAdded { campaign, job, codes, source } => {
                let (total, done) = self.jobs.get_mut(job).ok_or("no such job")?;
                *done += u32::try_from(codes.len()).map_err(|_| "too many codes".to_owned())?;
                must!(done <= total, "{done} codes of {total} were made");
                for code in codes {
                    let made = CodeModel {
                        campaign: *campaign,
                        source: source.clone(),
                        unique: true,
                        max_uses: Some(1),
                        sealed: code.sealed.clone(),
                        coupon: None,
                        lent: None,
                        busy: Log::default(),
                        made: seq,
                    };
                    must!(self.codes.insert(code.hash, made).is_none(), "a unique code was made twice");
                }
                Ok(())
            }
            Event::CodeLent { hash, lent } => {
                let home = hash.slot().bucket(self.buckets);
                must!(home == place.bucket, "a code is lent by another bucket than its own");
                let code = self.code(*hash)?;
                must!(
                    code.unique && code.coupon.is_none() && code.lent.is_none(),
                    "a code is lent that isn't free: {code:?}"
                );
                code.lent = Some((lent.account.clone(), lent.take));
                self.note_busy(*hash);
                Ok(())
            }
            Event::CodeReleased { hash, take } => {
                let code = self.code(*hash)?;
                must!(code.coupon.is_none(), "a code is released that is a coupon: {code:?}");
                must!(code.lent.as_ref().is_some_and(|lent| lent.1 == *take), "a code is released that isn't lent");
                code.lent = None;
                self.note_busy(*hash);
                Ok(())
            }
            Event::CodeSettled { hash, take, coupon } => {
                let code = self.code(*hash)?;
                must!(code.lent.as_ref().is_some_and(|lent| lent.1 == *take), "a code is settled that isn't lent");
                // It may have been given back meanwhile, and be on its way home, or be claimed anew on the way here.
                let other = code.coupon.as_ref().is_some_and(|taken| taken.1 != *coupon);
                let gone = self.coupons.get(coupon);
                let was = gone.is_some_and(|gone| gone.code == Some(*hash) && gone.standing == Standing::Gone);
                must!(!other || was, "a code is settled for {coupon}, of another: {gone:?}");
                Ok(())
            }
            Event::CodeLearned { hash, code: learned } | Event::CodeClosed { hash, code: learned } => {
                let code = self.code(*hash)?;
                must!(learned.campaign == code.campaign, "a code is learned of another campaign");
                must!(matches!(learned.kind, CodeKind::Unique { .. }) == code.unique, "a code changed its kind");
                Ok(())
            }
            Event::CodeForgotten { hash, .. } => self.code(*hash).map(|_| ()),
            _ => Err("no step of a code".to_owned()),
        }
    }

    fn code(&mut self, hash: CodeHash) -> Checked<&mut CodeModel> {
        self.codes.get_mut(&hash).ok_or_else(|| "a code that isn't there".to_owned())
    }

    fn note_busy(&mut self, hash: CodeHash) {
        let seq = self.seq;
        if let Some(code) = self.codes.get_mut(&hash) {
            let busy = code.coupon.is_some() || code.lent.is_some();
            code.busy.set(seq, u64::from(busy));
        }
    }

    /// A unique code becomes a coupon: of one account at a time.
    pub(super) fn code_taken(
        &mut self,
        place: Place,
        hash: CodeHash,
        account: &AccountId,
        coupon: CouponId,
    ) -> Checked {
        let at_home = hash.slot().bucket(self.buckets) == place.bucket;
        let code = self.code(hash)?;
        must!(code.coupon.is_none(), "I1: a unique code is claimed with twice: {code:?}");
        if at_home {
            must!(code.lent.is_none(), "a code is claimed with at home while it is lent: {code:?}");
        } else {
            let own = code.lent.as_ref().is_some_and(|lent| lent.0 == *account);
            must!(own, "a code is claimed with that isn't lent to {account}: {code:?}");
        }
        code.coupon = Some((account.clone(), coupon));
        self.note_busy(hash);
        Ok(())
    }

    pub(super) fn code_given_back(&mut self, hash: CodeHash, coupon: CouponId) -> Checked {
        let code = self.code(hash)?;
        let own = code.coupon.as_ref().is_some_and(|taken| taken.1 == coupon);
        must!(own, "a code is given back that {coupon} wasn't made with");
        code.coupon = None;
        self.note_busy(hash);
        Ok(())
    }
}
