use std::collections::BTreeSet;

use scrip_core::{
    campaign::CampaignStage,
    code::CodeKind,
    event::Event,
    exchange::FencingNumber,
    id::{CampaignId, CodeHash, CouponId},
    name::{AccountId, SourceName},
    slot::Bucket,
};

use super::{Batch, Checked, Log, Model, Status, must};

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
    /// Of a unique code that is leased to another bucket: to whom, and under which number.
    pub lease: Option<(AccountId, FencingNumber)>,
    /// 1 while it is leased or taken.
    pub busy: Log,
    /// When it was taken back at home, in commits.
    pub revoked: Option<u64>,
    /// Buckets beside its home that know that.
    pub revoked_in: BTreeSet<Bucket>,
    /// Somebody was answered that it is taken back: nobody enters it any more, wherever.
    pub is_over: bool,
    pub home: Bucket,
    /// In commits.
    pub made: u64,
}

impl CodeModel {
    /// As far as a bucket knows.
    pub fn is_enterable(&self, bucket: Bucket) -> bool {
        let known_here = self.revoked.is_some() && (bucket == self.home || self.revoked_in.contains(&bucket));
        !known_here && !self.is_over
    }
}

impl Model {
    pub(super) fn code_event(&mut self, batch: Batch, event: &Event) -> Checked {
        let seq = self.seq;
        match event {
            Event::SharedCodeAdded { campaign, hash, max_uses, source, .. } => {
                let before = self.codes.get(hash).and_then(|code| self.campaigns.get(&code.campaign));
                let free = before.is_none_or(|campaign| campaign.now.stage == CampaignStage::Deleted);
                must!(free, "the code is there already");
                let code = CodeModel {
                    campaign: *campaign,
                    source: source.clone(),
                    unique: false,
                    max_uses: max_uses.map(u64::from),
                    sealed: Vec::new(),
                    coupon: None,
                    lease: None,
                    busy: Log::default(),
                    revoked: None,
                    revoked_in: BTreeSet::new(),
                    is_over: false,
                    home: batch.bucket,
                    made: seq,
                };
                self.codes.insert(*hash, code);
                Ok(())
            }
            Event::CodesRequested { job, total, .. } => {
                self.jobs.insert(*job, (*total, 0));
                Ok(())
            }
            Event::JobCancelled { job, .. } => {
                let (total, done) = self.jobs.get_mut(job).ok_or("no such job")?;
                must!(done < total, "a job is cancelled that has ended");
                *total = *done;
                Ok(())
            }
            Event::UniqueCodesAdded { campaign, job, codes, source } => {
                let deleted =
                    self.campaigns.get(campaign).is_some_and(|known| known.now.stage == CampaignStage::Deleted);
                must!(!deleted, "codes are made for a campaign that is gone");
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
                        lease: None,
                        busy: Log::default(),
                        revoked: None,
                        revoked_in: BTreeSet::new(),
                        is_over: false,
                        home: batch.bucket,
                        made: seq,
                    };
                    must!(self.codes.insert(code.hash, made).is_none(), "a unique code was made twice");
                }
                Ok(())
            }
            Event::CodeLeased { hash, lease } => {
                let home = hash.slot().bucket(self.buckets);
                must!(home == batch.bucket, "a code is leased by another bucket than its own");
                let code = self.code(*hash)?;
                must!(
                    code.unique && code.coupon.is_none() && code.lease.is_none(),
                    "a code is leased that isn't free: {code:?}"
                );
                code.lease = Some((lease.account.clone(), lease.fencing));
                self.note_busy(*hash);
                Ok(())
            }
            Event::LeaseReleased { hash, fencing } => {
                let code = self.code(*hash)?;
                must!(code.coupon.is_none(), "a code is released that is a coupon: {code:?}");
                must!(
                    code.lease.as_ref().is_some_and(|lease| lease.1 == *fencing),
                    "a code is released that isn't leased"
                );
                code.lease = None;
                self.note_busy(*hash);
                Ok(())
            }
            Event::LeaseConfirmed { hash, fencing, coupon } => {
                let code = self.code(*hash)?;
                must!(
                    code.lease.as_ref().is_some_and(|lease| lease.1 == *fencing),
                    "a lease is confirmed of a code that isn't leased"
                );
                // The claim may have been given back meanwhile, and the lease return, or the code be claimed anew under it.
                let other = code.coupon.as_ref().is_some_and(|taken| taken.1 != *coupon);
                let gone = self.coupons.get(coupon);
                let was = gone.is_some_and(|gone| gone.code == Some(*hash) && gone.status == Status::Gone);
                must!(!other || was, "a lease is confirmed for {coupon}, of another: {gone:?}");
                Ok(())
            }
            Event::CodeLearned { hash, code: learned } | Event::LeaseClosed { hash, code: learned } => {
                let freed = self.is_deleted(learned.campaign);
                let code = self.code(*hash)?;
                must!(learned.campaign == code.campaign || freed, "a code is learned of another campaign");
                if !freed {
                    must!(matches!(learned.kind, CodeKind::Unique { .. }) == code.unique, "a code changed its kind");
                    must!(learned.revoked_at.is_none() || code.revoked.is_some(), "a code is learned as taken back");
                }
                if learned.revoked_at.is_some() && !freed {
                    code.revoked_in.insert(batch.bucket);
                }
                Ok(())
            }
            Event::CodeRevoked { campaign, hash, at } => {
                let code = self.code(*hash)?;
                let right = code.campaign == *campaign && code.home == batch.bucket && *at == batch.at;
                must!(right, "another code is taken back, or elsewhere, or at another time: {code:?}");
                must!(code.revoked.is_none(), "a code is taken back twice");
                code.revoked = Some(seq);
                Ok(())
            }
            Event::CodeRevokedHere { hash, code: told } => {
                // Late, of a draft that was deleted: its code is free by now.
                if self.is_deleted(told.campaign) {
                    return Ok(());
                }
                let code = self.code(*hash)?;
                must!(code.campaign == told.campaign, "a code of another campaign is told to be taken back");
                must!(code.revoked.is_some() && code.home != batch.bucket, "nobody took back a code: {code:?}");
                must!(code.revoked_in.insert(batch.bucket), "a code is taken back twice in {:?}", batch.bucket);
                Ok(())
            }
            Event::LeaseForgotten { hash, .. } => self.code(*hash).map(|_| ()),
            _ => Err("no step of a code".to_owned()),
        }
    }

    fn code(&mut self, hash: CodeHash) -> Checked<&mut CodeModel> {
        self.codes.get_mut(&hash).ok_or_else(|| "a code that isn't there".to_owned())
    }

    pub fn is_deleted(&self, campaign: CampaignId) -> bool {
        self.campaigns.get(&campaign).is_some_and(|known| known.now.stage == CampaignStage::Deleted)
    }

    fn note_busy(&mut self, hash: CodeHash) {
        let seq = self.seq;
        if let Some(code) = self.codes.get_mut(&hash) {
            let busy = code.coupon.is_some() || code.lease.is_some();
            code.busy.set(seq, u64::from(busy));
        }
    }

    /// A unique code becomes a coupon: of one account at a time.
    pub(super) fn code_taken(
        &mut self,
        batch: Batch,
        hash: CodeHash,
        account: &AccountId,
        coupon: CouponId,
    ) -> Checked {
        let at_home = hash.slot().bucket(self.buckets) == batch.bucket;
        let code = self.code(hash)?;
        must!(code.coupon.is_none(), "I1: a unique code is claimed with twice: {code:?}");
        if at_home {
            must!(code.lease.is_none(), "a code is claimed with at home while it is leased: {code:?}");
        } else {
            let own = code.lease.as_ref().is_some_and(|lease| lease.0 == *account);
            must!(own, "a code is claimed with that isn't leased to {account}: {code:?}");
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
