//! From events to the tables for people.

use scrip_core::{
    campaign::{Campaign, CampaignStage},
    command::CODES_PER_COMMAND,
    event::{Event, Recorded},
    id::{CampaignId, CouponId},
    name::{AccountId, IndividualId, OrderId},
    order::{Order, OrderCoupon, OrderCouponState, OrderStage, Refund, TransactionState},
    state::State,
    time::Timestamp,
    wallet::{Coupon, CouponState},
};
use scrip_store::people::{
    CampaignRow, CodeRow, CouponRow, LedgerEntryRow, OrderLineRow, OrderRow, OrderTransactionRow, RedemptionRow,
    RefundRow, Row,
};

/// The number in its row: positions of two buckets may be the same, so a shared code that lives away from its campaign's
/// unique codes takes a number that none of them has.
fn number_of_shared(state: &State, campaign: CampaignId) -> u32 {
    let at_home = campaign.uid().slot().bucket(state.buckets()) == state.bucket();
    if at_home { 0 } else { CODES_PER_COMMAND + u32::from(state.bucket().get()) }
}

/// Adds the rows that an event changed, as they are in the state after it.
pub fn project(state: &State, recorded: &Recorded, rows: &mut Vec<Row>) {
    match &recorded.event {
        Event::CampaignCreated { campaign, .. }
        | Event::CampaignChanged { campaign, .. }
        | Event::CampaignPublished { campaign, .. }
        | Event::CampaignPaused { campaign, .. }
        | Event::CampaignResumed { campaign, .. }
        | Event::CampaignEnded { campaign, .. } => {
            rows.extend(state.campaign(*campaign).map(|campaign| Row::Campaign(campaign_row(campaign))));
        }
        Event::CampaignDeleted { campaign } => rows.push(Row::CampaignGone(*campaign)),
        Event::SharedCodeAdded { campaign, text, source, secret, .. } => rows.push(Row::Code(CodeRow {
            campaign: *campaign,
            position: recorded.position,
            number: number_of_shared(state, *campaign),
            job: None,
            source: source.clone(),
            kind: "shared",
            label: text.clone(),
            sealed: None,
            secret: secret.unwrap_or_default(),
        })),
        Event::UniqueCodesAdded { campaign, job, codes, source } => {
            rows.extend((0_u32..).zip(codes).map(|(number, code)| {
                Row::Code(CodeRow {
                    campaign: *campaign,
                    position: recorded.position,
                    number,
                    job: Some(*job),
                    source: source.clone(),
                    kind: "unique",
                    label: code.last4.clone(),
                    sealed: Some(code.sealed.clone()),
                    secret: code.secret,
                })
            }));
        }
        Event::CouponClaimed { account, individual, coupon, .. }
        | Event::CouponImported { account, individual, coupon, .. } => {
            rows.push(Row::Coupon(coupon_row(account, individual, coupon)));
        }
        Event::CouponHeld { account, coupon, order, .. }
        | Event::CouponUsed { account, coupon, order, .. }
        | Event::CouponReturned { account, coupon, order, .. } => {
            coupon_changed(state, account, *coupon, rows);
            redemption_changed(state, account, order, |on_order| on_order.id() == *coupon, rows);
        }
        Event::CouponReleased { account, coupon, order, .. } => {
            coupon_changed(state, account, *coupon, rows);
            came_off(state, account, order, *coupon, recorded.at, rows);
        }
        Event::CouponVoided { account, coupon, order, .. } => {
            rows.push(Row::CouponGone(*coupon));
            came_off(state, account, order, *coupon, recorded.at, rows);
        }
        Event::OrderPlaced { order } => {
            let Some(order) = state.order(&order.account, &order.id) else { return };
            order_changed(order, recorded.at, rows);
            lines_changed(order, rows);
        }
        Event::OrderRevised { account, order: id, .. } => {
            let Some(order) = state.order(account, id) else { return };
            rows.push(Row::OrderEmptied { account: account.clone(), order: id.clone() });
            order_changed(order, recorded.at, rows);
            lines_changed(order, rows);
            redemption_changed(state, account, id, |_| true, rows);
        }
        Event::OrderRetaken { account, order, .. } => redemption_changed(state, account, order, |_| true, rows),
        Event::HoldExtended { account, order, .. } | Event::OrderPaid { account, order, .. } => {
            let Some(order) = state.order(account, order) else { return };
            order_changed(order, recorded.at, rows);
            for coupon in order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held) {
                coupon_changed(state, account, coupon.id(), rows);
            }
        }
        Event::TransactionsClosed { account, order, .. }
        | Event::OrderCancelled { account, order, .. }
        | Event::OrderMetadataChanged { account, order, .. } => {
            rows.reserve(2);
            if let Some(order) = state.order(account, order) {
                order_changed(order, recorded.at, rows);
            }
        }
        Event::SellerCancelled { account, order: id, .. } => {
            let Some(order) = state.order(account, id) else { return };
            order_changed(order, recorded.at, rows);
            if !scrip_faults::is(scrip_faults::Fault::RowsLeftBehind) {
                lines_changed(order, rows);
            }
            redemption_changed(state, account, id, |_| true, rows);
        }
        Event::OrderRefunded { account, order: id, refund } => {
            let Some(order) = state.order(account, id) else { return };
            order_changed(order, recorded.at, rows);
            let gave_back = |line: usize| {
                refund.lines.iter().any(|part| usize::from(part.line) == line)
                    || refund.amounts.iter().any(|part| usize::from(part.line) == line)
            };
            some_lines_changed(order, gave_back, rows);
            let is_reversed = |on_order: &OrderCoupon| {
                refund.campaigns.iter().any(|(campaign, _)| *campaign == on_order.applied.campaign)
            };
            redemption_changed(state, account, id, is_reversed, rows);
            rows.push(Row::Refund(refund_row(order, refund)));
        }
        Event::RefundMetadataChanged { account, order: id, refund, .. } => {
            let Some(order) = state.order(account, id) else { return };
            rows.extend(state.refund(account, id, refund).map(|refund| Row::Refund(refund_row(order, refund))));
        }
        Event::DiscountFunded { account, order, entry }
        | Event::DiscountReversed { account, order, entry }
        | Event::SurplusBooked { account, order, entry } => rows.push(Row::LedgerEntry(LedgerEntryRow {
            bucket: state.bucket(),
            position: recorded.position,
            at: recorded.at,
            account: account.clone(),
            order: order.clone(),
            entry: entry.clone(),
        })),
        Event::AccountLinked { account, individual } => {
            let coupons = state.live_coupons(account).chain(state.past_coupons(account));
            rows.extend(coupons.map(|coupon| Row::Coupon(coupon_row(account, individual, coupon))));
        }
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

fn campaign_row(campaign: &Campaign) -> CampaignRow {
    CampaignRow {
        id: campaign.id,
        name: campaign.terms.name.clone(),
        seller: campaign.terms.issuer.seller().cloned(),
        currency: campaign.terms.currency,
        stage: match campaign.stage {
            CampaignStage::Draft => "draft",
            CampaignStage::Published => "published",
            CampaignStage::Paused => "paused",
            CampaignStage::Ended | CampaignStage::Deleted => "ended",
        },
        created_at: campaign.created_at,
        metadata: campaign.metadata.all(),
    }
}

fn refund_row(order: &Order, refund: &Refund) -> RefundRow {
    RefundRow {
        account: order.account.clone(),
        order: order.id.clone(),
        id: refund.id.clone(),
        at: refund.at,
        amount: refund.amount,
        goods: refund.goods,
        shipping: refund.amount - refund.goods,
        metadata: refund.metadata.all(),
    }
}

fn coupon_changed(state: &State, account: &AccountId, coupon: CouponId, rows: &mut Vec<Row>) {
    if let (Some(wallet), Some(coupon)) = (state.wallet(account), state.coupon(account, coupon)) {
        rows.push(Row::Coupon(coupon_row(account, &wallet.individual, coupon)));
    }
}

fn coupon_row(account: &AccountId, individual: &IndividualId, coupon: &Coupon) -> CouponRow {
    let (name, order, held_until) = match &coupon.state {
        CouponState::Valid => ("valid", None, None),
        CouponState::Inactive { order, held_until } => ("inactive", Some(order.clone()), *held_until),
        CouponState::Used { order } => ("used", Some(order.clone()), None),
        CouponState::UsedBefore => ("used", None, None),
        CouponState::Reclaimed => ("reclaimed", None, None),
        CouponState::Pending => ("pending", None, None),
    };
    CouponRow {
        id: coupon.id,
        account: account.clone(),
        individual: individual.clone(),
        campaign: coupon.campaign,
        claimed_at: coupon.claimed_at,
        starts_at: coupon.starts_at,
        expires_at: coupon.expires_at,
        channel: coupon.channel.as_str(),
        source: coupon.source.clone(),
        state: name,
        order,
        held_until,
    }
}

/// While the order goes on what comes off is no part of its figures any more.
fn came_off(state: &State, account: &AccountId, order: &OrderId, coupon: CouponId, at: Timestamp, rows: &mut Vec<Row>) {
    redemption_changed(state, account, order, |on_order| on_order.id() == coupon, rows);
    if let Some(order) = state.order(account, order).filter(|order| order.stage == OrderStage::Placed) {
        order_changed(order, at, rows);
        lines_changed(order, rows);
    }
}

fn order_changed(order: &Order, at: Timestamp, rows: &mut Vec<Row>) {
    let figures = order.figures();
    rows.push(Row::Order(OrderRow {
        account: order.account.clone(),
        id: order.id.clone(),
        currency: order.cart.currency(),
        status: order.status(at).as_str(),
        refunded: order.refunded().as_str(),
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
                TransactionState::Open => "open",
                TransactionState::Closed => "closed",
                TransactionState::Refunded => "refunded",
                TransactionState::Cancelled => "cancelled",
            },
            placed_at: order.placed_at,
        })
    }));
}

fn lines_changed(order: &Order, rows: &mut Vec<Row>) {
    some_lines_changed(order, |_| true, rows);
}

fn some_lines_changed(order: &Order, which: impl Fn(usize) -> bool, rows: &mut Vec<Row>) {
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

fn redemption_changed(
    state: &State,
    account: &AccountId,
    order: &OrderId,
    which: impl Fn(&OrderCoupon) -> bool,
    rows: &mut Vec<Row>,
) {
    let Some(order) = state.order(account, order) else { return };
    for on_order in order.coupons.iter().filter(|on_order| which(on_order)) {
        rows.push(Row::Redemption(RedemptionRow {
            account: account.clone(),
            order: order.id.clone(),
            coupon: on_order.id(),
            campaign: on_order.applied.campaign,
            channel: on_order.channel.as_str(),
            source: on_order.source.clone(),
            discount: on_order.applied.discount,
            reversed: order.reversed(on_order.applied.campaign),
            state: match on_order.state {
                OrderCouponState::Held => "held",
                OrderCouponState::Used => "used",
                OrderCouponState::Returned => "returned",
                OrderCouponState::Released | OrderCouponState::Lapsed => "released",
            },
        }));
    }
}
