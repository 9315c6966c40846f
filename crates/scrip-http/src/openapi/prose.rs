//! What is said in words.

use serde_json::{Value, json};

use super::schema::each;

/// What each group of operations is about.
const TAGS: &[(&str, &str)] = &[
    ("Campaigns", "Promotion programmes that give out coupons: their terms and their life."),
    ("Codes", "Strings that give a coupon, and the jobs that make many of them."),
    ("Wallet", "The coupons that an account holds, and how it gets them."),
    ("Quotes", "What a cart would cost. Nothing is committed."),
    ("Orders", "Checkouts: coupons are held, used and given back with them."),
    ("Refunds", "Money back, by units, by amounts, by seller or all."),
    ("Events", "What happened, as a feed."),
    ("Money", "Currencies and their decimals."),
    ("Ledger", "Who paid which minor unit of which discount."),
    ("Reports", "Figures for the people who run the marketplace."),
    ("Operations", "Why something was refused."),
    ("Access", "API keys and shopper tokens."),
];

/// Takes our own words out of descriptions, and says what the groups are.
pub fn tell(document: &mut Value) {
    each(document, &mut |members| {
        if let Some(Value::String(text)) = members.get_mut("description") {
            *text = without_rules(text);
        }
    });
    document["tags"] = TAGS.iter().map(|(name, text)| json!({"name": name, "description": text})).collect();
    super::sides::for_each_operation(document, &mut |operation| {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            // Kept for those who read the feed by it before there were cursors.
            if parameter["in"] == "query" && parameter["name"] == "after" {
                parameter["deprecated"] = json!(true);
            }
        }
        if operation["description"].is_null() {
            operation["description"] = json!(format!("{}.", operation["summary"].as_str().unwrap_or_default()));
        }
    });
}

/// Without the numbers of our rules: `(S18, S19)`.
fn without_rules(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" (S") {
        let Some((inside, behind)) = after.split_once(')') else { break };
        said.push_str(before);
        if !inside.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | 'S' | '–')) {
            said.push_str(" (S");
            said.push_str(inside);
            said.push(')');
        }
        rest = behind;
    }
    said + rest
}
