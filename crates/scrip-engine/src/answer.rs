//! What a command is answered with: from the working set when it was just done, from the journal when it is repeated.

use std::collections::BTreeMap;

use scrip_core::{
    api_key::ApiKey,
    campaign::{Campaign, Counters},
    code::{Code, Job},
    command::{Outcome, refund_needs, whole_order_needs},
    event::{Event, Recorded},
    exchange::Transfer,
    id::CampaignId,
    idempotency::AnswerKind,
    name::AccountId,
    order::{GivenBack, Order, Refund},
    slot::Bucket,
    state::{Key, State},
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
    /// `new`: taken by this line of an import; else by the same one before.
    Imported {
        account: AccountId,
        coupon: Coupon,
        new: bool,
    },
    Order {
        order: Box<Order>,
        created: bool,
    },
    /// `order` may lack refunds that stand on pages; its shares say what the refund means to a seller, together with what had
    /// been given back `before`.
    Refund {
        order: Box<Order>,
        refund: Box<Refund>,
        before: GivenBack,
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
    /// The draft is gone.
    Deleted {
        campaign: CampaignId,
    },
    Job(Job),
    ApiKey(ApiKey),
    /// The transfer of a quota that is underway between two buckets, if one is.
    Transfer(Option<Transfer>),
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
        Outcome::Imported { account, coupon, new } => {
            let coupon = state.coupon(&account, coupon).expect(MADE).clone();
            Answer::Imported { account, coupon, new }
        }
        Outcome::Order { account, order, created } => {
            Answer::Order { order: Box::new(state.order(&account, &order).expect(MADE).clone()), created }
        }
        Outcome::Refund { account, order, refund, created } => {
            let refund = Box::new(state.refund(&account, &order, &refund).expect(MADE).clone());
            let order = Box::new(state.order(&account, &order).expect(MADE).clone());
            let before = state.given_back_before(&order, &refund.id);
            Answer::Refund { order, refund, before, created }
        }
        Outcome::Campaign { campaign, created } => Answer::Campaign {
            campaign: Box::new(state.campaign(campaign).expect(MADE).clone()),
            counters: state.counters(campaign),
            created,
        },
        Outcome::SharedCode { campaign } => Answer::SharedCode { campaign },
        Outcome::Deleted { campaign } => Answer::Deleted { campaign },
        Outcome::Job(job) => Answer::Job(state.job(job).expect(MADE).clone()),
        Outcome::ApiKey(key) => Answer::ApiKey(state.api_key(key).expect(MADE).clone()),
        Outcome::Transfer(transfer) => Answer::Transfer(transfer),
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
            .find_map(|recorded| {
                let (Event::CouponClaimed { account, coupon, .. } | Event::CouponImported { account, coupon, .. }) =
                    &recorded.event
                else {
                    return None;
                };
                Some(Answer::Coupon { account: account.clone(), coupon: coupon.clone() })
            })
            .ok_or_else(damaged),
        AnswerKind::Order => {
            let created = events.iter().any(|recorded| matches!(recorded.event, Event::OrderPlaced { .. }));
            let key = events.iter().find_map(|recorded| order_key(&recorded.event)).ok_or_else(damaged)?;
            let order = order_as_of(snapshot, &mut blank, &key, last)?.ok_or_else(damaged)?;
            Ok(Answer::Order { order: Box::new(order), created })
        }
        AnswerKind::Refund => {
            let made = events.into_iter().find_map(|recorded| {
                let Event::OrderRefunded { account, order, refund } = recorded.event else { return None };
                Some((account, order, refund))
            });
            let (account, id, refund) = made.ok_or_else(damaged)?;
            load_all(snapshot, &mut blank, |state| refund_needs(state, &account, &id, &refund.id))?;
            // What it shows of the order doesn't change any more once the order is paid.
            let order = Box::new(blank.order(&account, &id).ok_or_else(damaged)?.clone());
            let before = blank.given_back_before(&order, &refund.id);
            Ok(Answer::Refund { order, refund: Box::new(refund), before, created: true })
        }
        AnswerKind::Campaign => campaign_as_of(snapshot, blank, &events, last)?.ok_or_else(damaged),
        AnswerKind::SharedCode => events
            .iter()
            .find_map(|recorded| {
                let (Event::SharedCodeAdded { campaign, .. } | Event::SharedCodeNoted { campaign, .. }) =
                    &recorded.event
                else {
                    return None;
                };
                Some(Answer::SharedCode { campaign: *campaign })
            })
            .ok_or_else(damaged),
        AnswerKind::Job if events.iter().any(|recorded| matches!(recorded.event, Event::JobCancelled { .. })) => {
            // A cancelled job changes no more.
            let job = events.iter().find_map(|recorded| {
                let Event::JobCancelled { job, .. } = &recorded.event else { return None };
                Some(*job)
            });
            load_all(snapshot, &mut blank, |_| job.map(Key::Job).into_iter().collect())?;
            job.and_then(|job| blank.job(job)).cloned().map(Answer::Job).ok_or_else(damaged)
        }
        AnswerKind::Job => {
            for recorded in &events {
                blank.evolve(recorded);
            }
            let job = events.iter().find_map(|recorded| {
                let Event::CodesRequested { job, .. } = &recorded.event else { return None };
                blank.job(*job).cloned()
            });
            job.map(Answer::Job).ok_or_else(damaged)
        }
        AnswerKind::ApiKey => events
            .iter()
            .find_map(|recorded| {
                let Event::ApiKeyCreated { key } = &recorded.event else { return None };
                Some(Answer::ApiKey(key.clone()))
            })
            .ok_or_else(damaged),
        AnswerKind::Code => {
            let hash = events.iter().find_map(|recorded| {
                let Event::CodeRevoked { hash, .. } = &recorded.event else { return None };
                Some(*hash)
            });
            load_all(snapshot, &mut blank, |_| hash.map(Key::Code).into_iter().collect())?;
            let code = hash.and_then(|hash| blank.code(hash)).cloned();
            code.map(|code| Answer::Code(Some(code))).ok_or_else(damaged)
        }
        AnswerKind::Nothing => Ok(Answer::Nothing),
    }
}

