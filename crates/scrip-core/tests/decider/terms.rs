//! What terms may say: for each rule the terms just within it, and just beyond, with where the mistake is.

use serde_json::{Value, json};

use scrip_core::{
    campaign::{Channel, Terms, Validity},
    metadata::{Changes, Writer},
};

use super::{
    build::{by_seller, terms},
    world::{World, refused},
};

fn fixed(starts_at: &str, expires_at: &str) -> Value {
    json!({"validity": {"type": "fixed", "starts_at": starts_at, "expires_at": expires_at}})
}

fn sources(stocks: &[(&str, u32)], stock: Option<u32>) -> Value {
    let sources: Vec<Value> = stocks.iter().map(|(source, stock)| json!({"source": source, "stock": stock})).collect();
    json!({"claims": {"sources": sources}, "limits": {"stock": stock, "per_individual": null, "budget": "unlimited"}})
}

fn limits(stock: &Value, per_individual: &Value) -> Value {
    json!({"limits": {"stock": stock, "per_individual": per_individual, "budget": "unlimited"}})
}

fn numbered(list: &str, count: usize) -> Value {
    let entries: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
    json!({"scope": {list: entries}})
}

fn shared(shares: &[(&str, u32)]) -> Value {
    let parts: Vec<Value> = shares.iter().map(|(funder, share)| json!({"funder": funder, "share_bp": share})).collect();
    json!({"funding": parts})
}

/// So many tiers, each higher than the one before.
fn rising(count: usize) -> Value {
    let tiers: Vec<Value> = (0..count).map(|tier| json!({"over": tier, "amount": tier + 1})).collect();
    json!({"benefit": {"type": "tiered_amount_off", "tiers": tiers}})
}

#[test]
fn terms_are_taken_up_to_each_limit_and_refused_beyond_it_where_the_mistake_is() {
    let june = "2026-06-01T00:00:00Z";
    let after_claim = |days: u32| json!({"validity": {"type": "after_claim", "days": days}});
    let claims = |claims: Value| json!({"claims": claims});
    let of_seller = |claims: Value| json!({"claims": claims, "issuer": by_seller("a")});
    let benefit = |benefit: Value| json!({"benefit": benefit});
    let tiers = |tiers: Value| json!({"benefit": {"type": "tiered_amount_off", "tiers": tiers}});
    let none = Value::Null;
    for (patch, expected) in [
        (json!({}), None),
        (json!({"name": ""}), Some("/name")),
        (fixed(june, "2026-06-01T00:00:01Z"), None),
        (fixed(june, june), Some("/validity/expires_at")),
        (fixed(june, "2026-05-31T23:59:59Z"), Some("/validity/expires_at")),
        (after_claim(0), Some("/validity/days")),
        (after_claim(1), None),
        (after_claim(3_650), None),
        (after_claim(3_651), Some("/validity/days")),
        (claims(json!({"starts_at": june, "ends_at": "2026-06-01T00:00:01Z"})), None),
        (claims(json!({"starts_at": june, "ends_at": june})), Some("/claims/ends_at")),
        (claims(json!({"ends_at": june})), None),
        (claims(json!({"channels": []})), Some("/claims/channels")),
        (claims(json!({"channels": ["code"]})), None),
        (claims(json!({"channels": ["code", "code"]})), Some("/claims/channels")),
        (claims(json!({"channels": ["code", "seller_store"]})), Some("/claims/channels/1")),
        (of_seller(json!({"channels": ["code", "seller_store"]})), None),
        (sources(&[("a", 1), ("b", 1)], None), None),
        (sources(&[("a", 1), ("a", 1)], None), Some("/claims/sources/1/source")),
        (sources(&[("a", 1), ("b", 0)], None), Some("/claims/sources/1/stock")),
        (sources(&[("a", 6), ("b", 4)], Some(10)), None),
        (sources(&[("a", 6), ("b", 5)], Some(10)), Some("/claims/sources")),
        (limits(&json!(1), &json!(1)), None),
        (limits(&json!(0), &none), Some("/limits/stock")),
        (limits(&none, &json!(0)), Some("/limits/per_individual")),
        (numbered("products", 1_000), None),
        (numbered("products", 1_001), Some("/scope/products")),
        (numbered("exclude_categories", 1_001), Some("/scope/exclude_categories")),
        (shared(&[("platform", 10_000)]), None),
        (shared(&[("platform", 9_999)]), Some("/funding")),
        (shared(&[("platform", 5_000), ("platform", 5_000)]), Some("/funding")),
        (shared(&[("platform", 5_000), ("seller", 5_000)]), Some("/funding/1/funder")),
        (benefit(json!({"type": "free_shipping"})), None),
        (benefit(json!({"type": "free_shipping", "cap": 1})), None),
        (benefit(json!({"type": "free_shipping", "cap": 0})), Some("/benefit/cap")),
        (benefit(json!({"type": "amount_off", "amount": 0})), Some("/benefit/amount")),
        (benefit(json!({"type": "amount_off", "amount": 1})), None),
        (benefit(json!({"type": "percent_off", "percent_bp": 1, "cap": 0})), Some("/benefit/cap")),
        (tiers(json!([])), Some("/benefit/tiers")),
        (rising(20), None),
        (rising(21), Some("/benefit/tiers")),
        (tiers(json!([{"over": 0, "amount": 1}, {"over": 1, "amount": 2}])), None),
        (tiers(json!([{"over": 0, "amount": 1}, {"over": 1, "amount": 1}])), Some("/benefit/tiers/1/amount")),
        (tiers(json!([{"over": 1, "amount": 1}, {"over": 1, "amount": 2}])), Some("/benefit/tiers/1/over")),
    ] {
        let pointer = terms(&patch).checked().err().map(|refusal| refusal.errors[0].pointer.clone().expect("a place"));
        assert_eq!(pointer.as_deref(), expected, "{patch}");
    }
    let hundred_and_one: Vec<(String, u32)> = (0..101).map(|number| (format!("s{number}"), 1)).collect();
    let named = |count: usize| -> Value {
        let some: Vec<(&str, u32)> =
            hundred_and_one[..count].iter().map(|(name, stock)| (name.as_str(), *stock)).collect();
        sources(&some, None)
    };
    assert!(terms(&named(100)).checked().is_ok());
    assert_eq!(terms(&named(101)).checked().unwrap_err().errors[0].pointer.as_deref(), Some("/claims/sources"));
}

