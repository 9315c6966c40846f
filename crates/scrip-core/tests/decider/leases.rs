//! The tables of `exchange/lease.rs`, cell by cell: each side's states and what each step makes of them.

use scrip_core::{
    code::{Code, CodeKind, SecretNumber},
    command::{CloseLease, Command, ConfirmLease, ForgetLease, LearnCode, LeaseCode, ReleaseLease},
    event::Recorded,
    exchange::{ClaimedBy, FencingNumber, Lease, LeaseState},
    id::{CampaignId, CodeHash, CouponId, IdSource, Uid},
    slot::{Bucket, Buckets},
    state::{Aggregate, Key, State, decode},
    time::Timestamp,
};

use crate::build::account;

const NOW: Timestamp = Timestamp::from_micros(1_780_000_000_000_000);
const HASH: CodeHash = CodeHash::from_bytes([5; 16]);

struct NoIds;

impl IdSource for NoIds {
    fn random(&mut self) -> u64 {
        unreachable!("no step of a lease makes an id")
    }
}

fn lease(number: u64) -> Lease {
    Lease { account: account("ana"), fencing: FencingNumber::new(number), until: NOW.plus_minutes(1) }
}

fn by(name: &str) -> ClaimedBy {
    ClaimedBy { account: account(name), coupon: CouponId::from_uid(Uid::from_bytes([2; 16])) }
}

fn code(state: LeaseState) -> Code {
    let kind = CodeKind::Unique { last4: "WXYZ".to_owned(), state, fencing: FencingNumber::new(2) };
    let campaign = CampaignId::from_uid(Uid::from_bytes([1; 16]));
    Code { campaign, source: None, kind, request: None, revoked_at: None, secret: SecretNumber::FIRST }
}

fn home() -> Bucket {
    HASH.slot().bucket(buckets())
}

fn elsewhere() -> Bucket {
    buckets().all().find(|bucket| *bucket != home()).expect("eight buckets")
}

fn buckets() -> Buckets {
    Buckets::new(8).expect("a power of two")
}

/// What a step makes of a side's state: `None` where it is refused.
fn after(
    bucket: Bucket,
    before: Option<LeaseState>,
    step: impl Into<Command>,
    at: Timestamp,
) -> Option<Option<LeaseState>> {
    let mut state = State::new(bucket, buckets());
    let key = state.code_key(HASH);
    let side = |code| if bucket == home() { Aggregate::Code(code) } else { Aggregate::CodeHere(code) };
    state.insert(key, before.map(|before| (1, side(code(before)))));
    for list in [Key::leases_out(buckets(), HASH), Key::leases_returning(bucket, HASH)] {
        state.insert(list, None);
    }
    let decision = step.into().decide(&state, at, &mut NoIds).ok()?;
    for event in decision.events {
        state.evolve(&Recorded { position: 1, at, event });
    }
    Some(state.code(HASH).and_then(Code::lease_state).cloned())
}

#[test]
fn home_takes_every_step_from_every_state() {
    use LeaseState::{Claimed, ClaimedUnder, Free, Leased};
    let leases = |name: &str| LeaseCode { hash: HASH, account: account(name) };
    let confirms = |number| ConfirmLease { hash: HASH, fencing: FencingNumber::new(number), coupon: by("ana").coupon };
    let releases = |number| ReleaseLease { hash: HASH, fencing: FencingNumber::new(number) };
    let (claimed, leased, under) = (Claimed(by("ben")), Leased(lease(2)), ClaimedUnder(lease(2), by("ana")));
    let to = |before: &LeaseState, step: Command| {
        after(home(), Some(before.clone()), step, NOW).map(|state| state.expect("it stays"))
    };

    assert_eq!(to(&Free, leases("ana").into()), Some(Leased(lease(3))), "the next number");
    assert_eq!(to(&claimed, leases("ana").into()), None);
    for before in [&leased, &under] {
        assert_eq!(to(before, leases("ana").into()).as_ref(), Some(before), "told again");
        assert_eq!(to(before, leases("ben").into()), None);
        assert_eq!(to(before, confirms(2).into()).as_ref(), Some(&under));
        assert_eq!(to(before, releases(2).into()), Some(Free));
        for late in [Command::from(confirms(1)), releases(1).into()] {
            assert_eq!(to(before, late).as_ref(), Some(before), "under an earlier number");
        }
    }
    for before in [&Free, &claimed] {
        assert_eq!(to(before, confirms(2).into()).as_ref(), Some(before));
        assert_eq!(to(before, releases(2).into()).as_ref(), Some(before));
    }
}

