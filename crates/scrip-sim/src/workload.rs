//! What clients want: few accounts and campaigns, small stocks and budgets, so that they meet.

mod old_data;

use scrip_core::{
    benefit::{AmountOff, Benefit, FreeShipping, PercentOff, Tier, TieredAmountOff},
    campaign::{
        Budget, CampaignStage, Channel, Claims, Issuer, Limits, OnCancel, OnFullRefund, OnPartialRefund, RefundPolicy,
        Scope, SourceStock, Stacking, Terms, Validity,
    },
    cart::{Cart, Line, Shipping},
    code::{CodeText, EnteredCode, SecretNumber},
    command::{
        AddSharedCode, CampaignStep, CancelJob, CancelOrder, ChangeCampaign, Claim, ClaimBy, ClaimOf,
        CloseTransactions, Command, CreateCampaign, DeleteCampaign, ExtendHold, MoveCampaign, NoteGrants, PayOrder,
        RefundOf, RefundOrder, RequestCodes, RevokeCode,
    },
    id::{CampaignId, CodeHash, CouponId},
    idempotency::Holder,
    metadata::{Changes, Members, Metadata, MetadataValue, Writer},
    minimum_spend::{Comparison, MinimumSpend, MinimumSpendBase},
    money::{Amount, BasisPoints, Currency},
    name::{AccountId, LineId, MetadataKey, OrderId, ProductId, RefundName, SellerId, SourceName, StackingGroup},
    slot::Slot,
    time::Timestamp,
};
use scrip_engine::{KeyUse, Placement, Revision, Secrets, Use};
use sha2::{Digest, Sha256};

use self::old_data::OldData;
use crate::{
    ask::{Ask, Wish},
    chance::Chance,
    model::{CampaignModel, Model, OnOrder, OrderModel, Stage, Status},
};

const ACCOUNTS: usize = 32;
/// Accounts that do half of everything.
const HOT: usize = 5;
const SELLERS: usize = 4;
const CAMPAIGNS_LIVE: usize = 8;
const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// Makes wishes, one after the other.
pub struct Workload {
    chance: Chance,
    secrets: Secrets,
    accounts: Vec<AccountId>,
    sellers: Vec<SellerId>,
    sources: Vec<SourceName>,
    /// Shared codes that somebody wanted to add.
    shared: Vec<EnteredCode>,
    orders: Vec<(AccountId, OrderId)>,
    old: OldData,
    made: u64,
}

impl Workload {
    pub fn new(chance: Chance, secrets: Secrets) -> Self {
        let accounts = (0..ACCOUNTS).map(|number| AccountId::new(&format!("ana{number}")).expect("a valid name"));
        let sellers = (0..SELLERS).map(|number| SellerId::new(&format!("shop{number}")).expect("a valid name"));
        let sources = ["blog", "radio"].map(|name| SourceName::new(name).expect("a valid name"));
        Self {
            chance,
            secrets,
            accounts: accounts.collect(),
            sellers: sellers.collect(),
            sources: sources.to_vec(),
            shared: Vec::new(),
            orders: Vec::new(),
            old: OldData::default(),
            made: 0,
        }
    }

    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// The next wish of some client, in view of what is there.
    pub fn wish(&mut self, model: &Model, now: Timestamp) -> Ask {
        self.made += 1;
        let is_live = |(id, known): &(&CampaignId, &CampaignModel)| {
            let is_over = matches!(known.now.stage, CampaignStage::Ended | CampaignStage::Deleted);
            !is_over && !self.old.imported.contains(id)
        };
        let live = model.campaigns.iter().filter(is_live).count();
        if live < 3 || (live < CAMPAIGNS_LIVE && self.chance.one_in(60)) {
            return self.create_campaign(now);
        }
        match self.chance.below(100) {
            0..22 => self.claim(model),
            22..26 => self.import(model, now),
            26..33 => self.claim_code(model),
            33..53 => self.place(model),
            53..60 => self.revise(model),
            60..70 => self.on_order(model, |account, order, _, _| PayOrder { account, order }.into()),
            70..72 => self.on_order(model, |account, order, _, chance| {
                // Some for so long that coupons expire on them.
                let most = if chance.one_in(3) { 3 * 24 * 60 } else { 300 };
                let hold_minutes = u32::try_from(chance.between(1, most)).expect("small");
                ExtendHold { account, order, hold_minutes }.into()
            }),
            72..77 => self.cancel(model),
            77..83 => {
                self.on_order(model, |account, order, seller, _| CloseTransactions { account, order, seller }.into())
            }
            83..93 => self.refund(model),
            93..97 if self.chance.one_in(16) => self.note_grants(model),
            93..97 => self.move_campaign(model),
            97 => self.change_campaign(model),
            98 if self.chance.one_in(6) => self.link(),
            98 if self.chance.one_in(5) => self.revoke_code(model),
            98 => self.add_code(model),
            _ if self.chance.one_in(5) => self.revoke_code(model),
            _ if self.chance.one_in(8) => self.cancel_job(model),
            _ => self.request_codes(model),
        }
    }

