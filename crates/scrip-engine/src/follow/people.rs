//! The projector that writes the tables for people.

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    campaign::{Campaign, CampaignStage},
    command::CODES_PER_COMMAND,
    event::{Event, Recorded},
    id::{CampaignId, CouponId},
    money::Amount,
    name::{AccountId, IndividualId, OrderId},
    order::{Order, OrderCoupon, OrderCouponState, OrderStage, Refund, TransactionState},
    state::{Key, State},
    time::Timestamp,
    wallet::{Coupon, CouponState},
};
use scrip_store::{
    StoreError,
    people::{
        CampaignRow, Change, CodeRow, CouponRow, LedgerEntryRow, OrderLineRow, OrderRow, OrderTransactionRow,
        RedemptionRow, RefundRow, Row, campaign::Stage, code, coupon, coupon::OfOrder, order_transaction, redemption,
    },
};

use super::{Follows, Projector};
use crate::load::wallet_keys;

/// The number in its row: positions of two buckets may be the same, so a shared code that lives away from its campaign's
/// unique codes takes a number that none of them has.
fn number_of_shared(state: &State, campaign: CampaignId) -> u32 {
    let at_home = campaign.uid().slot().bucket(state.buckets()) == state.bucket();
    if at_home { 0 } else { CODES_PER_COMMAND + u32::from(state.bucket().get()) }
}

/// Under which the store keeps how far the tables for people are.
pub const PEOPLE: &str = "people";

/// Of the rules below.
const REVISION: u32 = 1;

/// Writes the tables for people.
pub(crate) struct People;

impl Projector for People {
    fn name(&self) -> &'static str {
        PEOPLE
    }

    fn revision(&self) -> u32 {
        REVISION
    }

    fn needs(&self, window: &[&Recorded], state: &State) -> Vec<Key> {
        Seen::of(window, state).needs(state)
    }

    fn follows(&self, window: &[&Recorded], state: &State) -> Result<Follows, StoreError> {
        Ok(Follows::Rows(self.rows(window, state)))
    }
}

impl People {
    /// For whoever compares them too.
    pub fn rows(&self, window: &[&Recorded], state: &State) -> Vec<Row> {
        Seen::of(window, state).rows(state)
    }
}

/// What a window of events says: rows that follow from an event alone, and what has to be looked at for the others.
#[derive(Default)]
struct Seen {
    rows: Vec<Row>,
    campaigns: BTreeSet<CampaignId>,
    orders: BTreeMap<(AccountId, OrderId), SeenOrder>,
    /// Accounts of another individual now.
    accounts: BTreeSet<AccountId>,
}

/// What changed of an order.
#[derive(Default)]
struct SeenOrder {
    /// It has another cart.
    emptied: bool,
    /// Its own row and those of its transactions.
    head: bool,
    /// A coupon came off: while the order goes on, that is no part of its figures any more.
    came_off: bool,
    lines: SeenLines,
    /// Until when it holds its coupons.
    held: bool,
    /// Every coupon on it.
    coupons: bool,
    /// Coupons that events tell of. What is on the order is as the order says; for what isn't any more this is all that there is.
    told: BTreeMap<CouponId, Told>,
}

#[derive(Default)]
enum SeenLines {
    #[default]
    None,
    /// By their indexes.
    Some(BTreeSet<usize>),
    All,
}

/// What events tell of a coupon on an order.
#[derive(Default)]
struct Told {
    /// As it came onto the order, with what the events after said.
    row: Option<RedemptionRow>,
    discount: Option<Amount>,
    state: Option<redemption::State>,
}

impl Told {
    fn set(&mut self, discount: Option<Amount>, state: Option<redemption::State>) {
        match &mut self.row {
            Some(row) => {
                (row.discount, row.state) = (discount.unwrap_or(row.discount), state.unwrap_or(row.state));
            }
            None => (self.discount, self.state) = (discount.or(self.discount), state.or(self.state)),
        }
    }

