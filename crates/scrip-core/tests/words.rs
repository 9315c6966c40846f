//! What is said and read: names of states and accounts are the words of the contract, and every text that is written is read back.

use std::fmt::Display;

use scrip_core::{
    api_key::Role,
    discount::Funder,
    id::{CampaignId, CodeHash, CouponId, Uid},
    ledger::{EntryKind, LedgerAccount},
    metadata::{Changes, Members, MetadataValue},
    minimum_spend::MinimumSpendBase,
    money::{Amount, BasisPoints, Currency},
    name::{AccountId, MetadataKey, OrderId, SellerId, StackingGroup},
    reason::{NotEligible, Reason, Refusal, UsedBy},
    slot::{Bucket, Buckets, Slot},
    status::{CampaignStatus, CouponStatus, OrderStatus, PausedBy},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::json;

/// The texts, each of which is the word in JSON too.
fn words<T: Display + Serialize>(all: &[T]) -> Vec<String> {
    let word = |one: &T| {
        let text = one.to_string();
        assert_eq!(serde_json::to_value(one).expect("a word"), json!(text));
        text
    };
    all.iter().map(word).collect()
}

#[test]
fn states_are_said_with_the_words_of_the_contract() {
    use CampaignStatus::{Closed, Draft, Ended, InReview, Live, Paused, Scheduled};
    assert_eq!(
        words(&[Draft, InReview, Scheduled, Live, Paused, Closed, Ended]),
        ["draft", "in_review", "scheduled", "live", "paused", "closed", "ended"]
    );
    assert_eq!(
        words(&[OrderStatus::Placed, OrderStatus::Paid, OrderStatus::Closed, OrderStatus::Cancelled]),
        ["placed", "paid", "closed", "cancelled"]
    );
    assert_eq!(words(&CouponStatus::ALL), ["valid", "inactive", "used", "expired", "reclaimed", "pending"]);
    assert_eq!(words(&[PausedBy::Seller, PausedBy::System, PausedBy::Operator]), ["seller", "system", "operator"]);
    assert_eq!(
        words(&[NotEligible::OnSale, NotEligible::Scope, NotEligible::Excluded]),
        ["on_sale", "scope", "excluded"]
    );
    assert_eq!(
        words(&[MinimumSpendBase::AfterEarlierLanes, MinimumSpendBase::BeforeDiscounts]),
        ["after_earlier_lanes", "before_discounts"]
    );
    let currencies: Vec<Currency> = Currency::all().collect();
    assert!(currencies.len() >= 184);
    assert_eq!(words(&currencies), currencies.iter().map(|currency| currency.code()).collect::<Vec<_>>());
    assert!(currencies.iter().all(|currency| currency.to_string().parse() == Ok(*currency)));
    let roles = [Role::Operator, Role::Seller, Role::Storefront, Role::Shopper];
    assert_eq!(roles.map(Role::as_str), ["operator", "seller", "storefront", "shopper"]);
    for role in roles {
        assert_eq!(serde_json::to_value(role).expect("a word"), json!(role.as_str()));
    }
}

#[test]
fn where_money_is_booked_is_one_text_for_each_account() {
    let campaign = CampaignId::from_uid(Uid::from_bytes([0; 16]));
    let (account, order) = (AccountId::new("a/b").expect("a name"), OrderId::new("o").expect("a name"));
    for (booked, text) in [
        (LedgerAccount::Funder(Funder::Platform), "funder:platform"),
        (LedgerAccount::Funder(Funder::Seller(SellerId::new("a/b").expect("a name"))), "funder:seller:a%2Fb"),
        (LedgerAccount::Discount(account, order), "discount:a%2Fb/o"),
        (LedgerAccount::FaceValue(campaign), "face_value:cmp_00000000000000000000000000"),
        (LedgerAccount::Forfeited(campaign), "forfeited:cmp_00000000000000000000000000"),
    ] {
        assert_eq!(booked.to_string(), text);
    }
    for kind in [
        EntryKind::DiscountFunded,
        EntryKind::DiscountReversed,
        EntryKind::SurplusForfeited,
        EntryKind::SurplusRestored,
    ] {
        assert_eq!(serde_json::to_value(kind).expect("a word"), json!(kind.as_str()));
    }
}

#[test]
fn ids_are_read_back_and_nothing_else_is_one() {
    for bytes in [[0; 16], [0xFF; 16], [0x5A; 16], *b"0123456789abcdef"] {
        let id = CouponId::from_uid(Uid::from_bytes(bytes));
        let text = id.to_string();
        assert_eq!((text.len(), text.parse()), (30, Ok(id)), "{text}");
        assert_eq!(serde_json::to_value(id).expect("a text"), json!(text));
    }
    let last = "cpn_7zzzzzzzzzzzzzzzzzzzzzzzzz";
    assert_eq!(last.parse(), Ok(CouponId::from_uid(Uid::from_bytes([0xFF; 16]))));
    for bad in [
        "cpn_80000000000000000000000000",
        "cpn_0000000000000000000000000",
        "cpn_000000000000000000000000000",
        "cpn_0000000000000000000000000i",
        "cpn_0000000000000000000000000U",
        "cmp_00000000000000000000000000",
        "cpn00000000000000000000000000",
        "",
    ] {
        assert!(bad.parse::<CouponId>().is_err(), "{bad}");
    }
}

#[test]
fn an_id_names_the_slot_that_it_was_made_in() {
    struct AllOnes;
    impl scrip_core::id::IdSource for AllOnes {
        fn random(&mut self) -> u64 {
            u64::MAX
        }
    }
    for slot in [0, 1, 0x000F, 0x0010, 0x0FFF, 0x1000, 0xABCD, 0xFFFF].map(Slot::from_u16) {
        let at = Timestamp::parse("2026-11-01T00:00:00Z").expect("a time");
        let uid = Uid::new(at, slot, &mut AllOnes);
        assert_eq!(uid.slot(), slot);
        // UUIDv8: the milliseconds, then its version and variant.
        let bytes = uid.bytes();
        let millis = bytes[..6].iter().fold(0, |millis, byte| millis * 256 + i64::from(*byte));
        assert_eq!((millis, bytes[6] >> 4, bytes[8] >> 6), (at.millis(), 8, 2));
    }
}

#[test]
fn a_slot_within_a_bucket_has_the_low_bits_that_were_asked_for() {
    for (count, bucket, bits, expected) in [
        (1, 0, 0xABCD, 0xABCD),
        (2, 1, 0x0000, 0x8000),
        (2, 1, 0x7FFF, 0xFFFF),
        (2, 0, 0xFFFF, 0x7FFF),
        (256, 0xAB, 0x1234, 0xAB34),
        (65_536, 0xABCD, 0x1234, 0xABCD),
    ] {
        let (buckets, bucket) = (Buckets::new(count).expect("a power of two"), Bucket::from_u16(bucket));
        let slot = Slot::within(bucket, buckets, bits);
        assert_eq!((slot.get(), slot.bucket(buckets)), (expected, bucket), "{count} buckets");
        assert_eq!((buckets.count(), buckets.is_one()), (count, count == 1));
        assert_eq!(buckets.all().count(), count as usize);
    }
    for bad in [0, 3, 65_537, 131_072] {
        assert!(Buckets::new(bad).is_none(), "{bad}");
    }
}

#[test]
fn names_of_groups_and_keys_end_where_the_contract_says() {
    for (text, is_group, is_key) in [
        ("a", true, true),
        ("z9_", true, true),
        ("A.z_9-:", true, false),
        ("A", true, false),
        ("a b", false, false),
        ("ä", false, false),
        ("a/b", false, false),
        ("", false, false),
        (&"a".repeat(40), true, true),
        (&"a".repeat(41), true, false),
        (&"a".repeat(64), true, false),
        (&"a".repeat(65), false, false),
    ] {
        assert_eq!(StackingGroup::new(text).is_ok(), is_group, "{text}");
        assert_eq!(MetadataKey::new(text).is_ok(), is_key, "{text}");
    }
}

#[test]
fn metadata_is_read_up_to_its_bounds_and_says_what_is_beyond() {
    let members = |count: usize| {
        let entries: Vec<String> = (0..count).map(|number| format!(r#""k{number}":"v""#)).collect();
        format!("{{{}}}", entries.join(","))
    };
    let read = |text: &str| serde_json::from_str::<Members>(text).map_err(|error| error.to_string());
    assert_eq!(read("{}").map(|members| members.is_empty()), Ok(true));
    assert_eq!(read(&members(20)).map(|members| members.is_empty()), Ok(false));
    let too_many = read(&members(21)).unwrap_err();
    assert!(too_many.starts_with("invalid length 21, expected an object of at most 20 members"), "{too_many}");
    let twice = read(r#"{"a":"1","a":"2"}"#).unwrap_err();
    assert!(twice.starts_with("duplicate field `a`"), "{twice}");
    let changes = |count| serde_json::from_str::<Changes>(&members(count)).map_err(|error| error.to_string());
    assert!(changes(40).is_ok());
    let too_many = changes(41).unwrap_err();
    assert!(too_many.starts_with("invalid length 41, expected an object of at most 40 members"), "{too_many}");
    let long = |letters: usize| MetadataValue::new(&"é".repeat(letters));
    assert!(long(500).is_some() && long(501).is_none());
    let value = serde_json::from_value::<MetadataValue>(json!("é".repeat(501))).unwrap_err().to_string();
    assert!(value.starts_with("invalid length 501, expected a string of at most 500 characters"), "{value}");
}

#[test]
fn a_refusal_says_its_first_reason_or_what_is_to_be_said_instead() {
    let plain = Refusal::from(Reason::SoldOut);
    assert_eq!(plain.to_string(), Reason::SoldOut.to_string());
    assert!(plain.is_changed_by_other_buckets());
    assert!(!Refusal::from(Reason::NotFound).is_changed_by_other_buckets());
    let several: Refusal = [Reason::NotFound, Reason::SoldOut]
        .map(|reason| scrip_core::reason::RefusalError { pointer: None, reason })
        .to_vec()
        .into();
    assert!(several.is_changed_by_other_buckets(), "for any of its reasons");
    let unavailable = Refusal::unavailable("No rules for the time zone.");
    assert_eq!(
        (unavailable.first(), unavailable.to_string()),
        (&Reason::StoreUnavailable, "No rules for the time zone.".to_owned())
    );
    assert_eq!(UsedBy::Code("SAVE10".to_owned()).to_string(), "code SAVE10");
    let coupon = CouponId::from_uid(Uid::from_bytes([0; 16]));
    assert_eq!(UsedBy::Coupon(coupon).to_string(), coupon.to_string());
}

#[test]
fn a_parameter_that_is_absent_is_left_out() {
    let starts_at = Timestamp::parse("2026-11-01T00:00:00Z").ok();
    let json_of = |reason: &Reason| serde_json::to_value(reason).expect("an object");
    assert_eq!(json_of(&Reason::ClaimsNotOpen { starts_at: None, ends_at: None }), json!({"code": "claims_not_open"}));
    assert_eq!(
        json_of(&Reason::ClaimsNotOpen { starts_at, ends_at: None }),
        json!({"code": "claims_not_open", "starts_at": "2026-11-01T00:00:00Z"})
    );
    assert_eq!(json_of(&Reason::IndividualLimitReached { limit: 1 })["limit"], json!(1));
}

#[test]
fn an_amount_is_an_integer_of_minor_units_within_its_range() {
    for good in [0, 1, 1_000_000_000_000_000] {
        assert_eq!(serde_json::from_value::<Amount>(json!(good)).map(Amount::minor).ok(), Some(good));
    }
    for bad in [json!(-1), json!(1_000_000_000_000_001_i64), json!(u64::MAX), json!(1.5), json!("1")] {
        let said = serde_json::from_value::<Amount>(bad.clone()).expect_err("out of range").to_string();
        assert!(said.ends_with("expected an integer from 0 to 1000000000000000 in minor units"), "{said}");
    }
    for bad in [json!(0), json!(10_001), json!(-1)] {
        let said = serde_json::from_value::<BasisPoints>(bad.clone()).expect_err("out of range").to_string();
        assert!(said.ends_with("expected an integer from 1 to 10000 in basis points"), "{said}");
    }
    assert_eq!(serde_json::from_value::<BasisPoints>(json!(10_000)).map(BasisPoints::get).ok(), Some(10_000));
}

#[test]
fn currencies_have_the_names_that_people_know() {
    let name = |code| Currency::from_code(code).expect("listed").name();
    assert_eq!((name("USD"), name("JPY")), ("United States dollar", "Japanese yen"));
    let hash = |code| {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        BuildHasherDefault::<DefaultHasher>::default().hash_one(Currency::from_code(code).expect("listed"))
    };
    assert_eq!(hash("USD"), hash("USD"));
    assert_ne!(hash("USD"), hash("JPY"));
}

#[test]
fn a_code_lives_in_the_slot_of_its_hash() {
    let hash = CodeHash::from_bytes([0xAB, 0xCD, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    assert_eq!(hash.slot(), Slot::from_u16(0xABCD));
}