    fn account(&mut self) -> AccountId {
        let among = if self.chance.percent(50) { HOT } else { ACCOUNTS };
        self.accounts[self.chance.below(among)].clone()
    }

    fn hash(&self, what: &str) -> [u8; 16] {
        let digest = Sha256::digest(format!("{what} {}", self.made));
        digest[..16].try_into().expect("half of it")
    }

    /// A third of what is made has some. No chance is asked: the walks of earlier seeds stay what they are.
    fn metadata(&self) -> Metadata {
        let by = if self.made.is_multiple_of(2) { Writer::Operator } else { Writer::Storefront };
        if self.made.is_multiple_of(3) {
            Metadata::new(Members::from_iter([self.member("made")]), &by)
        } else {
            Metadata::default()
        }
    }

    /// One more member, or one less.
    fn changes(&self) -> Changes {
        let (key, value) = self.member(if self.made.is_multiple_of(2) { "made" } else { "changed" });
        Changes::from_iter([(key, Some(value).filter(|_| !self.made.is_multiple_of(5)))])
    }

    fn member(&self, key: &str) -> (MetadataKey, MetadataValue) {
        (MetadataKey::new(key).expect("a valid key"), MetadataValue::new(&self.made.to_string()).expect("short"))
    }

    fn ask(&mut self, wish: Wish, holder: Holder, percent: usize) -> Ask {
        let key = self.chance.percent(percent).then(|| KeyUse {
            holder,
            key_hash: self.hash("key"),
            command_hash: self.hash("command"),
        });
        Ask::new(wish, key)
    }

    fn of_account(&mut self, account: &AccountId, command: impl Into<Command>) -> Ask {
        let holder = Holder::Account(account.clone());
        self.ask(Wish::Command(Box::new(command.into())), holder, 85)
    }

    fn of_campaign(&mut self, campaign: CampaignId, command: impl Into<Command>) -> Ask {
        self.ask(Wish::Command(Box::new(command.into())), Holder::Campaign(campaign), 100)
    }

    // Campaigns.

    fn create_campaign(&mut self, now: Timestamp) -> Ask {
        let slot = Slot::from_u16(u16::try_from(self.chance.below(65_536)).expect("below 2^16"));
        let command = CreateCampaign { terms: self.terms(now), metadata: self.metadata(), slot };
        self.ask(Wish::Command(Box::new(command.into())), Holder::Campaigns(slot), 100)
    }

    fn amount(&mut self, first: i64, last: i64) -> Amount {
        Amount::of(self.chance.between(first, last))
    }

