//! What must hold after every step: I1, I2, I5, I6 and I8 of the quality page, judged from documents and journal alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scrip_core::{
    campaign::{Allowance, Budget, Campaign, Counters},
    code::{Code, CodeKind},
    discount::{Applied, Funder},
    event::{Event, Recorded},
    id::{CampaignId, CodeHash, CouponId},
    individual::Individual,
    ledger::{EntryKind, LedgerAccount},
    money::Amount,
    name::{AccountId, IndividualId, OrderId},
    order::{Order, OrderCoupon, OrderCouponState, OrderStage, RefundPage, RefundedOrder, TransactionState},
    state::{Aggregate, Key, State},
    status::{CouponStatus, OrderStatus},
    time::Timestamp,
    wallet::{Coupon, CouponState, HISTORY_PAGE_MAX, Origin, PAGE_MAX},
};

use super::reversals;

type OrderKey = (AccountId, OrderId);

/// What the journal alone says, kept up event by event.
#[derive(Clone, Default)]
pub struct Books {
    /// Debits less credits of each order's funders.
    funders: HashMap<(OrderKey, Funder), i64>,
    discounts: HashMap<OrderKey, i64>,
    forfeited: HashMap<CampaignId, i64>,
    face_values: HashMap<CampaignId, i64>,
    code_uses: HashMap<CodeHash, i64>,
    code_of: HashMap<CouponId, CodeHash>,
    returned: HashMap<(OrderKey, CouponId), u32>,
    /// As the last check found them.
    orders: HashMap<OrderKey, (OrderStage, Vec<TransactionState>, Vec<OrderCouponState>)>,
    coupons: HashMap<CouponId, (CouponStatus, Timestamp, Timestamp)>,
}

#[derive(Default)]
struct Wallets<'a> {
    coupons: Vec<(&'a AccountId, &'a Coupon)>,
}