    fn into_row(self, account: &AccountId, order: &OrderId, coupon: CouponId) -> Row {
        let Self { row, discount, state } = self;
        let (account, order) = (account.clone(), order.clone());
        row.map_or(Change::Redemption { account, order, coupon, discount, state }.into(), Row::Redemption)
    }
}

impl SeenOrder {
    fn told(&mut self, coupon: CouponId, state: redemption::State) {
        self.told.entry(coupon).or_default().set(None, Some(state));
    }

    /// All that is on the order from here on.
    fn has(&mut self, account: &AccountId, order: &OrderId, coupons: &[OrderCoupon]) {
        self.coupons = true;
        for on_order in coupons {
            let row = redemption_row(account, order, on_order, Amount::ZERO);
            self.told.insert(on_order.id(), Told { row: Some(row), ..Told::default() });
        }
    }
}

impl Seen {
    fn of(window: &[&Recorded], state: &State) -> Self {
        let mut seen = Self::default();
        for recorded in window {
            seen.see(recorded, state);
        }
        seen
    }

    fn order(&mut self, account: &AccountId, order: &OrderId) -> &mut SeenOrder {
        self.orders.entry((account.clone(), order.clone())).or_default()
    }

    fn see(&mut self, recorded: &Recorded, state: &State) {
        match &recorded.event {
            Event::CampaignCreated { campaign, .. }
            | Event::CampaignChanged { campaign, .. }
            | Event::CampaignPublished { campaign, .. }
            | Event::CampaignPaused { campaign, .. }
            | Event::CampaignResumed { campaign, .. }
            | Event::CampaignEnded { campaign, .. } => drop(self.campaigns.insert(*campaign)),
            Event::CampaignDeleted { campaign } => {
                self.campaigns.remove(campaign);
                self.rows.push(Change::CampaignGone(*campaign).into());
            }
            Event::SharedCodeAdded { campaign, text, source, secret, .. } => self.rows.push(Row::Code(CodeRow {
                campaign: *campaign,
                position: recorded.position,
                number: number_of_shared(state, *campaign),
                job: None,
                source: source.clone(),
                kind: code::Kind::Shared,
                label: text.clone(),
                sealed: None,
                secret: secret.unwrap_or_default(),
            })),
            Event::UniqueCodesAdded { campaign, job, codes, source } => {
                self.rows.extend((0_u32..).zip(codes).map(|(number, code)| {
                    Row::Code(CodeRow {
                        campaign: *campaign,
                        position: recorded.position,
                        number,
                        job: Some(*job),
                        source: source.clone(),
                        kind: code::Kind::Unique,
                        label: code.last4.clone(),
                        sealed: Some(code.sealed.clone()),
                        secret: code.secret,
                    })
                }));
            }
            Event::CouponClaimed { account, individual, coupon, .. }
            | Event::CouponImported { account, individual, coupon, .. } => {
                self.rows.push(Row::Coupon(coupon_row(account, individual, coupon)));
            }
            Event::CouponHeld { account, coupon, order, held_until, .. } => {
                self.coupon(*coupon, coupon::State::Inactive, Some(order), Some(*held_until));
                self.order(account, order).told(*coupon, redemption::State::Held);
            }
            Event::CouponUsed { account, coupon, order, .. } => {
                self.coupon(*coupon, coupon::State::Used, Some(order), None);
                self.order(account, order).told(*coupon, redemption::State::Used);
            }
            Event::CouponReturned { account, coupon, order, .. } => {
                self.coupon(*coupon, coupon::State::Valid, None, None);
                self.order(account, order).told(*coupon, redemption::State::Returned);
            }
            Event::CouponReleased { account, coupon, order, .. } => {
                self.coupon(*coupon, coupon::State::Valid, None, None);
                let order = self.order(account, order);
                order.told(*coupon, redemption::State::Released);
                order.came_off = true;
            }
            Event::CouponVoided { account, coupon, order, .. } => {
                self.rows.push(Change::CouponGone(*coupon).into());
                let order = self.order(account, order);
                order.told(*coupon, redemption::State::Released);
                order.came_off = true;
            }
            Event::OrderPlaced { order } => {
                let seen = self.order(&order.account, &order.id);
                (seen.head, seen.lines) = (true, SeenLines::All);
                seen.has(&order.account, &order.id, &order.coupons);
            }
            Event::OrderRevised { account, order, coupons, .. } => {
                let seen = self.order(account, order);
                (seen.emptied, seen.head, seen.lines) = (true, true, SeenLines::All);
                seen.has(account, order, coupons);
            }
            Event::OrderRetaken { account, order, coupons } => self.order(account, order).has(account, order, coupons),
            Event::HoldExtended { account, order, .. } | Event::OrderPaid { account, order, .. } => {
                let seen = self.order(account, order);
                (seen.head, seen.held) = (true, true);
            }
            Event::TransactionsClosed { account, order, .. }
            | Event::OrderCancelled { account, order, .. }
            | Event::OrderMetadataChanged { account, order, .. } => self.order(account, order).head = true,
            Event::SellerCancelled { account, order, applied, .. } => {
                let seen = self.order(account, order);
                (seen.head, seen.coupons) = (true, true);
                if !scrip_faults::is(scrip_faults::Fault::RowsLeftBehind) {
                    seen.lines = SeenLines::All;
                }
                for applied in applied {
                    if let Some(coupon) = applied.coupon {
                        seen.told.entry(coupon).or_default().set(Some(applied.discount), None);
                    }
                }
            }
            Event::OrderRefunded { account, order, refund } => {
                self.rows.push(Row::Refund(refund_row(account, order, refund)));
                let seen = self.order(account, order);
                (seen.head, seen.coupons) = (true, true);
                let gave_back =
                    refund.lines.iter().map(|part| part.line).chain(refund.amounts.iter().map(|part| part.line));
                seen.lines.add(gave_back.map(usize::from));
            }
            Event::RefundMetadataChanged { account, order, refund, metadata } => {
                let (account, order, refund) = (account.clone(), order.clone(), refund.clone());
                self.rows.push(Change::RefundMetadata { account, order, refund, metadata: metadata.all() }.into());
            }
            Event::DiscountFunded { account, order, entry }
            | Event::DiscountReversed { account, order, entry }
            | Event::SurplusBooked { account, order, entry } => self.rows.push(Row::LedgerEntry(LedgerEntryRow {
                bucket: state.bucket(),
                position: recorded.position,
                at: recorded.at,
                account: account.clone(),
                order: order.clone(),
                entry: entry.clone(),
            })),
            Event::AccountLinked { account, .. } => drop(self.accounts.insert(account.clone())),
            Event::CampaignLearned { .. }
            | Event::CampaignCoded { .. }
            | Event::JobCancelled { .. }
            | Event::SharedCodeNoted { .. }
            | Event::GrantsRequested { .. }
            | Event::SharedCodeCounted { .. }
            | Event::CodeRevoked { .. }
            | Event::CodeRevokedHere { .. }
            | Event::QuotaGranted { .. }
            | Event::QuotaReceived { .. }
            | Event::QuotaReturned { .. }
            | Event::QuotaTakenBack { .. }
            | Event::CodeLeased { .. }
            | Event::CodeLearned { .. }
            | Event::LeaseClosed { .. }
            | Event::LeaseReleased { .. }
            | Event::LeaseConfirmed { .. }
            | Event::LeaseForgotten { .. }
            | Event::CodesRequested { .. }
            | Event::CouponsArchived { .. }
            | Event::DueSwept { .. }
            | Event::KeysForgotten { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. }
            | Event::ApiKeyMetadataChanged { .. }
            | Event::ApiKeySeen { .. } => {}
        }
    }