    fn terms(&mut self, now: Timestamp) -> Terms {
        let issuer = if self.chance.percent(55) {
            Issuer::PLATFORM
        } else {
            Issuer::Seller { seller: self.sellers[self.chance.below(SELLERS)].clone() }
        };
        let benefit = match self.chance.below(10) {
            0..4 => Benefit::AmountOff(AmountOff { amount: self.amount(1, 900) }),
            4..7 => {
                let points = u16::try_from(self.chance.between(1, 6_000)).expect("small");
                let cap = self.chance.percent(40).then(|| self.amount(50, 800));
                Benefit::PercentOff(PercentOff { percent_bp: BasisPoints::new(points).expect("below 10,000"), cap })
            }
            7 => {
                let tier = |over, amount| Tier { over: Amount::of(over), amount: Amount::of(amount) };
                Benefit::TieredAmountOff(TieredAmountOff {
                    tiers: vec![tier(0, 30), tier(1_500, 200), tier(4_000, 700)],
                })
            }
            _ => Benefit::FreeShipping(FreeShipping { cap: self.chance.percent(50).then(|| self.amount(100, 600)) }),
        };
        let days = u16::try_from(self.chance.between(1, 3)).expect("small");
        let validity = if self.chance.percent(70) {
            Validity::AfterClaim { days, time_zone: None }
        } else {
            let shifted = |micros| Timestamp::from_micros(now.micros() + micros);
            let starts_at = shifted(self.chance.between(-2, 1) * HOUR);
            // Some end while orders with their coupons are open.
            let hours = if self.chance.one_in(3) { self.chance.between(2, 8) } else { i64::from(days) * 24 };
            Validity::Fixed { starts_at, expires_at: shifted(hours * HOUR) }
        };
        let mut sources = Vec::new();
        if self.chance.percent(25) {
            for source in self.sources.clone() {
                sources.push(SourceStock { source, stock: u32::try_from(self.chance.between(1, 4)).expect("small") });
            }
        }
        // Without, they are those of S1, which change with the first codes.
        let channels =
            self.chance.percent(70).then(|| vec![Channel::Web, Channel::Partner, Channel::Code, Channel::System]);
        let stock = self.chance.percent(75).then(|| u32::try_from(self.chance.between(3, 24)).expect("small"));
        let stock = if sources.is_empty() { stock } else { Some(stock.unwrap_or(0).max(10)) };
        let per_individual = self.chance.percent(80).then(|| u32::try_from(self.chance.between(1, 3)).expect("small"));
        let budget = if self.chance.percent(60) { Budget::Limited(self.amount(300, 9_000)) } else { Budget::Unlimited };
        let full_refund = if self.chance.percent(50) { OnFullRefund::Return } else { OnFullRefund::Keep };
        let policy = RefundPolicy {
            cancel_before_payment: OnCancel::Return,
            partial_refund: OnPartialRefund::Keep,
            full_refund,
        };
        Terms {
            name: format!("campaign {}", self.made),
            issuer,
            currency: currency(),
            benefit,
            minimum_spend: self.chance.percent(35).then(|| MinimumSpend {
                amount: self.amount(300, 3_000),
                comparison: Comparison::Exceeds,
                base: MinimumSpendBase::AfterEarlierLanes,
            }),
            scope: Scope { include_on_sale: self.chance.one_in(8), ..Scope::default() },
            validity,
            claims: Claims { sources, channels, ..Claims::default() },
            limits: Limits { stock, per_individual, budget: Some(budget) },
            funding: None,
            stacking: Stacking { group: self.group(), exclusive: self.chance.one_in(20) },
            refund_policy: self.chance.one_in(6).then_some(policy),
        }
    }

    /// Most are of one stacking group with others; some in one of a few groups beside them, so that an order has several.
    fn group(&mut self) -> Option<StackingGroup> {
        let group = ["spring", "app", "bonus"][self.chance.below(3)];
        self.chance.percent(45).then(|| StackingGroup::new(group).expect("a valid name"))
    }

