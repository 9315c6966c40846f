//! Metadata: what it may be, who sees it, what a change of it is refused for.

use scrip_core::{
    command::{ChangeMetadata, CreateCampaign},
    event::Event,
    metadata::{Changes, Members, Metadata, ORDER_CHANGES_MAX, Writer},
    name::SellerId,
    reason::{Reason, Refusal},
    slot::Slot,
};
use serde_json::{Value, json};

use super::{
    build::{account, cart, order_id, refund_name},
    world::{World, parts, place, refused},
};

fn members(value: Value) -> Members {
    serde_json::from_value(value).expect("metadata")
}

fn changes(value: Value) -> Changes {
    serde_json::from_value(value).expect("changes")
}

fn luma() -> Writer {
    Writer::Seller(SellerId::new("luma").expect("a name"))
}

#[test]
fn keys_values_and_their_number_are_limited() {
    let most: serde_json::Map<String, Value> = (0..20).map(|number| (format!("k{number}"), json!("v"))).collect();
    for good in
        [json!({}), json!({"a": ""}), json!({"a_1": "ä".repeat(500)}), json!({"_".repeat(40): "\u{0}"}), json!(most)]
    {
        assert!(serde_json::from_value::<Members>(good.clone()).is_ok(), "{good}");
        assert!(serde_json::from_value::<Changes>(good.clone()).is_ok(), "{good}");
    }
    let mut more = most;
    more.insert("k20".to_owned(), json!("v"));
    for bad in [
        json!(null),
        json!([]),
        json!({"": "v"}),
        json!({"A": "v"}),
        json!({"a-b": "v"}),
        json!({"ä": "v"}),
        json!({"a".repeat(41): "v"}),
        json!({"a": "x".repeat(501)}),
        json!({"a": 1}),
        json!({"a": {"b": "c"}}),
        json!(more),
        json!({"a": null}),
    ] {
        assert!(serde_json::from_value::<Members>(bad.clone()).is_err(), "{bad}");
    }
    let twice = r#"{"a": "1", "a": "2"}"#;
    assert!(serde_json::from_str::<Members>(twice).is_err());
    assert!(serde_json::from_str::<Changes>(twice).is_err());
}

#[test]
fn everybody_sees_its_own_and_an_operator_all() {
    let metadata = Metadata::new(members(json!({"own": "1"})), &luma());
    let metadata = metadata.changed(&changes(json!({"note": "2"})), &Writer::Operator).expect("room");
    let metadata = metadata.changed(&changes(json!({"cart": "3"})), &Writer::Storefront).expect("room");
    let shown = |reader: Option<Writer>| metadata.shown_to(reader.as_ref());
    assert_eq!(shown(Some(Writer::Operator)), members(json!({"own": "1", "note": "2", "cart": "3"})));
    assert_eq!(shown(Some(luma())), members(json!({"own": "1"})));
    assert_eq!(shown(Some(Writer::Storefront)), members(json!({"cart": "3"})));
    assert_eq!(shown(Some(Writer::Seller(SellerId::new("tako").expect("a name")))), Members::default());
    assert_eq!(shown(None), Members::default());
}

#[test]
fn a_member_that_an_operator_corrects_stays_its_writers() {
    let metadata = Metadata::new(members(json!({"a": "1", "b": "2"})), &luma());
    let metadata = metadata.changed(&changes(json!({"a": "3", "b": null})), &Writer::Operator).expect("room");
    assert_eq!(metadata.shown_to(Some(&luma())), members(json!({"a": "3"})));
}

#[test]
fn what_a_caller_cannot_see_is_neither_removed_nor_written_over_by_it() {
    let metadata = Metadata::new(members(json!({"note": "1", "more": "2"})), &Writer::Operator);
    assert_eq!(metadata.changed(&changes(json!({"note": null})), &luma()), Ok(metadata.clone()));
    let refused = metadata.changed(&changes(json!({"a": "x", "more": "x", "note": "x"})), &luma());
    let errors = refused.expect_err("taken").errors;
    let told: Vec<_> = errors.iter().map(|error| (error.pointer.as_deref(), error.reason.code())).collect();
    let taken = |pointer| (Some(pointer), "metadata_key_taken");
    assert_eq!(told, [taken("/metadata/more"), taken("/metadata/note")]);
}