#[test]
fn an_accounts_bucket_takes_every_step_from_every_state() {
    use LeaseState::{ClaimedUnder, Closed, Leased};
    let (leased, under, closed) = (Leased(lease(2)), ClaimedUnder(lease(2), by("ana")), Closed(lease(2)));
    let (bucket, over) = (elsewhere(), NOW.plus_minutes(1));
    let learns = |number| LearnCode { bucket, hash: HASH, code: code(Leased(lease(number))) };
    let closes = |number| CloseLease { bucket, hash: HASH, code: code(Leased(lease(number))) };
    let forgets = |number| ForgetLease { bucket, hash: HASH, fencing: FencingNumber::new(number) };
    let to = |before: Option<&LeaseState>, step: Command, at| after(bucket, before.cloned(), step, at);

    assert_eq!(to(None, learns(2).into(), NOW), Some(Some(leased.clone())));
    assert_eq!(to(None, learns(2).into(), over), None, "too late");
    assert_eq!(to(None, closes(2).into(), NOW), Some(Some(closed.clone())), "what is late is refused from here on");
    assert_eq!(to(None, forgets(2).into(), over), Some(None));
    for before in [&leased, &under] {
        assert_eq!(to(Some(before), learns(2).into(), over), Some(Some(before.clone())), "told again");
        for other in [1, 3] {
            assert_eq!(to(Some(before), learns(other).into(), NOW), None);
        }
        assert_eq!(to(Some(before), closes(1).into(), NOW), Some(Some(before.clone())), "over long since");
        assert_eq!(to(Some(before), forgets(2).into(), over), Some(Some(before.clone())));
    }
    assert_eq!(to(Some(&leased), closes(2).into(), NOW), Some(Some(closed.clone())));
    assert_eq!(to(Some(&under), closes(2).into(), NOW), Some(Some(under.clone())), "with its coupon it stands");
    assert_eq!(to(Some(&closed), learns(2).into(), NOW), None);
    assert_eq!(to(Some(&closed), learns(1).into(), NOW), None);
    assert_eq!(to(Some(&closed), learns(3).into(), NOW), Some(Some(Leased(lease(3)))));
    assert_eq!(to(Some(&closed), closes(2).into(), NOW), Some(Some(closed.clone())));
    assert_eq!(to(Some(&closed), closes(3).into(), NOW), Some(Some(Closed(lease(3)))));
    assert_eq!(to(Some(&closed), forgets(2).into(), NOW), Some(Some(closed.clone())), "not before its time is over");
    assert_eq!(to(Some(&closed), forgets(2).into(), over), Some(None));
    assert_eq!(to(Some(&closed), forgets(1).into(), over), Some(Some(closed.clone())));
}

/// Claimed and closed at once is no state: no step leads there, and it isn't read as one of the others.
#[test]
fn bytes_of_no_state_are_not_read() {
    let mut bytes = Aggregate::Code(code(LeaseState::ClaimedUnder(lease(2), by("ana")))).encode();
    assert!(decode(Key::Code(HASH).kind(), &bytes).is_ok());
    // The only flag in it: whether the lease is closed.
    let open: Vec<usize> = (1..bytes.len()).filter(|&at| bytes[at - 1..=at] == [3, 0xF4]).collect();
    let [flag] = open[..] else { panic!("one flag: {open:?}") };
    bytes[flag] = 0xF5;
    assert!(decode(Key::Code(HASH).kind(), &bytes).is_err());
}
