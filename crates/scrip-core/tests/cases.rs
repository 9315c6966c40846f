//! Table cases: each JSON file below `cases/` holds named carts with coupons and what must come of them.
//!
//! Adding a case needs no Rust. Left out, a line is one unit of the product of its own id, sold by `luma`; terms are the
//! platform's, in the cart's currency, valid in November 2026; `now` is the 15th. A coupon's `state` is `valid`, `used`,
//! `reclaimed` or `{"on_order": "A-1"}`; `claimed_at` sets the window as the terms' validity says; `code` makes it a code
//! used directly; `funding` replaces the terms' after they were checked (co-funding is refused until sellers can join).
//! `use` is `best` (left out), `none` or `{"coupons": […]}`. Of `expect` only what is written is compared: members of
//! objects that are left out are free, lists are compared whole, reasons with all their parameters; units are written
//! `[[count, amount], …]`. A member that a case can't have, and one that is given twice, is refused.
//!
//! A case fails with what was given in full, to be copied once it was checked against the rules.

use std::{collections::BTreeSet, fmt, fs, path::Path};

use scrip_core::{
    campaign::{Funding, Terms},
    candidate::Candidate,
    cart::{Cart, Line, Shipping},
    discount::Applied,
    id::{CampaignId, CouponId, Uid},
    money::{Amount, Currency, Runs},
    name::{OrderId, SellerId},
    order::{Figures, figures},
    quote::{Choice, Quote, quote},
    reason::{Reason, Refusal, UsedBy},
    time::{Timestamp, Zones},
};
use serde::de;
use serde_json::{Map, Value, json};

/// Every reason that a quote of the core can give; `coupon_not_found` and `coupon_frozen` are said by who loads the
/// wallet, `condition_not_met` waits for a condition.
const CODES: [&str; 16] = [
    "coupon_reclaimed",
    "coupon_used",
    "coupon_on_order",
    "coupon_expired",
    "not_started",
    "campaign_paused",
    "currency_mismatch",
    "seller_not_in_cart",
    "no_eligible_line",
    "minimum_spend_not_met",
    "campaign_budget_exhausted",
    "exclusive_coupon_applied",
    "stacking_group_taken",
    "nothing_left_to_discount",
    "not_in_best_combination",
    "amount_out_of_range",
];

/// A coupon of a case in the core's types.
struct CaseCoupon {
    name: String,
    used_by: UsedBy,
    campaign: CampaignId,
    terms: Terms,
    window: (Timestamp, Timestamp),
    paused: bool,
    budget_left: Option<Amount>,
    reasons_on_any_cart: Vec<Reason>,
}

impl CaseCoupon {
    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            used_by: self.used_by.clone(),
            campaign: self.campaign,
            terms_version: 1,
            terms: &self.terms,
            starts_at: self.window.0,
            expires_at: self.window.1,
            paused: self.paused,
            budget_left: self.budget_left,
            reasons_on_any_cart: self.reasons_on_any_cart.clone(),
            at_most: None,
        }
    }
}

/// Fills in what a case leaves out.
fn with_defaults(value: &Value, defaults: Value) -> Value {
    let (Value::Object(given), Value::Object(mut merged)) = (value, defaults) else { return value.clone() };
    merged.extend(given.clone());
    Value::Object(merged)
}

fn members<'a>(value: &'a Value, allowed: &[&str]) -> &'a Map<String, Value> {
    let object = value.as_object().unwrap_or_else(|| panic!("an object, not {value}"));
    for member in object.keys() {
        assert!(allowed.contains(&member.as_str()), "unknown member {member}: none of {allowed:?}");
    }
    object
}

fn of<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error} in {value}"))
}

fn time(value: &Value) -> Timestamp {
    of(value)
}

fn cart(value: &Value) -> Result<Cart, Refusal> {
    let cart = members(value, &["currency", "lines", "shipping"]);
    let currency: Currency = of(cart.get("currency").unwrap_or(&json!("USD")));
    let lines = cart["lines"].as_array().expect("lines").iter().enumerate();
    let lines: Vec<Line> = lines
        .map(|(place, line)| {
            let id = line.get("id").cloned().unwrap_or_else(|| json!(format!("l{}", place + 1)));
            of(&with_defaults(line, json!({"id": id, "seller": "luma", "product": id, "quantity": 1})))
        })
        .collect();
    let shipping: Vec<Shipping> = cart.get("shipping").map_or(Vec::new(), of);
    Cart::new(currency, lines, shipping)
}

/// The name makes the id, so that ids sort like names.
fn id(name: &str) -> Uid {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Uid::from_bytes(bytes)
}