#[test]
fn the_limit_holds_for_all_members_together() {
    let named = |from: usize, to: usize| -> Value {
        (from..to).map(|number| (format!("k{number}"), json!("v"))).collect::<serde_json::Map<_, _>>().into()
    };
    let metadata = Metadata::new(members(named(0, 19)), &Writer::Operator);
    let full = metadata.changed(&changes(named(19, 20)), &luma()).expect("the twentieth");
    let refused = full.changed(&changes(named(20, 21)), &luma()).expect_err("one too many");
    assert_eq!(refused, Refusal::at("/metadata", Reason::LimitReached { limit: 20, of: "metadata" }));
    let mut swapped = named(20, 40);
    (0..20).for_each(|number| swapped[format!("k{number}")] = Value::Null);
    let swapped = full.changed(&changes(swapped), &Writer::Operator).expect("twenty go, twenty come");
    assert_eq!(swapped.all(), members(named(20, 40)));
}

#[test]
fn an_orders_changes_are_replayed_and_limited() {
    let mut world = World::new();
    world.run(place("ana", "A", &cart("l1:luma:1000*1"), &[])).unwrap();
    let change = |value: &str| ChangeMetadata {
        account: account("ana"),
        order: order_id("A"),
        refund: None,
        changes: changes(json!({"seen": value})),
        by: Writer::Storefront,
    };
    for number in 0..ORDER_CHANGES_MAX {
        world.run(change(&number.to_string())).unwrap();
    }
    world.run(change("999")).unwrap();
    assert_eq!(refused(world.run(change("1000"))), "limit_reached");
    world.check_replay();
    let missing = ChangeMetadata { order: order_id("B"), ..change("1") };
    assert_eq!(refused(world.run(missing)), "not_found");
}

#[test]
fn a_seller_annotates_refunds_that_give_something_of_its_own_back() {
    let mut world = World::new();
    world.place("ana", "A", &cart("l1:luma:1000*2 l2:tako:500*2 +luma:300"), &[]).unwrap();
    world.pay("ana", "A").unwrap();
    // A unit, an amount, shipping of luma's, and a unit of tako's.
    for (id, of) in [("unit", "l1*1"), ("amount", "=l1:1"), ("shipping", "+luma:1"), ("others", "l2*1")] {
        world.refund("ana", "A", id, parts(of)).unwrap();
    }
    let change = |id: &str, value: &str, by: Writer| ChangeMetadata {
        account: account("ana"),
        order: order_id("A"),
        refund: Some(refund_name(id)),
        changes: changes(json!({"seen": value})),
        by,
    };
    for id in ["unit", "amount", "shipping"] {
        for (value, events) in [("1", 1), ("1", 0), ("2", 1)] {
            let before = world.journal.len();
            world.run(change(id, value, luma())).unwrap();
            assert_eq!(world.journal.len() - before, events, "{id} {value}");
        }
        assert_eq!(
            world.order("ana", "A").refund(&refund_name(id)).unwrap().metadata.all(),
            members(json!({"seen": "2"}))
        );
    }
    assert_eq!(world.order_alone("ana", "A").metadata_changes, 6, "those of refunds count");
    assert_eq!(refused(world.run(change("others", "1", luma()))), "not_found");
    assert_eq!(refused(world.run(change("none", "1", luma()))), "not_found");
    world.run(change("others", "1", Writer::Operator)).unwrap();
    // On a page of its own too.
    for number in 0..5 {
        world.refund("ana", "A", &format!("r{number}"), parts("=l1:1")).unwrap();
    }
    world.run(change("r3", "3", luma())).unwrap();
    world.run(change("r4", "4", luma())).unwrap();
    for (id, seen) in [("r2", json!({})), ("r3", json!({"seen": "3"})), ("r4", json!({"seen": "4"}))] {
        assert_eq!(world.order("ana", "A").refund(&refund_name(id)).unwrap().metadata.all(), members(seen), "{id}");
    }
    world.check_replay();
}

#[test]
fn a_campaign_that_is_made_without_metadata_says_none() {
    let mut world = World::new();
    for (given, said) in [(json!({}), false), (json!({"a": "1"}), true)] {
        let metadata = Metadata::new(members(given), &Writer::Operator);
        let terms = super::build::terms(&json!({}));
        world.run(CreateCampaign { terms, metadata, slot: Slot::of(b"a place") }).unwrap();
        let Some(Event::CampaignCreated { metadata, .. }) = world.journal.last().map(|recorded| &recorded.event) else {
            panic!("a new campaign");
        };
        assert_eq!(metadata.is_some(), said);
    }
}