    fn coupon(
        &mut self,
        coupon: CouponId,
        state: coupon::State,
        order: Option<&OrderId>,
        held_until: Option<Timestamp>,
    ) {
        let order = order.cloned().map_or(OfOrder::None, OfOrder::Known);
        self.rows.push(Change::CouponState { coupon, state, order, held_until }.into());
    }

    fn needs(&self, state: &State) -> Vec<Key> {
        let mut keys: Vec<Key> = self.campaigns.iter().map(|campaign| Key::Campaign(*campaign)).collect();
        keys.extend(self.orders.keys().map(|(account, order)| Key::Order(account.clone(), order.clone())));
        keys.extend(self.accounts.iter().flat_map(|account| wallet_keys(state, account, true)));
        keys
    }

    /// What events say of coupons first, then what orders and wallets say of them as they are by now.
    fn rows(self, state: &State) -> Vec<Row> {
        let mut rows = self.rows;
        let campaigns = self.campaigns.into_iter().filter_map(|campaign| state.campaign(campaign));
        rows.extend(campaigns.map(|campaign| Row::Campaign(campaign_row(campaign))));
        for ((account, id), seen) in self.orders {
            if let Some(order) = state.order(&account, &id) {
                seen.rows(order, &mut rows);
            }
        }
        for account in self.accounts {
            let Some(wallet) = state.wallet(&account) else { continue };
            let coupons = state.live_coupons(&account).chain(state.past_coupons(&account));
            rows.extend(coupons.map(|coupon| Row::Coupon(coupon_row(&account, &wallet.individual, coupon))));
        }
        rows
    }
}