#[test]
fn a_budget_is_an_amount_or_refused_by_one_word() {
    let with = |budget: &Value| {
        let mut document = serde_json::to_value(terms(&json!({}))).expect("terms");
        document["limits"]["budget"] = budget.clone();
        serde_json::from_value::<Terms>(document)
    };
    for good in [json!(null), json!(0), json!(1), json!("unlimited")] {
        let read = with(&good).expect("a budget");
        assert_eq!(serde_json::to_value(read).expect("terms")["limits"]["budget"], good);
    }
    for bad in [json!("none"), json!(""), json!(-1)] {
        assert!(with(&bad).is_err(), "{bad}");
    }
}

#[test]
fn channels_are_said_with_the_words_of_the_contract() {
    let words = ["web", "social", "partner", "seller_store", "code", "system"];
    assert_eq!(Channel::ALL.map(Channel::as_str), words);
    assert_eq!(serde_json::to_value(Channel::ALL).expect("words"), json!(words));
}

#[test]
fn only_a_validity_after_claim_has_a_time_zone() {
    let zone = |validity: &Value| {
        let validity: Validity = serde_json::from_value(validity.clone()).expect("a validity");
        validity.time_zone().map(|zone| zone.as_str().to_owned())
    };
    let shanghai = json!({"type": "after_claim", "days": 7, "time_zone": "Asia/Shanghai"});
    assert_eq!(zone(&shanghai).as_deref(), Some("Asia/Shanghai"));
    assert_eq!(zone(&json!({"type": "after_claim", "days": 7})), None);
    assert_eq!(zone(&fixed("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")["validity"]), None);
}

/// A currency that nobody pays with is refused where it is new, and stays where it is.
#[test]
fn a_currency_that_is_gone_is_refused_where_it_is_new() {
    let in_currency = |currency: &str| terms(&json!({"currency": currency}));
    let mut world = World::new();
    for (currency, pointer) in [("USD", None), ("BGN", Some("/currency")), ("XAU", Some("/currency"))] {
        let refused = world.create(in_currency(currency)).err();
        assert_eq!(refused.and_then(|refusal| refusal.errors[0].pointer.clone()).as_deref(), pointer, "{currency}");
    }
    let change = |world: &World, campaign, terms| scrip_core::command::ChangeCampaign {
        campaign,
        as_seller: None,
        revision: world.state().campaign(campaign).expect("it exists").revision,
        terms,
        metadata: Changes::default(),
        by: Writer::Operator,
    };
    let draft = world.draft(&json!({}));
    let to_leva = change(&world, draft, in_currency("BGN"));
    assert_eq!(refused(world.run(to_leva)), "invalid_field");
    let old = world.campaign_of(in_currency("BGN").checked().expect("valid terms"));
    let renamed = change(&world, old, Terms { name: "Leva".to_owned(), ..in_currency("BGN") });
    world.run(renamed).expect("it keeps its currency");
}