fn coupon(value: &Value, cart: &Cart) -> Result<CaseCoupon, Refusal> {
    let allowed = [
        "id",
        "terms",
        "state",
        "paused",
        "budget_left",
        "starts_at",
        "expires_at",
        "claimed_at",
        "code",
        "campaign",
        "funding",
    ];
    let coupon = members(value, &allowed);
    let name = coupon["id"].as_str().expect("an id of at most 16 letters").to_owned();
    let defaults = json!({
        "name": name, "issuer": {"type": "platform"}, "currency": cart.currency().code(),
        "validity": {"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"},
    });
    let mut terms = of::<Terms>(&with_defaults(&coupon["terms"], defaults)).checked()?;
    if let Some(funding) = coupon.get("funding") {
        terms.funding = Some(of::<Vec<Funding>>(funding));
    }
    let claimed_at = coupon.get("claimed_at").map_or(Timestamp::from_micros(0), time);
    let mut window = terms.validity.window(claimed_at, &Zones::bundled()).expect("a known zone");
    if let Some(at) = coupon.get("starts_at") {
        window.0 = time(at);
    }
    if let Some(at) = coupon.get("expires_at") {
        window.1 = time(at);
    }
    let reasons_on_any_cart = match coupon.get("state") {
        None => None,
        Some(state) => match (state.as_str(), state.get("on_order")) {
            (Some("valid"), _) => None,
            (Some("used"), _) => Some(Reason::CouponUsed),
            (Some("reclaimed"), _) => Some(Reason::CouponReclaimed),
            (_, Some(order)) => {
                members(state, &["on_order"]);
                Some(Reason::CouponOnOrder { order: of::<OrderId>(order) })
            }
            _ => panic!("unknown state {state}"),
        },
    };
    let used_by = match coupon.get("code") {
        Some(code) => UsedBy::Code(of(code)),
        None => UsedBy::Coupon(CouponId::from_uid(id(&name))),
    };
    let campaign = coupon.get("campaign").and_then(Value::as_str).unwrap_or(&name);
    Ok(CaseCoupon {
        used_by,
        campaign: CampaignId::from_uid(id(campaign)),
        terms,
        window,
        paused: coupon.get("paused").is_some_and(of),
        budget_left: coupon.get("budget_left").map(of),
        reasons_on_any_cart: reasons_on_any_cart.into_iter().collect(),
        name,
    })
}

fn units(units: &Runs) -> Value {
    units.iter().map(|(count, amount)| json!([count, amount])).collect()
}

fn show_applied(applied: &Applied, cart: &Cart) -> Value {
    let share = |share: &scrip_core::discount::LineShare| {
        let by_funder: Map<String, Value> =
            share.funding.iter().map(|part| (part.funder.to_string(), units(&part.units))).collect();
        json!({
            "line": cart.lines()[usize::from(share.line)].id, "amount": share.amount,
            "units": units(&share.units), "funding": by_funder,
        })
    };
    let shipping =
        |share: &scrip_core::discount::ShippingShare| json!({"seller": share.seller, "amount": share.amount});
    let funding: Map<String, Value> =
        applied.funding().into_iter().map(|(funder, amount)| (funder.to_string(), json!(amount))).collect();
    json!({
        "coupon": applied.coupon, "code": applied.code, "discount": applied.discount, "surplus": applied.surplus,
        "shares": applied.shares.iter().map(share).collect::<Vec<_>>(),
        "shipping_shares": applied.shipping_shares.iter().map(shipping).collect::<Vec<_>>(),
        "funding": funding,
    })
}

fn show_figures(figures: &Figures, cart: &Cart) -> Value {
    let sellers = figures.sellers.iter().map(|seller| {
        json!({
            "seller": seller.seller, "subtotal": seller.subtotal, "shipping": seller.shipping,
            "discount": seller.discount, "total": seller.total,
        })
    });
    let lines = figures.lines.iter().zip(cart.lines()).map(|(figures, line)| {
        json!({"id": line.id, "subtotal": figures.subtotal, "discount": figures.discount, "total": figures.total})
    });
    json!({
        "subtotal": figures.subtotal, "shipping": figures.shipping, "discount": figures.discount,
        "total": figures.total, "sellers": sellers.collect::<Vec<_>>(), "lines": lines.collect::<Vec<_>>(),
    })
}

