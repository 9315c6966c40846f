//! What a command is answered with: from the working set when it was just done, from the journal when it is repeated.

use scrip_core::{
    campaign::{Campaign, Counters, Parcel},
    code::{Code, Job},
    command::Outcome,
    event::{AnswerKind, ApiKey, Event, Recorded},
    id::CampaignId,
    key::Key,
    name::AccountId,
    order::{Order, Refund},
    slot::Bucket,
    state::State,
    wallet::Coupon,
};
use scrip_store::{Snapshot, StoreError, frame::Frame};

use crate::load::load_all;

/// What the caller is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    Coupon {
        account: AccountId,
        coupon: Coupon,
    },
    Order {
        order: Box<Order>,
        created: bool,
    },
    Refund {
        order: Box<Order>,
        refund: Refund,
        created: bool,
    },
    Campaign {
        campaign: Box<Campaign>,
        counters: Counters,
        created: bool,
    },
    SharedCode {
        campaign: CampaignId,
    },
    Job(Job),
    ApiKey(ApiKey),
    /// A part of a pool that moves between buckets, if any does.
    Parcel(Option<Parcel>),
    /// A code as a bucket has it.
    Code(Option<Code>),
    Nothing,
}

/// Renders what the command just led to.
///
/// # Panics
/// If the outcome names something that isn't in the working set: a fault in a command.
pub(crate) fn answer(outcome: Outcome, state: &State) -> Answer {
    const MADE: &str = "a command's outcome is in its working set";
    match outcome {
        Outcome::Coupon { account, coupon } => {
            let coupon = state.coupon(&account, coupon).expect(MADE).clone();
            Answer::Coupon { account, coupon }
        }
        Outcome::Order { account, order, created } => {
            Answer::Order { order: Box::new(state.order(&account, &order).expect(MADE).clone()), created }
        }
        Outcome::Refund { account, order, refund, created } => {
            let order = Box::new(state.order(&account, &order).expect(MADE).clone());
            let refund = order.refund(&refund).expect(MADE).clone();
            Answer::Refund { order, refund, created }
        }
        Outcome::Campaign { campaign, created } => Answer::Campaign {
            campaign: Box::new(state.campaign(campaign).expect(MADE).clone()),
            counters: state.counters(campaign),
            created,
        },
        Outcome::SharedCode { campaign } => Answer::SharedCode { campaign },
        Outcome::Job(job) => Answer::Job(state.job(job).expect(MADE).clone()),
        Outcome::ApiKey(key) => Answer::ApiKey(state.api_key(key).expect(MADE).clone()),
        Outcome::Parcel(parcel) => Answer::Parcel(parcel),
        Outcome::Code(code) => Answer::Code(code),
        Outcome::Nothing => Answer::Nothing,
    }
}

/// Renders the answer of an earlier command again, as it was, from the journal.
pub(crate) fn replayed(
    snapshot: &mut dyn Snapshot,
    mut blank: State,
    position: u64,
    count: u32,
    kind: AnswerKind,
) -> Result<Answer, StoreError> {
    let bucket = blank.bucket();
    let last = position + u64::from(count) - 1;
    let mut events = Vec::with_capacity(count as usize);
    for position in position..=last {
        events.push(event_at(snapshot, bucket, position)?);
    }
    let damaged = || StoreError::Damaged { what: format!("the journal at {position} isn't what was noted of it") };
    match kind {
        AnswerKind::Coupon => events
            .iter()
            .find_map(|recorded| match &recorded.event {
                Event::CouponClaimed { account, coupon, .. } | Event::CouponImported { account, coupon, .. } => {
                    Some(Answer::Coupon { account: account.clone(), coupon: coupon.clone() })
                }
                _ => None,
            })
            .ok_or_else(damaged),
        AnswerKind::Order | AnswerKind::Refund => {
            let created = events.iter().any(|recorded| matches!(recorded.event, Event::OrderPlaced { .. }));
            let key = events.iter().find_map(|recorded| order_key(&recorded.event)).ok_or_else(damaged)?;
            let order = order_as_of(snapshot, &mut blank, &key, last)?.ok_or_else(damaged)?;
            let refund = events.iter().find_map(|recorded| match &recorded.event {
                Event::OrderRefunded { refund, .. } => Some(refund.clone()),
                _ => None,
            });
            match (kind, refund) {
                (AnswerKind::Refund, Some(refund)) => {
                    Ok(Answer::Refund { order: Box::new(order), refund, created: true })
                }
                (AnswerKind::Refund, None) => Err(damaged()),
                _ => Ok(Answer::Order { order: Box::new(order), created }),
            }
        }
        AnswerKind::Campaign => campaign_as_of(snapshot, blank, &events, last)?.ok_or_else(damaged),
        AnswerKind::SharedCode => events
            .iter()
            .find_map(|recorded| match &recorded.event {
                Event::SharedCodeAdded { campaign, .. } | Event::SharedCodeNoted { campaign, .. } => {
                    Some(Answer::SharedCode { campaign: *campaign })
                }
                _ => None,
            })
            .ok_or_else(damaged),
        AnswerKind::Job => {
            for recorded in &events {
                blank.evolve(recorded);
            }
            let job = events.iter().find_map(|recorded| match &recorded.event {
                Event::CodesRequested { job, .. } => blank.job(*job).cloned(),
                _ => None,
            });
            job.map(Answer::Job).ok_or_else(damaged)
        }
        AnswerKind::ApiKey => events
            .iter()
            .find_map(|recorded| match &recorded.event {
                Event::ApiKeyCreated { key } => Some(Answer::ApiKey(key.clone())),
                _ => None,
            })
            .ok_or_else(damaged),
        AnswerKind::Nothing => Ok(Answer::Nothing),
    }
}