impl Books {
    pub fn book(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::DiscountFunded { account, order, entry }
            | Event::DiscountReversed { account, order, entry }
            | Event::SurplusBooked { account, order, entry } => {
                let key = (account.clone(), order.clone());
                // I5: balanced per entry, and so per currency: an entry has one.
                assert_eq!(entry.postings().iter().map(|posting| posting.amount).sum::<i64>(), 0);
                assert!(!entry.postings().is_empty());
                let surplus = matches!(recorded.event, Event::SurplusBooked { .. });
                assert_eq!(surplus, matches!(entry.kind(), EntryKind::SurplusForfeited | EntryKind::SurplusRestored));
                for posting in entry.postings() {
                    match &posting.account {
                        LedgerAccount::Funder(funder) => {
                            *self.funders.entry((key.clone(), funder.clone())).or_default() += posting.amount;
                        }
                        LedgerAccount::Discount(account, order) => {
                            assert_eq!((account, order), (&key.0, &key.1), "booked on its own order");
                            *self.discounts.entry(key.clone()).or_default() += posting.amount;
                        }
                        LedgerAccount::FaceValue(campaign) => {
                            *self.face_values.entry(*campaign).or_default() += posting.amount;
                        }
                        LedgerAccount::Forfeited(campaign) => {
                            *self.forfeited.entry(*campaign).or_default() += posting.amount;
                        }
                    }
                }
            }
            Event::CouponClaimed { coupon, code: Some(code), .. } => {
                *self.code_uses.entry(*code).or_default() += 1;
                self.code_of.insert(coupon.id, *code);
            }
            Event::CouponVoided { coupon, code, .. } => {
                assert_eq!(self.code_of.get(coupon), Some(code));
                *self.code_uses.entry(*code).or_default() -= 1;
                self.coupons.remove(coupon);
            }
            Event::CouponReturned { account, coupon, order, .. } => {
                let times = self.returned.entry(((account.clone(), order.clone()), *coupon)).or_default();
                *times += 1;
                assert_eq!(*times, 1, "a coupon comes back at most once for an order");
            }
            Event::OrderRevised { account, order, .. } => {
                // Another checkout: its transactions and coupons begin anew.
                self.orders.remove(&(account.clone(), order.clone()));
            }
            Event::OrderRetaken { account, order, coupons } => self.retaken(account, order, coupons),
            _ => {}
        }
    }

    /// I1 after every event, not only after every command: what a hold takes of a budget was free.
    pub fn check_budget(event: &Event, state: &State) {
        let Event::CouponHeld { campaign, .. } = event else { return };
        let Some(Budget::Limited(budget)) = state.campaign(*campaign).and_then(|c| c.terms.limits.budget) else {
            return;
        };
        let counters = state.allowance(*campaign).counters;
        let taken = counters.budget_held + counters.budget_spent;
        assert!(taken <= budget, "I1: {taken} of {budget} is held for a moment");
    }

    /// Steps were not checked: the next check can't say what moved where.
    pub fn forget_moves(&mut self) {
        self.coupons.clear();
        self.orders.clear();
    }

    /// A late payment alone brings an order back from its time-out, and a coupon that has expired since with it.
    fn retaken(&mut self, account: &AccountId, order: &OrderId, coupons: &[OrderCoupon]) {
        if let Some((stage, _, before)) = self.orders.get_mut(&(account.clone(), order.clone())) {
            // Placed where the hold ran out and nobody had noticed before the payment came.
            assert!(matches!(stage, OrderStage::TimedOut | OrderStage::Placed));
            *stage = OrderStage::Placed;
            assert_eq!(before.len(), coupons.len());
        }
        for coupon in coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held) {
            if let Some((status @ CouponStatus::Expired, ..)) = self.coupons.get_mut(&coupon.id()) {
                *status = CouponStatus::Valid;
            }
        }
    }

    pub fn check<'a>(&mut self, documents: impl Iterator<Item = (&'a Key, &'a Aggregate)>, now: Timestamp) {
        let mut wallets = Wallets::default();
        let mut orders: Vec<Order> = Vec::new();
        let mut refund_pages: BTreeMap<(&AccountId, &OrderId), Vec<(u32, &RefundPage)>> = BTreeMap::new();
        let mut refund_locations = Vec::new();
        let mut campaigns: BTreeMap<CampaignId, &Campaign> = BTreeMap::new();
        let mut allowances: BTreeMap<CampaignId, &Allowance> = BTreeMap::new();
        let mut heads = Vec::new();
        let mut pages = Vec::new();
        let mut histories = Vec::new();
        let mut codes: Vec<(CodeHash, &Code)> = Vec::new();
        let mut linked: BTreeMap<&IndividualId, &Individual> = BTreeMap::new();
        for (key, value) in documents {
            match (key, value) {
                (Key::Wallet(account), Aggregate::Wallet(wallet)) => {
                    wallets.coupons.extend(wallet.live.iter().map(|coupon| (account, coupon)));
                    heads.push((account, wallet));
                }
                (Key::WalletPage(account, page), Aggregate::WalletPage(value)) => {
                    wallets.coupons.extend(value.live.iter().map(|coupon| (account, coupon)));
                    pages.push((account, *page as usize, value.live.len()));
                }
                (Key::History(account, page), Aggregate::History(value)) => {
                    wallets.coupons.extend(value.coupons.iter().map(|coupon| (account, coupon)));
                    histories.push((account, *page as usize, value.coupons.len()));
                }
                (Key::Order(..), Aggregate::Order(order)) => orders.push(order.clone()),
                (Key::RefundPage(account, order, number), Aggregate::RefundPage(page)) => {
                    refund_pages.entry((account, order)).or_default().push((*number, page));
                }
                (Key::RefundLocation(account, order, id), Aggregate::RefundLocation(place)) => {
                    refund_locations.push(((account, order), id, place.page));
                }
                (Key::Campaign(id), Aggregate::Campaign(campaign)) => {
                    campaigns.insert(*id, campaign);
                }
                (Key::Allowance(_, id), Aggregate::Allowance(allowance)) => {
                    allowances.insert(*id, allowance);
                }
                (Key::Code(hash), Aggregate::Code(code)) => codes.push((*hash, code)),
                (Key::Individual(_, id), Aggregate::Individual(individual)) => {
                    linked.insert(id, individual);
                }
                (Key::Due(..), Aggregate::Due(_))
                | (Key::RecentKeys(..), Aggregate::RecentKeys(_))
                | (Key::ApiKey(_), Aggregate::ApiKey(_))
                | (Key::Job(_), Aggregate::Job(_)) => {}
                _ => panic!("{key:?} holds another kind of document"),
            }
        }
        for (account, wallet) in &heads {
            assert!(wallet.live.len() <= PAGE_MAX);
            for (page, &count) in wallet.further.iter().enumerate() {
                let there =
                    pages.iter().find(|entry| entry.0 == *account && entry.1 == page).map_or(0, |entry| entry.2);
                assert_eq!(usize::from(count), there, "page {page} of {account}");
                assert!(there <= PAGE_MAX);
            }
            for (page, &count) in wallet.history.iter().enumerate() {
                let there =
                    histories.iter().find(|entry| entry.0 == *account && entry.1 == page).map_or(0, |entry| entry.2);
                assert_eq!(usize::from(count), there, "page {page} of {account}'s history");
                assert!(there <= HISTORY_PAGE_MAX);
            }
        }
        for (order, id, number) in &refund_locations {
            let page = refund_pages.get(order).and_then(|pages| pages.iter().find(|(known, _)| known == number));
            assert!(page.is_some_and(|(_, page)| page.refunds.iter().any(|refund| refund.id == **id)), "place of {id}");
        }
        let mut on_pages = 0;
        let orders: Vec<Order> = orders
            .into_iter()
            .map(|order| {
                let of_it = |key: &(&AccountId, &OrderId)| *key.0 == order.account && *key.1 == order.id;
                let key = refund_pages.keys().copied().find(of_it);
                let mut pages = key.and_then(|key| refund_pages.remove(&key)).unwrap_or_default();
                pages.sort_unstable_by_key(|(number, _)| *number);
                let counts: Vec<usize> = order.refund_pages.iter().map(|count| usize::from(*count)).collect();
                let there: Vec<usize> = pages.iter().map(|(_, page)| page.refunds.len()).collect();
                assert_eq!(counts, there, "refunds on the pages of {}", order.id);
                on_pages += there.iter().sum::<usize>();
                let reversed: BTreeMap<CampaignId, Amount> =
                    order.coupons.iter().map(|on| (on.applied.campaign, order.reversed(on.applied.campaign))).collect();
                let whole = order.with_refunds_of(pages.into_iter().map(|(_, page)| page));
                let given_back = |campaign: &CampaignId| -> Amount {
                    let all = whole.refunds.iter().flat_map(|refund| &refund.campaigns);
                    all.filter(|(id, _)| id == campaign).map(|(_, amount)| *amount).sum()
                };
                for (campaign, amount) in &reversed {
                    assert_eq!([*amount, whole.reversed(*campaign)], [given_back(campaign); 2], "of {campaign}");
                }
                reversals::check(&whole);
                whole
            })
            .collect();
        assert!(refund_pages.is_empty(), "refunds of no order");
        assert_eq!(refund_locations.len(), on_pages, "every refund on a page has its place, and nothing else");
        let orders: Vec<&Order> = orders.iter().collect();
        self.check_coupons(&wallets, &orders, &campaigns, now);
        self.check_campaigns(&wallets, &heads, &orders, &campaigns, &allowances, &linked);
        for (hash, code) in codes {
            let uses = match &code.kind {
                CodeKind::Shared { uses, max_uses, .. } => {
                    assert!(max_uses.is_none_or(|max| *uses <= max));
                    i64::from(*uses)
                }
                CodeKind::Unique { state, .. } => i64::from(state.claimed_by().is_some()),
            };
            assert_eq!(uses, self.code_uses.get(&hash).copied().unwrap_or(0), "uses of a code");
        }
        for order in &orders {
            self.check_order(order, now);
        }
        self.check_surplus(&orders);
    }

    /// I2, and the wallet's side of every status.
    fn check_coupons(
        &mut self,
        wallets: &Wallets<'_>,
        orders: &[&Order],
        campaigns: &BTreeMap<CampaignId, &Campaign>,
        now: Timestamp,
    ) {
        let mut on: HashMap<CouponId, (&Order, &OrderCoupon)> = HashMap::new();
        for order in orders {
            for coupon in &order.coupons {
                if matches!(coupon.state, OrderCouponState::Held | OrderCouponState::Used) {
                    let before = on.insert(coupon.id(), (order, coupon));
                    assert!(before.is_none(), "I2: {} is on two orders", coupon.id());
                }
            }
        }
        let mut seen = BTreeSet::new();
        for (account, coupon) in &wallets.coupons {
            assert!(seen.insert(coupon.id), "{} is there twice", coupon.id);
            assert!(campaigns.contains_key(&coupon.campaign));
            let found = on.get(&coupon.id);
            match &coupon.state {
                CouponState::Inactive { order, held_until } => {
                    let (on, entry) = found.expect("an inactive coupon is on its order");
                    assert_eq!((&&on.account, &on.id, entry.state), (account, order, OrderCouponState::Held));
                    let open = on.stage == OrderStage::Placed;
                    assert_eq!(*held_until, open.then_some(on.hold_expires_at), "the hold of {}", coupon.id);
                    assert_eq!(entry.expires_at, coupon.expires_at);
                    // S14, S15: inactive while the order is open, whatever expires; free at the hold's very end.
                    let inactive = coupon.status(now) == CouponStatus::Inactive;
                    assert_eq!(inactive, !on.has_lapsed(now));
                    assert_eq!(on.has_lapsed(now), on.status(now) == OrderStatus::Cancelled && open);
                }
                // On an order of another system.
                CouponState::Used { .. } if coupon.origin == Origin::Imported && found.is_none() => {}
                CouponState::Used { order } => {
                    let (on, entry) = found.expect("a used coupon is on its order");
                    assert_eq!((&&on.account, &on.id, entry.state), (account, order, OrderCouponState::Used));
                    assert!(entry.history_page.is_some());
                }
                CouponState::Valid | CouponState::Pending | CouponState::Reclaimed | CouponState::UsedBefore => {
                    assert!(found.is_none(), "{} is on an order", coupon.id);
                }
            }
            self.check_moves(coupon, now);
        }
        for id in on.keys() {
            assert!(seen.contains(id), "{id} is on an order and in no wallet");
        }
    }

    /// I8 for coupons: along the machine, and the window never moves (S8).
    fn check_moves(&mut self, coupon: &Coupon, now: Timestamp) {
        use CouponStatus::{Expired, Inactive, Pending, Reclaimed, Used, Valid};
        let status = coupon.status(now);
        let before = self.coupons.insert(coupon.id, (status, coupon.starts_at, coupon.expires_at));
        let Some((before, starts_at, expires_at)) = before else { return };
        assert_eq!((starts_at, expires_at), (coupon.starts_at, coupon.expires_at), "S8: validity is fixed");
        let allowed = match before {
            Valid => matches!(status, Valid | Inactive | Expired),
            Inactive => matches!(status, Inactive | Used | Valid | Expired),
            Used => matches!(status, Used | Valid | Expired),
            Expired => status == Expired,
            Pending => status == Pending,
            Reclaimed => status == Reclaimed,
        };
        assert!(allowed, "I8: {} went from {before} to {status}", coupon.id);
    }

    /// I1 and the counters.
    fn check_campaigns(
        &mut self,
        wallets: &Wallets<'_>,
        heads: &[(&AccountId, &scrip_core::wallet::Wallet)],
        orders: &[&Order],
        campaigns: &BTreeMap<CampaignId, &Campaign>,
        allowances: &BTreeMap<CampaignId, &Allowance>,
        linked: &BTreeMap<&IndividualId, &Individual>,
    ) {
        let mut counters: HashMap<CampaignId, Counters> = HashMap::new();
        let mut individuals: HashMap<(CampaignId, &IndividualId), u32> = HashMap::new();
        let mut accounts: HashMap<(CampaignId, &AccountId), u32> = HashMap::new();
        let mut used_in_wallets: HashMap<CampaignId, u32> = HashMap::new();
        let on_orders: BTreeSet<CouponId> =
            orders.iter().flat_map(|order| &order.coupons).map(OrderCoupon::id).collect();
        for (account, coupon) in &wallets.coupons {
            let counted = counters.entry(coupon.campaign).or_default();
            counted.claimed += 1;
            let elsewhere = coupon.origin == Origin::Imported && !on_orders.contains(&coupon.id);
            let is_used = matches!(coupon.state, CouponState::Used { .. } | CouponState::UsedBefore);
            counted.used += u32::from(elsewhere && is_used);
            counted.reclaimed += u32::from(coupon.state == CouponState::Reclaimed);
            let wallet = heads.iter().find(|head| head.0 == *account).expect("a coupon's wallet").1;
            *individuals.entry((coupon.campaign, &wallet.individual)).or_default() += 1;
            *accounts.entry((coupon.campaign, account)).or_default() += 1;
            if matches!(coupon.state, CouponState::Used { .. } | CouponState::UsedBefore) {
                *used_in_wallets.entry(coupon.campaign).or_default() += 1;
            }
        }
        for order in orders {
            for coupon in &order.coupons {
                let counted = counters.entry(coupon.applied.campaign).or_default();
                match coupon.state {
                    OrderCouponState::Held => counted.on_orders += 1,
                    OrderCouponState::Used => counted.used += 1,
                    OrderCouponState::Returned => counted.returned += 1,
                    OrderCouponState::Released | OrderCouponState::Lapsed => continue,
                }
                match order.stage {
                    OrderStage::Placed => counted.budget_held += coupon.applied.discount,
                    OrderStage::Paid => counted.budget_spent += coupon.applied.discount,
                    OrderStage::Cancelled | OrderStage::TimedOut => panic!("a cancelled order holds {}", coupon.id()),
                }
            }
            for (campaign, back) in order.refunds.iter().flat_map(|refund| &refund.campaigns) {
                counters.entry(*campaign).or_default().budget_spent -= *back;
            }
        }
        for (id, campaign) in campaigns {
            let none = Allowance::default();
            let allowance = allowances.get(id).copied().unwrap_or(&none);
            let counted = counters.get(id).copied().unwrap_or_default();
            assert_eq!(allowance.counters, counted, "the counters of {id} say what wallets and orders say");
            assert_eq!(used_in_wallets.get(id).copied().unwrap_or(0), counted.used);
            let terms = &campaign.terms;
            assert!(terms.limits.stock.is_none_or(|stock| counted.claimed <= stock), "I1: stock of {id}");
            for set_aside in &terms.claims.sources {
                let by_source = wallets
                    .coupons
                    .iter()
                    .filter(|(_, coupon)| coupon.campaign == *id && coupon.source.as_ref() == Some(&set_aside.source))
                    .count();
                assert!(by_source <= set_aside.stock as usize, "I1: stock set aside");
                let noted = allowance.claimed_by_source.iter().find(|entry| entry.0 == set_aside.source);
                assert_eq!(noted.map_or(0, |entry| entry.1) as usize, by_source);
            }
            if let Some(Budget::Limited(budget)) = terms.limits.budget {
                let taken = counted.budget_held + counted.budget_spent;
                assert!(taken <= budget, "I1: budget of {id}: {taken} of {budget}");
            }
        }
        for ((campaign, individual), count) in &individuals {
            let limit = campaigns[campaign].terms.limits.per_individual;
            match linked.get(individual) {
                // What they had before they were linked they keep.
                Some(linked) => assert_eq!(linked.count(*campaign), *count, "the count of {individual}"),
                None => {
                    assert!(limit.is_none_or(|limit| *count <= limit), "I1: {individual} has {count} of {campaign}");
                }
            }
        }
        for (account, wallet) in heads {
            for (campaign, count) in &wallet.counts {
                assert_eq!(accounts.remove(&(*campaign, account)), Some(*count), "the count of {account}");
            }
        }
        assert!(accounts.is_empty(), "coupons that no wallet counts: {accounts:?}");
    }

    /// I5, I6 and I8 for one order.
    fn check_order(&mut self, order: &Order, now: Timestamp) {
        let key = (order.account.clone(), order.id.clone());
        let cart = &order.cart;
        assert_eq!((order.lines.len(), order.shipping.len()), (cart.lines().len(), order.transactions.len()));
        for coupon in &order.coupons {
            check_shares(&coupon.applied, order);
        }
        let figures = order.figures();
        assert_eq!(figures.total + figures.discount, figures.subtotal + figures.shipping);
        assert_eq!(figures.lines.len(), cart.lines().len());

        let paid_order = order.stage == OrderStage::Paid;
        assert_eq!(order.paid_at.is_some(), paid_order);
        let mut cash = Amount::ZERO;
        for (place, line) in cart.lines().iter().enumerate() {
            let (paid, money) = (order.paid_for_line(place), order.lines[place]);
            // What is paid for two units of a line never differs by more than one minor unit.
            let of_unit = |unit: u32| {
                let off: Amount = order
                    .applied()
                    .filter_map(|applied| applied.share_of_line(place))
                    .map(|share| share.units.sum(unit, unit + 1))
                    .sum();
                line.unit_price - off
            };
            if line.quantity <= 20 {
                let gone = order.is_gone(&line.seller);
                let units = (0..line.quantity).map(|unit| if gone { Amount::ZERO } else { of_unit(unit) });
                let units: Vec<Amount> = units.collect();
                assert_eq!(units.iter().copied().sum::<Amount>(), paid);
                let (least, most) = (units.iter().min().expect("a unit"), units.iter().max().expect("a unit"));
                assert!(most.minor() - least.minor() <= 1, "units of {} at {units:?}", line.id);
            }
            let by_refunds: Amount = order
                .refunds
                .iter()
                .flat_map(|refund| {
                    let units = refund.lines.iter().map(|part| (part.line, part.amount));
                    units.chain(refund.amounts.iter().map(|part| (part.line, part.amount)))
                })
                .filter(|part| usize::from(part.0) == place)
                .map(|part| part.1)
                .sum();
            assert_eq!(by_refunds, money.cash);
            assert!(money.cash <= paid, "I6: refunds of {} exceed what was paid", line.id);
            assert!(money.units <= line.quantity);
            if order.is_gone(&line.seller) {
                assert_eq!((money.units, money.cash), (0, Amount::ZERO));
            }
            if money.units == line.quantity {
                assert_eq!(money.cash, paid, "I6: all units of {} give back all that was paid", line.id);
            }
            cash += money.cash;
        }
        for (transaction, money) in order.transactions.iter().zip(&order.shipping) {
            let paid = order.paid_for_shipping(&transaction.seller);
            assert!(money.cash <= paid);
            if money.done {
                assert_eq!(money.cash, paid);
            }
            cash += money.cash;
        }
        assert_eq!(order.refunds.iter().map(|refund| refund.amount).sum::<Amount>(), cash);
        for refund in &order.refunds {
            let shipping: Amount = refund.shipping.iter().map(|part| part.amount).sum();
            assert_eq!(refund.amount, refund.goods + shipping);
            let (by_funder, by_campaign): (Amount, Amount) =
                (refund.funding.iter().map(|part| part.1).sum(), refund.campaigns.iter().map(|part| part.1).sum());
            assert_eq!(by_funder, by_campaign);
        }
        if !paid_order {
            assert!(order.refunds.is_empty());
        }
        self.check_funding(order, &key);
        self.check_order_moves(order, key);
        if order.refunded() == RefundedOrder::Full {
            assert!(order.transactions.iter().all(|transaction| transaction.state != TransactionState::Open));
        }
        if order.status(now) == OrderStatus::Closed {
            assert!(order.coupons.iter().all(|coupon| coupon.state != OrderCouponState::Held));
        }
        for coupon in order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held && paid_order) {
            // S16: held only while a transaction that it discounts is open.
            assert!(order.transactions.iter().any(|transaction| {
                transaction.state == TransactionState::Open && coupon.discounts(order, &transaction.seller)
            }));
        }
    }

    /// The ledger's total per funder = the shares of a paid order less what was reversed, to the unit.
    fn check_funding(&self, order: &Order, key: &OrderKey) {
        let mut expected: BTreeMap<Funder, i64> = BTreeMap::new();
        let mut reversed: BTreeMap<Funder, i64> = BTreeMap::new();
        for applied in order.applied() {
            if order.stage != OrderStage::Paid {
                continue;
            }
            for share in &applied.shares {
                let gone = order.lines[usize::from(share.line)].units;
                for part in &share.funding {
                    *expected.entry(part.funder.clone()).or_default() += part.units.total().minor();
                    *reversed.entry(part.funder.clone()).or_default() += part.units.sum(0, gone).minor();
                }
            }
            for share in &applied.shipping_shares {
                let place = order.transaction_of(&share.seller).expect("its transaction");
                let (money, paid) = (order.shipping[place], order.paid_for_shipping(&share.seller));
                let back = if money.done {
                    share.amount
                } else if paid.is_zero() {
                    Amount::ZERO
                } else {
                    share.amount.scaled_half_up(money.cash.minor(), paid.minor())
                };
                for (funder, amount) in &share.funding {
                    *expected.entry(funder.clone()).or_default() += amount.minor();
                }
                if let [(funder, _)] = &share.funding[..] {
                    *reversed.entry(funder.clone()).or_default() += back.minor();
                } else if money.done {
                    for (funder, amount) in &share.funding {
                        *reversed.entry(funder.clone()).or_default() += amount.minor();
                    }
                } else {
                    // Of a co-funded share only the sum over its funders is fixed before the last part; see below.
                    *reversed.entry(Funder::Platform).or_default() += back.minor();
                }
            }
        }
        let refunded = |funder: &Funder| -> i64 {
            order
                .refunds
                .iter()
                .flat_map(|refund| &refund.funding)
                .filter(|part| part.0 == *funder)
                .map(|part| part.1.minor())
                .sum()
        };
        let total: i64 = order.refunds.iter().flat_map(|refund| &refund.funding).map(|part| part.1.minor()).sum();
        assert_eq!(total, reversed.values().sum::<i64>(), "what was reversed of {}", order.id);
        let co_funded_shipping = order
            .applied()
            .flat_map(|applied| &applied.shipping_shares)
            .any(|share| share.funding.len() > 1 && !order.shipping[order.transaction_of(&share.seller).unwrap()].done);
        for (funder, paid) in &expected {
            let back = refunded(funder);
            assert!(back <= *paid, "{funder} gets back more than it paid");
            if !co_funded_shipping {
                assert_eq!(back, reversed.get(funder).copied().unwrap_or(0), "reversed to {funder}");
            }
            let booked = self.funders.get(&(key.clone(), funder.clone())).copied().unwrap_or(0);
            assert_eq!(booked, paid - back, "I5: {funder} in the ledger");
        }
        let granted: i64 = expected.values().sum::<i64>() - total;
        assert_eq!(self.discounts.get(key).copied().unwrap_or(0), -granted, "I5: the order's discount account");
        for ((of, funder), booked) in &self.funders {
            assert!(of != key || *booked == 0 || expected.contains_key(funder), "{funder} pays for nothing");
        }
    }

    /// I8 for orders, transactions and coupons on them.
    fn check_order_moves(&mut self, order: &Order, key: OrderKey) {
        use OrderCouponState::{Held, Lapsed, Released, Returned, Used};
        let transactions: Vec<_> = order.transactions.iter().map(|transaction| transaction.state).collect();
        let coupons: Vec<_> = order.coupons.iter().map(|coupon| coupon.state).collect();
        let Some(before) = self.orders.insert(key, (order.stage, transactions.clone(), coupons.clone())) else {
            return;
        };
        let given_up = (before.0, order.stage) == (OrderStage::TimedOut, OrderStage::Cancelled);
        let stage = before.0 == order.stage || before.0 == OrderStage::Placed || given_up;
        assert!(stage, "I8: {} went from {:?} to {:?}", order.id, before.0, order.stage);
        for (before, after) in before.1.iter().zip(&transactions) {
            assert!(before == after || *before == TransactionState::Open, "I8: {before:?} to {after:?}");
        }
        let was_paid = before.0 == OrderStage::Paid;
        for (before, after) in before.2.iter().zip(&coupons) {
            let allowed = before == after
                || match before {
                    Held => *after != Released || !was_paid,
                    Used => *after == Returned,
                    // Released: a seller of the timed-out order was cancelled, and the coupon doesn't apply to what is left.
                    Lapsed => (*after == Held && order.was_paid_late()) || *after == Released,
                    Returned | Released => false,
                };
            assert!(allowed, "I8: {before:?} to {after:?}");
        }
    }

    /// Face value beyond the discount is booked as lost while its coupon stays with a paid order (S9).
    fn check_surplus(&self, orders: &[&Order]) {
        let mut lost: HashMap<CampaignId, i64> = HashMap::new();
        for order in orders.iter().filter(|order| order.stage == OrderStage::Paid) {
            for coupon in &order.coupons {
                if matches!(coupon.state, OrderCouponState::Held | OrderCouponState::Used) {
                    *lost.entry(coupon.applied.campaign).or_default() += coupon.applied.surplus.minor();
                }
            }
        }
        for campaign in lost.keys().chain(self.forfeited.keys()) {
            let expected = lost.get(campaign).copied().unwrap_or(0);
            assert_eq!(self.forfeited.get(campaign).copied().unwrap_or(0), expected, "face value lost");
            assert_eq!(self.face_values.get(campaign).copied().unwrap_or(0), -expected);
        }
    }
}