/// In the words of the case: a coupon by its name.
fn show(quote: &Quote, cart: &Cart, coupons: &[CaseCoupon]) -> Value {
    let not_applied = quote
        .not_applied
        .iter()
        .map(|entry| json!({"coupon": entry.used_by, "would_save": entry.would_save, "reasons": entry.reasons}));
    let shown = json!({
        "applied": quote.applied.iter().map(|applied| show_applied(applied, cart)).collect::<Vec<_>>(),
        "not_applied": not_applied.collect::<Vec<_>>(),
        "figures": show_figures(&figures(cart, quote.applied.iter()), cart),
    });
    let mut text = shown.to_string();
    for coupon in coupons {
        text = text.replace(&CouponId::from_uid(id(&coupon.name)).to_string(), &coupon.name);
    }
    serde_json::from_str(&text).expect("still JSON")
}

fn show_refusal(refusal: &Refusal) -> Value {
    let errors = refusal.errors.iter().map(|error| {
        let mut shown = serde_json::to_value(&error.reason).expect("a reason is JSON");
        shown["pointer"] = json!(error.pointer);
        shown
    });
    json!({"refused": errors.collect::<Vec<_>>()})
}

/// What a case comes to with its coupons in this order.
fn run(case: &Value, backwards: bool) -> Value {
    let members = members(case, &["says", "cart", "only_seller", "coupons", "use", "now", "expect"]);
    let mut cart = match cart(&case["cart"]) {
        Ok(cart) => cart,
        Err(refusal) => return show_refusal(&refusal),
    };
    if let Some(seller) = members.get("only_seller") {
        cart = cart.only_seller(&of::<SellerId>(seller)).expect("the cart has the seller");
    }
    let mut coupons = Vec::new();
    for value in members.get("coupons").and_then(Value::as_array).unwrap_or(&Vec::new()) {
        match coupon(value, &cart) {
            Ok(coupon) => coupons.push(coupon),
            Err(refusal) => return show_refusal(&refusal),
        }
    }
    let names: BTreeSet<&str> = coupons.iter().map(|coupon| coupon.name.as_str()).collect();
    assert_eq!(names.len(), coupons.len(), "each coupon's id once");
    if backwards {
        coupons.reverse();
    }
    let now = members.get("now").map_or_else(|| time(&json!("2026-11-15T00:00:00Z")), time);
    let candidates: Vec<Candidate<'_>> = coupons.iter().map(CaseCoupon::candidate).collect();
    let mut named: Vec<usize> = Vec::new();
    let choice = match (members.get("use"), members.get("use").and_then(Value::as_str)) {
        (None, _) | (_, Some("best")) => Choice::Best,
        (_, Some("none")) => Choice::Named(&[]),
        (Some(naming), _) => {
            let place = |name: &Value| coupons.iter().position(|coupon| *name == coupon.name).expect("a coupon's name");
            let names = &self::members(naming, &["coupons"])["coupons"];
            named.extend(names.as_array().expect("names").iter().map(place));
            Choice::Named(&named)
        }
    };
    show(&quote(&cart, &candidates, choice, now), &cart, &coupons)
}

/// Whether all that is expected is there. Of a reason nothing may be left out.
fn agrees(expected: &Value, given: &Value) -> bool {
    match (expected, given) {
        (Value::Object(expected), Value::Object(given)) => expected.iter().all(|(name, value)| {
            given.get(name).is_some_and(|given| if name == "reasons" { value == given } else { agrees(value, given) })
        }),
        (Value::Array(expected), Value::Array(given)) => {
            expected.len() == given.len() && expected.iter().zip(given).all(|(expected, given)| agrees(expected, given))
        }
        _ => expected == given,
    }
}

/// JSON in which no member is given twice: the first would be lost unseen, and with it a case or an expectation.
struct Once(Value);

impl<'de> de::Deserialize<'de> for Once {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> de::Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut access: A) -> Result<Once, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(value)) = access.next_element()? {
            list.push(value);
        }
        Ok(Once(list.into()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Once, A::Error> {
        let mut object = Map::new();
        while let Some((name, Once(value))) = access.next_entry::<String, Once>()? {
            if object.insert(name.clone(), value).is_some() {
                return Err(de::Error::custom(format!("{name} is given twice")));
            }
        }
        Ok(Once(object.into()))
    }
}

/// The value with one part of it made wrong, for every part: each figure and word changed, each member's name unknown,
/// each list longer and shorter.
fn spoilt(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                for wrong in spoilt(member) {
                    let mut copy = object.clone();
                    copy.insert(name.clone(), wrong);
                    all.push(copy.into());
                }
                let mut copy = object.clone();
                let member = copy.remove(name).expect("a member");
                copy.insert(format!("{name}_"), member);
                all.push(copy.into());
            }
        }
        Value::Array(list) => {
            for (place, element) in list.iter().enumerate() {
                for wrong in spoilt(element) {
                    let mut copy = list.clone();
                    copy[place] = wrong;
                    all.push(copy.into());
                }
            }
            let mut longer = list.clone();
            longer.push(json!({}));
            all.push(longer.into());
            if !list.is_empty() {
                all.push(list[1..].to_vec().into());
            }
        }
        Value::Number(number) => all.push(json!(number.as_i64().expect("an integer") + 1)),
        Value::String(text) => all.push(json!(format!("{text}_"))),
        Value::Bool(_) | Value::Null => all.push(json!("spoilt")),
    }
    all
}