fn order_key(event: &Event) -> Option<Key> {
    match event {
        Event::OrderPlaced { order } => Some(Key::Order(order.account.clone(), order.id.clone())),
        Event::OrderPaid { account, order, .. }
        | Event::HoldExtended { account, order, .. }
        | Event::TransactionsClosed { account, order, .. }
        | Event::OrderCancelled { account, order, .. }
        | Event::SellerCancelled { account, order, .. }
        | Event::OrderRevised { account, order, .. }
        | Event::OrderRefunded { account, order, .. } => Some(Key::Order(account.clone(), order.clone())),
        _ => None,
    }
}

/// An order as it was after the event at `last`, from its own events.
fn order_as_of(
    snapshot: &mut dyn Snapshot,
    blank: &mut State,
    key: &Key,
    last: u64,
) -> Result<Option<Order>, StoreError> {
    load_all(snapshot, blank, |_| vec![key.clone()])?;
    let Key::Order(account, id) = key else { return Ok(None) };
    let Some(now) = blank.order(account, id) else { return Ok(None) };
    let mut order: Option<Order> = None;
    for &position in now.events.iter().filter(|&&position| position <= last) {
        let recorded = event_at(snapshot, blank.bucket(), position)?;
        match (&mut order, &recorded.event) {
            (None, Event::OrderPlaced { order: placed }) => {
                let mut placed = placed.clone();
                placed.events.push(position);
                order = Some(placed);
            }
            (Some(order), event) => order.apply(position, event),
            (None, _) => {}
        }
    }
    Ok(order)
}

/// A campaign as it was after the event at `last`, with the counters of then.
fn campaign_as_of(
    snapshot: &mut dyn Snapshot,
    mut blank: State,
    events: &[Recorded],
    last: u64,
) -> Result<Option<Answer>, StoreError> {
    let main = events.iter().find_map(|recorded| match &recorded.event {
        Event::CampaignCreated { campaign, .. } => Some((*campaign, Counters::default(), true)),
        Event::CampaignChanged { campaign, counters, .. }
        | Event::CampaignPublished { campaign, counters }
        | Event::CampaignPaused { campaign, counters }
        | Event::CampaignResumed { campaign, counters }
        | Event::CampaignEnded { campaign, counters } => Some((*campaign, *counters, false)),
        _ => None,
    });
    let Some((id, counters, created)) = main else { return Ok(None) };
    let mut now = State::new(blank.bucket(), blank.buckets());
    load_all(snapshot, &mut now, |_| vec![Key::Campaign(id)])?;
    let Some(campaign) = now.campaign(id) else { return Ok(None) };
    for &position in campaign.events.iter().filter(|&&position| position <= last) {
        blank.evolve(&event_at(snapshot, now.bucket(), position)?);
    }
    let campaign = blank.campaign(id).cloned();
    Ok(campaign.map(|campaign| Answer::Campaign { campaign: Box::new(campaign), counters, created }))
}

fn event_at(snapshot: &mut dyn Snapshot, bucket: Bucket, position: u64) -> Result<Recorded, StoreError> {
    let damaged = |what: String| StoreError::Damaged { what };
    let frames = snapshot.frames(bucket, position, 1)?;
    let bytes = frames.first().ok_or_else(|| damaged(format!("the journal has no event {position}")))?;
    let (frame, _) = Frame::decode(bytes).map_err(|error| damaged(error.to_string()))?;
    let events = frame.events().map_err(|error| damaged(error.to_string()))?;
    events
        .into_iter()
        .find(|recorded| recorded.position == position)
        .ok_or_else(|| damaged(format!("the journal has no event {position}")))
}