    fn campaign<'m>(&mut self, model: &'m Model) -> (CampaignId, &'m CampaignModel) {
        // Those that came in with old data are older than all that was made here.
        if self.chance.one_in(10)
            && let Some(imported) = self.chance.pick(&self.old.imported)
            && let Some(known) = model.campaigns.get(imported)
        {
            return (*imported, known);
        }
        // The newest are wanted most.
        let back = self.chance.below(CAMPAIGNS_LIVE).min(self.chance.below(CAMPAIGNS_LIVE + 4));
        let index = model.campaigns.len().saturating_sub(1 + back);
        let (id, known) = model.campaigns.iter().nth(index).expect("some were made first");
        (*id, known)
    }

    fn move_campaign(&mut self, model: &Model) -> Ask {
        let (campaign, known) = self.campaign(model);
        if known.now.stage == CampaignStage::Deleted
            || known.now.stage == CampaignStage::Draft && self.chance.percent(20)
        {
            return self.of_campaign(campaign, DeleteCampaign { campaign, as_seller: None });
        }
        let step = match known.now.stage {
            CampaignStage::Draft => CampaignStep::Publish,
            CampaignStage::Published if self.chance.percent(30) => CampaignStep::End,
            CampaignStage::Published => CampaignStep::Pause,
            CampaignStage::Paused if self.chance.percent(15) => CampaignStep::End,
            CampaignStage::Paused | CampaignStage::Ended | CampaignStage::Deleted => CampaignStep::Resume,
        };
        self.of_campaign(campaign, MoveCampaign { campaign, as_seller: None, step })
    }

    fn change_campaign(&mut self, model: &Model) -> Ask {
        let (campaign, known) = self.campaign(model);
        let mut terms = (*known.now.terms).clone();
        let more = u32::try_from(self.chance.between(0, 6)).expect("small");
        terms.limits.stock = terms.limits.stock.map(|stock| stock + more);
        if let Some(Budget::Limited(amount)) = terms.limits.budget {
            terms.limits.budget = Some(Budget::Limited(amount + self.amount(0, 1_500)));
        }
        if self.chance.one_in(12) {
            terms.limits.stock = None;
        }
        let revision = known.now.revision;
        self.of_campaign(
            campaign,
            ChangeCampaign {
                campaign,
                as_seller: None,
                revision,
                terms,
                metadata: self.changes(),
                by: Writer::Operator,
            },
        )
    }

    /// One of a few is the same person as somebody.
    fn link(&mut self) -> Ask {
        let to = self.accounts[self.chance.below(HOT)].clone();
        let account = self.accounts[HOT + self.chance.below(ACCOUNTS - HOT)].clone();
        Ask::new(Wish::Link { account, to }, None)
    }

    // Codes.

    fn add_code(&mut self, model: &Model) -> Ask {
        let (campaign, known) = self.campaign(model);
        let source = known.now.terms.claims.sources.first().map(|source| source.source.clone());
        let again = self.chance.one_in(5);
        let code = match self.chance.pick(&self.shared).filter(|_| again) {
            Some(code) => code.clone(),
            None => self.secrets.entered(CodeText::parse(&format!("SAVE{}", self.made)).expect("a valid code")),
        };
        self.shared.push(code.clone());
        let max_uses = self.chance.percent(80).then(|| u32::try_from(self.chance.between(1, 9)).expect("small"));
        let source = source.filter(|_| self.chance.percent(30));
        let command = AddSharedCode { campaign, as_seller: None, code, max_uses, source, request: None };
        self.of_campaign(campaign, command)
    }

    fn request_codes(&mut self, model: &Model) -> Ask {
        let (campaign, _) = self.campaign(model);
        let count = u32::try_from(self.chance.between(1, 6)).expect("small");
        self.of_campaign(campaign, RequestCodes { campaign, as_seller: None, count, prefix: None, source: None })
    }

    /// Some are taken back again and again: that changes nothing.
    fn revoke_code(&mut self, model: &Model) -> Ask {
        let Some(code) = self.any_code(model) else { return self.claim(model) };
        let campaign = model.codes.get(&code.hash).map(|code| code.campaign);
        let campaign = campaign.filter(|_| !self.chance.one_in(20)).unwrap_or_else(|| self.campaign(model).0);
        let command = RevokeCode { campaign, as_seller: None, hash: code.hash };
        Ask::new(Wish::Command(Box::new(command.into())), None)
    }

    /// Mostly one that isn't done yet.
    fn cancel_job(&mut self, model: &Model) -> Ask {
        let open = model.jobs.iter().find(|(_, (total, done))| done < total);
        let Some((job, _)) = open.or_else(|| model.jobs.last_key_value()) else { return self.claim(model) };
        let command = CancelJob { job: *job, as_seller: None };
        Ask::new(Wish::Command(Box::new(command.into())), None)
    }

    fn note_grants(&mut self, model: &Model) -> Ask {
        let (campaign, _) = self.campaign(model);
        let accounts = u32::try_from(self.chance.between(1, 50)).expect("small");
        self.of_campaign(campaign, NoteGrants { campaign, accounts, slot: campaign.uid().slot() })
    }

    /// Some code, mostly one that may still be used.
    fn code(&mut self, model: &Model) -> Option<EnteredCode> {
        let mut found = self.any_code(model);
        for _ in 0..4 {
            let known = found.as_ref().and_then(|code| model.codes.get(&code.hash));
            let stage = known.and_then(|code| model.campaigns.get(&code.campaign)).map(|known| known.now.stage);
            let is_free = known.is_some_and(|code| code.coupon.is_none() || self.chance.one_in(5));
            if stage == Some(CampaignStage::Published) && is_free {
                break;
            }
            found = self.any_code(model);
        }
        found
    }

    fn any_code(&mut self, model: &Model) -> Option<EnteredCode> {
        if self.chance.percent(40) {
            return self.chance.pick(&self.shared).cloned();
        }
        if model.codes.is_empty() {
            return None;
        }
        // Those of a few: most are wanted by several.
        let start = self.chance.below(model.codes.len());
        let hash = *model.codes.iter().skip(start).find(|(_, code)| code.unique)?.0;
        self.entered(model, hash)
    }

    // Claims.

    fn claim(&mut self, model: &Model) -> Ask {
        let account = self.account();
        let (campaign, known) = self.campaign(model);
        if known.now.stage == CampaignStage::Draft {
            return self.of_campaign(campaign, MoveCampaign { campaign, as_seller: None, step: CampaignStep::Publish });
        }
        let channel = match self.chance.below(20) {
            0 => Channel::SellerStore,
            1..4 => Channel::System,
            4..8 => Channel::Partner,
            _ => Channel::Web,
        };
        let source = self.chance.percent(25).then(|| self.sources[self.chance.below(2)].clone());
        let by = if self.chance.one_in(20) { ClaimBy::Shopper } else { ClaimBy::Shop };
        let of = ClaimOf::Campaign { campaign, channel, source, by };
        self.of_account(&account.clone(), Claim { account, of })
    }

    fn claim_code(&mut self, model: &Model) -> Ask {
        let account = self.account();
        let Some(code) = self.code(model) else { return self.claim(model) };
        self.of_account(&account.clone(), Claim { account, of: ClaimOf::Code(code) })
    }

    // Orders.

    pub fn cart(&mut self) -> Cart {
        let count = self.chance.between(1, 4);
        let mut lines = Vec::new();
        for number in 0..count {
            let seller = self.sellers[self.chance.below(SELLERS)].clone();
            lines.push(Line {
                id: LineId::new(&format!("l{number}")).expect("a valid name"),
                seller,
                product: ProductId::new(&format!("p{}", self.chance.below(9))).expect("a valid name"),
                categories: Vec::new(),
                unit_price: self.amount(1, 1_500),
                quantity: u32::try_from(self.chance.between(1, 3)).expect("small"),
                on_sale: self.chance.one_in(7),
            });
        }
        let mut shipping: Vec<Shipping> = Vec::new();
        for line in &lines {
            if shipping.iter().all(|entry| entry.seller != line.seller) {
                let amount = Amount::of([0, 199, 350, 500][self.chance.below(4)]);
                shipping.push(Shipping { seller: line.seller.clone(), amount });
            }
        }
        Cart::new(currency(), lines, shipping).expect("a small cart")
    }

    /// Coupons of an account that it may name, hardly ever in vain.
    fn some_coupons(&mut self, model: &Model, account: &AccountId) -> Vec<CouponId> {
        let mut named = Vec::new();
        let own: Vec<_> = model.wallets.get(account).into_iter().flatten().copied().collect();
        let valid: Vec<_> = own
            .iter()
            .copied()
            .filter(|id| {
                model
                    .coupons
                    .get(id)
                    .is_some_and(|coupon| coupon.status == Status::Valid && model.clock < coupon.expires_at)
            })
            .collect();
        for _ in 0..self.chance.below(3) {
            let from = if self.chance.percent(92) { &valid } else { &own };
            named.extend(self.chance.pick(from).copied());
        }
        named
    }

    fn place(&mut self, model: &Model) -> Ask {
        let mut account = self.account();
        let mut id = OrderId::new(&format!("o{}", self.made)).expect("a valid name");
        if self.chance.one_in(40)
            && let Some(taken) = self.chance.pick(&self.orders)
        {
            (account, id) = taken.clone();
        }
        let mut named = self.some_coupons(model, &account);
        if self.chance.one_in(30) {
            // Somebody else's.
            let other = self.account();
            named.extend(model.wallets.get(&other).and_then(|coupons| self.chance.pick(coupons)).copied());
        }
        named.sort_unstable();
        named.dedup();
        let r#use = if self.chance.percent(55) { Use::Best } else { Use::Named(named) };
        let mut codes = Vec::new();
        if self.chance.percent(22) {
            codes.extend(self.code(model));
        }
        let most = if self.chance.one_in(6) { 2 * 24 * 60 } else { 90 };
        let hold_minutes =
            if self.chance.percent(50) { 30 } else { u32::try_from(self.chance.between(1, most)).expect("small") };
        self.orders.push((account.clone(), id.clone()));
        let placement = Placement {
            account: account.clone(),
            id,
            cart: self.cart(),
            r#use,
            codes,
            expect_discount: self.chance.one_in(30).then(|| self.amount(0, 300)),
            hold_minutes,
            metadata: self.metadata(),
            fingerprint: self.hash("order"),
        };
        self.ask(Wish::Place(Box::new(placement)), Holder::Account(account), 85)
    }

    /// Another cart or other coupons for an order, mostly for one that is open.
    fn revise(&mut self, model: &Model) -> Ask {
        let mut found = self.order(model);
        for _ in 0..6 {
            if found.as_ref().is_some_and(|found| found.2.is_some_and(|order| order.stage == Stage::Placed)) {
                break;
            }
            found = self.order(model);
        }
        if self.chance.one_in(6) {
            found = stale_order(model).or(found);
        }
        let Some((mut account, order, known)) = found else { return self.place(model) };
        let cart = match known {
            Some(known) if self.chance.percent(25) => known.cart.clone(),
            Some(known) if self.chance.percent(25) => self.less_or_more(&known.cart),
            _ => self.cart(),
        };
        let on: Vec<&OnOrder> = known.iter().flat_map(|known| known.counted()).collect();
        let as_before = self.chance.one_in(12);
        let mut named = if as_before { Vec::new() } else { self.some_coupons(model, &account) };
        let mut codes: Vec<EnteredCode> = Vec::new();
        for coupon in on {
            match coupon.direct {
                None if as_before || self.chance.percent(55) => named.push(coupon.id),
                Some(hash) if as_before || self.chance.percent(60) => codes.extend(self.entered(model, hash)),
                // The coupon that a code made is nobody's to name.
                Some(_) if self.chance.one_in(12) => named.push(coupon.id),
                _ => {}
            }
        }
        if !as_before && self.chance.percent(30) {
            codes.extend(self.code(model).filter(|code| codes.iter().all(|other| other.hash != code.hash)));
        }
        named.sort_unstable();
        named.dedup();
        let r#use = match self.chance.below(20) {
            _ if as_before => Use::Named(named),
            0..8 => Use::Best,
            8..11 => Use::Named(Vec::new()),
            _ => Use::Named(named),
        };
        if self.chance.one_in(60) {
            account = self.account();
        }
        // What happens next happens to it as well: payments, cancellations, another revision.
        self.orders.push((account.clone(), order.clone()));
        let expect_discount = self.chance.one_in(30).then(|| self.amount(0, 300));
        let revision = Revision { account: account.clone(), order, cart, r#use, codes, expect_discount };
        self.ask(Wish::Revise(Box::new(revision)), Holder::Account(account), 85)
    }

    /// The same cart with other quantities, and maybe without some of its lines.
    fn less_or_more(&mut self, cart: &Cart) -> Cart {
        let mut lines: Vec<Line> = cart.lines().to_vec();
        if lines.len() > 1 && self.chance.percent(50) {
            lines.remove(self.chance.below(lines.len()));
        }
        for line in &mut lines {
            line.quantity = u32::try_from(self.chance.between(1, 4)).expect("small");
        }
        let sellers = cart.sellers().into_iter().filter(|seller| lines.iter().any(|line| line.seller == **seller));
        let shipping = sellers.map(|seller| Shipping { seller: seller.clone(), amount: cart.shipping_of(seller) });
        let shipping = shipping.collect();
        Cart::new(cart.currency(), lines, shipping).expect("a small cart")
    }

    /// A code that somebody has entered before.
    fn entered(&self, model: &Model, hash: CodeHash) -> Option<EnteredCode> {
        let known = model.codes.get(&hash)?;
        if !known.unique {
            return self.shared.iter().find(|code| code.hash == hash).cloned();
        }
        let text = CodeText::parse(&self.secrets.open_code(SecretNumber::FIRST, &known.sealed).ok()?).ok()?;
        Some(EnteredCode { hash, secret: SecretNumber::FIRST, text })
    }

    fn order<'m>(&mut self, model: &'m Model) -> Option<(AccountId, OrderId, Option<&'m OrderModel>)> {
        let recent = self.orders.len().saturating_sub(24);
        let among = if self.chance.percent(85) { &self.orders[recent..] } else { &self.orders[..] };
        let (account, order) = self.chance.pick(among)?.clone();
        let known = model.orders.get(&(account.clone(), order.clone()));
        Some((account, order, known))
    }

    fn on_order(
        &mut self,
        model: &Model,
        make: impl FnOnce(AccountId, OrderId, Option<SellerId>, &mut Chance) -> Command,
    ) -> Ask {
        let Some((account, order, known)) = self.order(model) else { return self.claim(model) };
        let seller = known.and_then(|known| self.chance.pick(&known.sellers)).map(|seller| seller.0.clone());
        let seller = seller.filter(|_| self.chance.percent(45));
        let command = make(account.clone(), order, seller, &mut self.chance);
        self.of_account(&account, command)
    }

    /// One seller mostly, and mostly of an order that has several and isn't paid: others stay.
    fn cancel(&mut self, model: &Model) -> Ask {
        let mut found = self.order(model);
        for _ in 0..4 {
            let unpaid = |order: &OrderModel| matches!(order.stage, Stage::Placed | Stage::TimedOut);
            if found.as_ref().is_some_and(|found| found.2.is_some_and(|o| o.sellers.len() > 1 && unpaid(o))) {
                break;
            }
            found = self.order(model);
        }
        let Some((account, order, known)) = found else { return self.claim(model) };
        let seller = known.and_then(|known| self.chance.pick(&known.sellers)).map(|seller| seller.0.clone());
        let seller = seller.filter(|_| self.chance.percent(65));
        // What happens next happens to it as well: another seller goes, it is paid, refunded, cancelled whole.
        self.orders.push((account.clone(), order.clone()));
        self.of_account(&account.clone(), CancelOrder { account, order, seller })
    }

    fn refund(&mut self, model: &Model) -> Ask {
        let mut found = self.order(model);
        for _ in 0..4 {
            if found.as_ref().is_some_and(|found| found.2.is_some_and(|order| order.stage == Stage::Paid)) {
                break;
            }
            found = self.order(model);
        }
        let Some((account, order, Some(known))) = found else { return self.claim(model) };
        let of = match self.chance.below(10) {
            0..2 => RefundOf::All,
            2..5 => RefundOf::Seller(self.chance.pick(&known.sellers).expect("an order has a seller").0.clone()),
            _ => self.parts(known),
        };
        let id = RefundName::new(&format!("r{}", self.made)).expect("a valid name");
        let fingerprint = self.hash("refund");
        let command = RefundOrder {
            account: account.clone(),
            order,
            id,
            of,
            as_seller: None,
            fingerprint,
            metadata: self.metadata(),
        };
        self.of_account(&account, command)
    }

    fn parts(&mut self, order: &OrderModel) -> RefundOf {
        let (mut lines, mut amounts, mut shipping) = (Vec::new(), Vec::new(), Vec::new());
        for (index, line) in order.cart.lines().iter().enumerate() {
            let left = order.units_left(index);
            match self.chance.below(10) {
                0..5 if left > 0 => {
                    let quantity = u32::try_from(self.chance.between(1, i64::from(left))).expect("small");
                    lines.push((line.id.clone(), quantity));
                }
                5 => lines.push((line.id.clone(), left + 1)),
                6 => {
                    let most = (order.paid_for_line(index) - order.cash[index]).max(1);
                    amounts.push((line.id.clone(), self.amount(1, most), None));
                }
                _ => {}
            }
        }
        for (index, (seller, _)) in order.sellers.iter().enumerate() {
            let left = order.paid_for_shipping(seller) - order.shipping[index].0;
            if self.chance.percent(30) && !order.shipping[index].1 && !order.cart.shipping_of(seller).is_zero() {
                shipping.push((seller.clone(), if left == 0 { Amount::ZERO } else { self.amount(1, left.max(1)) }));
            }
        }
        if lines.is_empty() && amounts.is_empty() && shipping.is_empty() {
            return RefundOf::All;
        }
        RefundOf::Parts { lines, amounts, shipping }
    }
}

/// An open order that holds what has expired since.
fn stale_order(model: &Model) -> Option<(AccountId, OrderId, Option<&OrderModel>)> {
    let expired = |on: &OnOrder| model.coupons.get(&on.id).is_some_and(|coupon| coupon.expires_at <= model.latest);
    let mut open =
        model.orders.iter().filter(|(_, order)| order.stage == Stage::Placed && model.latest < order.hold_until);
    let (key, order) = open.find(|(_, order)| order.counted().any(expired))?;
    Some((key.0.clone(), key.1.clone(), Some(order)))
}

fn currency() -> Currency {
    Currency::from_code("USD").expect("listed")
}
