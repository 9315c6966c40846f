//! Leases of a unique code: whatever arrives late, the code is in one bucket at a time.

use scrip_core::{
    code::{Code, EnteredCode},
    command::{CloseLease, ForgetLease, LearnCode, LeaseCode, ReleaseLease},
    slot::{Bucket, Buckets},
};
use scrip_engine::{Answer, Receipt};
use serde_json::json;

use crate::market::{Answered, Market, account, activate, cancel, names, place, refused, with_code};

/// A code and an account of another bucket.
struct Away {
    market: Market,
    code: EnteredCode,
    name: String,
}

impl Away {
    fn new() -> Self {
        let mut market = Market::new(8);
        let campaign = market.live(&json!({}));
        let code = market.unique_code(campaign);
        let buckets = Buckets::new(8).expect("a power of two");
        let name = names(8, 16)
            .into_iter()
            .find(|name| account(name).slot().bucket(buckets) != code.hash.slot().bucket(buckets))
            .expect("most live elsewhere");
        Self { market, code, name }
    }

    /// The account's.
    fn bucket(&self) -> Bucket {
        account(&self.name).slot().bucket(Buckets::new(8).expect("a power of two"))
    }

    fn lease(&mut self) -> Code {
        let leased = self.market.does(LeaseCode { hash: self.code.hash, account: account(&self.name) });
        match leased.expect("it is free") {
            Receipt { answer: Answer::Code(Some(code)), .. } => code,
            other => panic!("not leased: {other:?}"),
        }
    }

    fn learn(&mut self, leased: &Code) -> Answered {
        let bucket = self.bucket();
        self.market.does(LearnCode { bucket, hash: self.code.hash, code: leased.clone() })
    }

    /// Closed where the account is, and free at home.
    fn end(&mut self, leased: &Code) {
        let bucket = self.bucket();
        let hash = self.code.hash;
        self.market.does(CloseLease { bucket, hash, code: leased.clone() }).expect("nobody claimed with it");
        let fencing = leased.lease().expect("leased").fencing;
        self.market.does(ReleaseLease { hash, fencing }).expect("closed");
        // Too early to have an effect: the work in the background may ask so at any time.
        self.market.does(ForgetLease { bucket, hash, fencing }).expect("nothing to do yet");
    }
}

#[test]
fn a_copy_that_arrives_after_its_lease_is_over_brings_nothing() {
    for was_there in [true, false] {
        let mut away = Away::new();
        let leased = away.lease();
        if was_there {
            away.learn(&leased).expect("in time");
        }
        away.end(&leased);
        assert_eq!(refused(away.learn(&leased)), "code_not_usable");
        let (code, name) = (away.code.clone(), away.name.clone());
        away.market.does(activate("ben", &code)).expect("it is free");
        assert_eq!(refused(away.learn(&leased)), "code_not_usable");
        assert_eq!(refused(away.market.does(activate(&name, &code))), "code_not_usable");
        away.market.assert_leases_are_forgotten();
        assert_eq!(refused(away.learn(&leased)), "code_not_usable");
        away.market.assert_at_rest();
    }
}

#[test]
fn a_copy_of_an_earlier_lease_does_not_replace_a_later_one() {
    let mut away = Away::new();
    let first = away.lease();
    away.end(&first);
    let second = away.lease();
    away.learn(&second).expect("the first is over");
    assert_eq!(refused(away.learn(&first)), "code_not_usable");
    away.end(&first);
    away.learn(&second).expect("not over yet");
    away.end(&second);
    for leased in [&first, &second] {
        assert_eq!(refused(away.learn(leased)), "code_not_usable");
    }
    away.market.assert_at_rest();
    away.market.assert_leases_are_forgotten();
}

#[test]
fn closing_a_lease_that_never_arrived_replaces_an_earlier_one() {
    let mut away = Away::new();
    let first = away.lease();
    away.end(&first);
    let second = away.lease();
    away.end(&second);
    assert_eq!(refused(away.learn(&second)), "code_not_usable");
    away.market.assert_at_rest();
    away.market.assert_leases_are_forgotten();
}

#[test]
fn an_account_may_try_again_at_once_and_is_quoted_what_it_would_get() {
    let mut away = Away::new();
    let (code, name) = (away.code.clone(), away.name.clone());
    for order in ["A-1", "A-2", "A-3"] {
        away.market.does(place(&name, order, with_code(&code))).expect("it is free");
        away.market.does(cancel(&name, order)).expect("unpaid");
        let codes = [code.clone()];
        let unusable = away.market.engine.read(|reader| reader.unusable_codes(&account(&name), &codes));
        assert_eq!(unusable.expect("readable"), []);
    }
    away.market.assert_nothing_underway();
    away.market.assert_leases_are_forgotten();
}