impl SeenLines {
    fn add(&mut self, lines: impl Iterator<Item = usize>) {
        match self {
            Self::None => *self = Self::Some(lines.collect()),
            Self::Some(known) => known.extend(lines),
            Self::All => {}
        }
    }

    fn has(&self, line: usize) -> bool {
        match self {
            Self::None => false,
            Self::Some(lines) => lines.contains(&line),
            Self::All => true,
        }
    }
}

impl SeenOrder {
    fn rows(mut self, order: &Order, rows: &mut Vec<Row>) {
        let goes_on = self.came_off && order.stage == OrderStage::Placed;
        if self.emptied {
            rows.push(Change::OrderEmptied { account: order.account.clone(), order: order.id.clone() }.into());
        }
        if self.head || goes_on {
            order_rows(order, rows);
        }
        let lines = if goes_on { SeenLines::All } else { self.lines };
        line_rows(order, |line| lines.has(line), rows);
        for on_order in &order.coupons {
            let was_told = self.told.remove(&on_order.id()).is_some();
            if self.coupons || was_told {
                let reversed = order.reversed(on_order.applied.campaign);
                rows.push(Row::Redemption(redemption_row(&order.account, &order.id, on_order, reversed)));
            }
            if self.held && on_order.state == OrderCouponState::Held {
                let change = Change::CouponState {
                    coupon: on_order.id(),
                    state: coupon::State::Inactive,
                    order: OfOrder::Known(order.id.clone()),
                    held_until: (order.stage == OrderStage::Placed).then_some(order.hold_expires_at),
                };
                rows.push(change.into());
            }
        }
        let gone = self.told.into_iter();
        rows.extend(gone.map(|(coupon, told)| told.into_row(&order.account, &order.id, coupon)));
    }
}

fn campaign_row(campaign: &Campaign) -> CampaignRow {
    CampaignRow {
        id: campaign.id,
        name: campaign.terms.name.clone(),
        seller: campaign.terms.issuer.seller().cloned(),
        currency: campaign.terms.currency,
        stage: match campaign.stage {
            CampaignStage::Draft => Stage::Draft,
            CampaignStage::Published => Stage::Published,
            CampaignStage::Paused => Stage::Paused,
            CampaignStage::Ended | CampaignStage::Deleted => Stage::Ended,
        },
        created_at: campaign.created_at,
        metadata: campaign.metadata.all(),
    }
}

fn refund_row(account: &AccountId, order: &OrderId, refund: &Refund) -> RefundRow {
    RefundRow {
        account: account.clone(),
        order: order.clone(),
        id: refund.id.clone(),
        at: refund.at,
        amount: refund.amount,
        goods: refund.goods,
        shipping: refund.amount - refund.goods,
        metadata: refund.metadata.all(),
    }
}