/// The order that an event is about, as it is in the state.
pub fn order_of<'s>(event: &Event, state: &'s State) -> Option<&'s Order> {
    match event {
        Event::OrderPlaced { order } => state.order(&order.account, &order.id),
        Event::CouponHeld { account, order, .. }
        | Event::HoldExtended { account, order, .. }
        | Event::OrderPaid { account, order, .. }
        | Event::DiscountFunded { account, order, .. }
        | Event::TransactionsClosed { account, order, .. }
        | Event::OrderCancelled { account, order, .. }
        | Event::SellerCancelled { account, order, .. }
        | Event::OrderRefunded { account, order, .. }
        | Event::DiscountReversed { account, order, .. }
        | Event::CouponUsed { account, order, .. }
        | Event::CouponReturned { account, order, .. }
        | Event::CouponReleased { account, order, .. }
        | Event::CouponVoided { account, order, .. }
        | Event::SurplusBooked { account, order, .. }
        | Event::OrderRevised { account, order, .. }
        | Event::OrderRetaken { account, order, .. } => state.order(account, order),
        _ => None,
    }
}

/// After every event, not only after every command: an order's figures add up and nothing is negative, for everybody who
/// looks; only what changes a checkout changes them.
pub fn check_figures(event: &Event, before: Option<&Order>, order: &Order) {
    let figures = order.figures();
    let sum = |of: &dyn Fn(&scrip_core::order::SellerFigures) -> Amount| figures.sellers.iter().map(of).sum::<Amount>();
    let sellers = [sum(&|of| of.subtotal), sum(&|of| of.shipping), sum(&|of| of.discount), sum(&|of| of.total)];
    assert_eq!(sellers, [figures.subtotal, figures.shipping, figures.discount, figures.total], "{event:?}");
    let lines: Amount = figures.lines.iter().map(|line| line.total).sum();
    let off_shipping: Amount = order
        .applied()
        .flat_map(|applied| &applied.shipping_shares)
        .filter(|share| !order.is_gone(&share.seller))
        .map(|share| share.amount)
        .sum();
    assert_eq!(lines + (figures.shipping - off_shipping), figures.total, "lines and shipping: {event:?}");
    for of in &figures.sellers {
        let own = order.cart.lines().iter().zip(&figures.lines).filter(|(line, _)| line.seller == of.seller);
        assert_eq!(own.map(|(_, line)| line.subtotal).sum::<Amount>(), of.subtotal, "{}: {event:?}", of.seller);
        assert_eq!(of.total + of.discount, of.subtotal + of.shipping, "{}: {event:?}", of.seller);
        let none = order.is_gone(&of.seller);
        assert!(!none || (of.subtotal + of.shipping + of.discount).is_zero(), "{}: {event:?}", of.seller);
    }
    let Some(before) = before else { return };
    match event {
        Event::OrderRevised { .. } => {}
        Event::CouponReleased { .. } | Event::CouponVoided { .. } if before.stage == OrderStage::Placed => {}
        Event::SellerCancelled { applied, .. } => {
            for now in applied {
                let was = before.coupons.iter().find(|coupon| coupon.applied.coupon == now.coupon).expect("it was on");
                assert!(now.discount <= was.applied.discount, "{:?} takes off more than before", now.coupon);
            }
        }
        _ => assert_eq!(figures, before.figures(), "{event:?}"),
    }
}