fn cases() -> Vec<(String, Value)> {
    fn read(folder: &Path, cases: &mut Vec<(String, Value)>) {
        let mut entries: Vec<_> =
            fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                read(&path, cases);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a file");
            let Once(file) = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let Value::Object(file) = file else { panic!("{}: not named cases", path.display()) };
            cases.extend(file);
        }
    }
    let mut cases = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), &mut cases);
    cases
}

#[test]
fn every_case_comes_to_what_it_expects_whatever_the_order_of_its_coupons() {
    let mut failed = Vec::new();
    let mut names = BTreeSet::new();
    for (name, case) in cases() {
        assert!(names.insert(name.clone()), "two cases are called {name}");
        for backwards in [false, true] {
            let given = run(&case, backwards);
            if !agrees(&case["expect"], &given) {
                eprintln!("{name}, backwards {backwards}: expected {:#}\ngiven {given:#}\n", case["expect"]);
                failed.push(name.clone());
            }
        }
    }
    assert_eq!(failed, Vec::<String>::new());
    assert!(names.len() >= 130, "the cases are found");
}

#[test]
fn every_expectation_is_compared() {
    for (name, case) in cases() {
        let given = run(&case, false);
        let wrong = spoilt(&case["expect"]);
        assert!(!wrong.is_empty(), "{name} expects nothing");
        for wrong in wrong {
            assert!(!agrees(&wrong, &given), "{name} agrees with {wrong:#}");
        }
    }
}

#[test]
fn what_a_case_cannot_say_is_refused() {
    let refused = |case: Value| std::panic::catch_unwind(move || run(&case, false)).is_err();
    let coupon = json!({"id": "A", "terms": {"benefit": {"type": "amount_off", "amount": 1}}});
    let case = json!({"cart": {"lines": [{"unit_price": 1}]}, "coupons": [coupon], "use": "best", "expect": {}});
    assert!(!refused(case.clone()));
    for (place, wrong) in [
        ("", json!({"expects": {}})),
        ("/cart", json!({"only": "luma"})),
        ("/cart/lines/0", json!({"price": 1})),
        ("/coupons/0", json!({"benefit": {}})),
        ("/coupons/0", json!({"state": "gone"})),
        ("/coupons/0", json!({"state": {"on_order": "A-1", "since": 1}})),
        ("/coupons/0/terms", json!({"minimum": 1})),
        ("/coupons/0/terms", json!({"scope": {"product": []}})),
        ("", json!({"use": "worst"})),
        ("", json!({"use": {"coupons": ["B"]}})),
        ("", json!({"use": {"coupons": ["A"], "codes": []}})),
        ("", json!({"coupons": [coupon, coupon]})),
    ] {
        let mut case = case.clone();
        let object = case.pointer_mut(place).and_then(Value::as_object_mut).expect("an object");
        object.extend(wrong.as_object().expect("members").clone());
        assert!(refused(case), "{place} {wrong}");
    }
    assert!(serde_json::from_str::<Once>(r#"{"a": {"b": 1, "b": 2}}"#).is_err());
    assert!(serde_json::from_str::<Once>(r#"{"a": {"b": 1, "c": [0, "x", null, true, -1]}}"#).is_ok());
}

#[test]
fn the_cases_give_every_reason_that_a_quote_can_give() {
    let mut codes = BTreeSet::new();
    let mut because = BTreeSet::new();
    for (_, case) in cases() {
        let given = run(&case, false);
        let not_applied = given["not_applied"].as_array().into_iter().flatten();
        let reasons = not_applied.flat_map(|entry| entry["reasons"].as_array().expect("reasons"));
        for reason in reasons.chain(given["refused"].as_array().into_iter().flatten()) {
            codes.insert(reason["code"].as_str().expect("a code").to_owned());
            because.extend(reason["because"].as_str().map(str::to_owned));
        }
    }
    let missing: Vec<_> = CODES.iter().filter(|code| !codes.contains(**code)).collect();
    assert!(missing.is_empty(), "no case gives {missing:?}");
    assert_eq!(because, ["excluded", "on_sale", "scope"].map(str::to_owned).into());
    assert!(CODES.iter().all(|code| Reason::ALL.iter().any(|(known, _)| known == code)), "a code of the closed list");
}