fn coupon_row(account: &AccountId, individual: &IndividualId, coupon: &Coupon) -> CouponRow {
    let (state, order, held_until) = match &coupon.state {
        CouponState::Valid => (coupon::State::Valid, OfOrder::None, None),
        CouponState::Inactive { order, held_until } => {
            (coupon::State::Inactive, OfOrder::Known(order.clone()), *held_until)
        }
        CouponState::Used { order } => (coupon::State::Used, OfOrder::Known(order.clone()), None),
        CouponState::UsedBefore => (coupon::State::Used, OfOrder::Elsewhere, None),
        CouponState::Reclaimed => (coupon::State::Reclaimed, OfOrder::None, None),
        CouponState::Pending => (coupon::State::Pending, OfOrder::None, None),
    };
    CouponRow {
        id: coupon.id,
        account: account.clone(),
        individual: individual.clone(),
        campaign: coupon.campaign,
        claimed_at: coupon.claimed_at,
        starts_at: coupon.starts_at,
        expires_at: coupon.expires_at,
        channel: coupon.channel,
        source: coupon.source.clone(),
        state,
        order,
        held_until,
    }
}

/// The order's row, and those of its transactions. A placed one's says so until somebody writes down that its hold ran out:
/// readers look at the clock.
fn order_rows(order: &Order, rows: &mut Vec<Row>) {
    let (figures, at) = (order.figures(), order.placed_at);
    rows.push(Row::Order(OrderRow {
        account: order.account.clone(),
        id: order.id.clone(),
        currency: order.cart.currency(),
        status: order.status(at),
        refunded: order.refunded(),
        placed_at: order.placed_at,
        hold_expires_at: order.hold_expires_at,
        paid_at: order.paid_at,
        subtotal: figures.subtotal,
        shipping: figures.shipping,
        discount: figures.discount,
        total: figures.total,
        metadata: order.metadata.all(),
    }));
    rows.extend(order.transactions.iter().enumerate().map(|(index, transaction)| {
        Row::OrderTransaction(OrderTransactionRow {
            account: order.account.clone(),
            order: order.id.clone(),
            seller: transaction.seller.clone(),
            state: match order.transaction_state(index, at) {
                TransactionState::Open => order_transaction::State::Open,
                TransactionState::Closed => order_transaction::State::Closed,
                TransactionState::Refunded => order_transaction::State::Refunded,
                TransactionState::Cancelled => order_transaction::State::Cancelled,
            },
            placed_at: order.placed_at,
        })
    }));
}

fn line_rows(order: &Order, which: impl Fn(usize) -> bool, rows: &mut Vec<Row>) {
    let lines = order.cart.lines().iter().zip(&order.lines).enumerate().filter(|(index, _)| which(*index));
    rows.extend(lines.map(|(index, (line, money))| {
        Row::OrderLine(OrderLineRow {
            account: order.account.clone(),
            order: order.id.clone(),
            line: line.id.clone(),
            seller: line.seller.clone(),
            product: line.product.clone(),
            unit_price: line.unit_price,
            quantity: line.quantity,
            on_sale: line.on_sale,
            discount: order.discount_of_line(index),
            units_refunded: money.units,
            cash_refunded: money.cash,
        })
    }));
}

fn redemption_row(account: &AccountId, order: &OrderId, on_order: &OrderCoupon, reversed: Amount) -> RedemptionRow {
    RedemptionRow {
        account: account.clone(),
        order: order.clone(),
        coupon: on_order.id(),
        campaign: on_order.applied.campaign,
        channel: on_order.channel,
        source: on_order.source.clone(),
        discount: on_order.applied.discount,
        reversed,
        state: match on_order.state {
            OrderCouponState::Held => redemption::State::Held,
            OrderCouponState::Used => redemption::State::Used,
            OrderCouponState::Returned => redemption::State::Returned,
            OrderCouponState::Released | OrderCouponState::Lapsed => redemption::State::Released,
        },
    }
}