fn order_key(event: &Event) -> Option<Key> {
    Some(Key::Order(event.account()?.clone(), event.order()?.clone()))
}

/// An order with all its refunds as it was after the event at `last`, from its own events.
fn order_as_of(
    snapshot: &mut dyn Snapshot,
    blank: &mut State,
    key: &Key,
    last: u64,
) -> Result<Option<Order>, StoreError> {
    let Key::Order(account, id) = key else { return Ok(None) };
    load_all(snapshot, blank, |state| whole_order_needs(state, account, id))?;
    let Some(now) = blank.order(account, id).cloned() else { return Ok(None) };
    let now = blank.whole_order(now);
    let mut order: Option<Order> = None;
    // Refunds on pages are read as they are now; their metadata was what it had become by then.
    let mut metadata = BTreeMap::new();
    for &position in now.events.iter().filter(|&&position| position <= last) {
        let recorded = event_at(snapshot, blank.bucket(), position)?;
        if let Event::OrderRefunded { refund, .. } = &recorded.event {
            metadata.insert(refund.id.clone(), refund.metadata.clone());
        } else if let Event::RefundMetadataChanged { refund, metadata: changed, .. } = &recorded.event {
            metadata.insert(refund.clone(), changed.clone());
        }
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
    let mut order = order.map(|order| blank.whole_order(order));
    for refund in order.iter_mut().flat_map(|order| &mut order.refunds) {
        if let Some(metadata) = metadata.remove(&refund.id) {
            refund.metadata = metadata;
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
    let main = events.iter().find_map(|recorded| {
        if let Event::CampaignCreated { campaign, .. } = &recorded.event {
            return Some((*campaign, Counters::default(), true));
        }
        let (Event::CampaignChanged { campaign, counters, .. }
        | Event::CampaignPublished { campaign, counters }
        | Event::CampaignPaused { campaign, counters, .. }
        | Event::CampaignResumed { campaign, counters }
        | Event::CampaignEnded { campaign, counters }) = &recorded.event
        else {
            return None;
        };
        Some((*campaign, *counters, false))
    });
    let Some((id, counters, created)) = main else { return Ok(None) };
    let mut now = State::new(blank.bucket(), blank.buckets());
    load_all(snapshot, &mut now, |_| vec![Key::Campaign(id)])?;
    let Some(campaign) = now.campaign_or_deleted(id) else { return Ok(None) };
    if campaign.events.last().is_some_and(|newest| *newest <= last) {
        let campaign = now.campaign(id).cloned();
        return Ok(campaign.map(|campaign| Answer::Campaign { campaign: Box::new(campaign), counters, created }));
    }
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