/// I6: the shares of a coupon add up to its discount, over lines, units and funders.
fn check_shares(applied: &Applied, order: &Order) {
    let lines: Amount = applied.shares.iter().map(|share| share.amount).sum();
    let shipping: Amount = applied.shipping_shares.iter().map(|share| share.amount).sum();
    assert_eq!(lines + shipping, applied.discount);
    assert!(!applied.discount.is_zero());
    for share in &applied.shares {
        let line = &order.cart.lines()[usize::from(share.line)];
        assert!(!share.amount.is_zero() && share.amount <= line.amount());
        assert_eq!(share.units.total(), share.amount);
        assert_eq!(share.units.iter().map(|run| run.0).sum::<u32>(), line.quantity);
        assert_eq!(share.funding.iter().map(|part| part.units.total()).sum::<Amount>(), share.amount);
        for unit in 0..line.quantity.min(20) {
            let funded: Amount = share.funding.iter().map(|part| part.units.sum(unit, unit + 1)).sum();
            assert_eq!(funded, share.units.sum(unit, unit + 1), "unit {unit} of {}", line.id);
        }
    }
    for share in &applied.shipping_shares {
        assert!(!share.amount.is_zero() && share.amount <= order.cart.shipping_of(&share.seller));
        assert_eq!(share.funding.iter().map(|part| part.1).sum::<Amount>(), share.amount);
    }
    assert_eq!(applied.funding().iter().map(|part| part.1).sum::<Amount>(), applied.discount);
}
