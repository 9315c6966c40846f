//! What every member and parameter is, in words: those that no type says. One word means the same wherever it stands, so most are
//! said once; what means something else in one place has a line of its own.

use serde_json::{Value, json};

use super::sides::for_each_operation;

/// By name, wherever it stands.
const EVERYWHERE: &[(&str, &str)] = &[
    ("account", "The shopper's account: the integrator's own id, a pseudonym."),
    ("amount", "In the minor unit of the currency."),
    ("applied", "The coupons that are used, in the order in which they were applied."),
    ("benefit", "What a coupon gives."),
    ("campaign", "The campaign."),
    ("cart", "What is bought: lines and shipping of one or more sellers."),
    ("channel", "The way by which the coupon came to its holder."),
    ("claimed_at", "When the account got it."),
    ("claims", "When, where and by whom coupons may be claimed."),
    ("count", "How many."),
    ("coupon", "The coupon; null where there is none."),
    ("created_at", "When it was made."),
    ("credit", "In minor units; 0 on a debit."),
    ("currency", "ISO 4217. All amounts beside it are in its minor unit."),
    ("cursor", "Where to go on: the `next_cursor` of the page before. Without it: from the beginning."),
    ("data", "The entries of the page."),
    ("debit", "In minor units; 0 on a credit."),
    ("detail", "What it is, in words."),
    ("discount", "What coupons take off, in minor units."),
    ("expires_at", "From this time on it can't be used."),
    ("funder", "Who pays: `platform`, or `seller:` and the seller's percent-encoded id."),
    ("funding", "Who pays how much of the discount; only amounts above 0."),
    ("id", "The id."),
    ("issuer", "Who gives the coupons out: the platform, or a seller for its own goods."),
    ("limit", "How many entries at most: 1 to 100, 25 unless said otherwise."),
    ("limits", "How many coupons, for a person and in all, and how much discount."),
    ("line", "The line's id in the cart."),
    ("lines", "Line by line."),
    ("minimum_spend", "What must be bought at least; null: nothing."),
    ("name", "What people call it."),
    ("order", "The order; null where there is none."),
    ("percent_bp", "In basis points, 1 to 10,000: 1,000 is 10 %."),
    ("quantity", "Units."),
    ("reason", "Why, in the caller's words; null: none was given."),
    ("reasons", "Why not: all reasons, the first is the most telling."),
    ("refund", "The refund's id within its order."),
    ("request_id", "The `X-Request-Id` of an answer."),
    ("scope", "Which lines the coupon works on."),
    ("seller", "The seller: the integrator's own id."),
    ("sellers", "Seller by seller."),
    ("share_bp", "In basis points: 10,000 is all."),
    ("shipping", "For shipping, in minor units, before discounts."),
    ("source", "Which page or partner it came from; null: none was named."),
    ("stacking", "What may be used together with it."),
    ("starts_at", "From this time on it can be used."),
    ("status", "Where it is in its life, as of now."),
    ("subtotal", "Goods before discounts, in minor units."),
    ("terms_version", "Grows by one with every change of the terms."),
    ("total", "Subtotal and shipping less the discount, in minor units."),
    ("type", "Which kind it is."),
    ("unit_price", "Of one unit, in minor units, before discounts."),
    ("use", "Which coupons to use: `best`, `none`, or those that are named."),
    ("used", "How many are used up."),
    ("validity", "When a claimed coupon can be used."),
];

/// In one schema; `AmountOffBenefit` says it for `AmountOffBenefitRequest` too.
const IN: &[(&str, &str, &str)] = &[
    ("ApiKey", "id", "The key's id: not secret, and no key."),
    ("NewApiKey", "id", "The key's id: not secret, and no key."),
    ("Applied", "code", "The code by which it was used directly; null: a coupon of the wallet."),
    (
        "Applied",
        "coupon",
        "The coupon; null in a quote by a code that was used directly: there is none until the order is placed.",
    ),
    ("Applied", "discount", "What it takes off, shipping included, in minor units."),
    ("Applied", "shares", "How its discount on goods is divided among lines; only amounts above 0."),
    ("Applied", "shipping_shares", "How its discount on shipping is divided among sellers; only amounts above 0."),
    ("Attempt", "at", "When it was refused."),
    ("Attempt", "account", "Whose wallet or order it was about; null: nobody's."),
    ("Attempt", "campaign", "The campaign that was named; null: none."),
    ("Attempt", "order", "The order that it was about, also one that was to be placed; null: none."),
    ("Attempt", "role", "What the caller is."),
    ("Attempt", "status", "Of the answer."),
    ("AttemptReason", "code", "The stable code."),
    ("AttemptReason", "params", "The parameters of the code."),
    ("AttemptReason", "pointer", "JSON pointer into the request; null: about no place there."),
    ("BatchClaim", "channel", "`web` unless said otherwise."),
    ("BatchResult", "coupon", "With status 201, or 200 for one that it had before."),
    ("BatchResult", "problem", "Why not, with any other status."),
    ("BatchResult", "status", "As of a request of its own."),
    ("BatchResults", "results", "One for each claim, in their order."),
    ("Campaign", "counters", "What was given out and used."),
    (
        "Campaign",
        "status",
        "`draft`, `scheduled` before claims open, `live`, `paused`, `closed` after they closed, `ended`.",
    ),
    ("Cart", "lines", "1 to 500."),
    ("ClaimRequest", "campaign", "To collect from; or `code`."),
    ("ClaimRequest", "code", "To activate, as it was typed; or `campaign`."),
    ("Code", "kind", "One string for many, or one of many strings."),
    ("Counters", "budget_held", "Of the budget, by orders that aren't paid: minor units. Not told to storefronts."),
    ("Counters", "budget_spent", "Of the budget, by paid orders: minor units. Not told to storefronts."),
    ("Counters", "claimed", "Coupons that accounts ever got."),
    ("Counters", "on_orders", "Coupons that are on orders now."),
    ("Counters", "reclaimed", "Coupons that were ever taken back for abuse."),
    ("Counters", "returned", "Coupons that ever came back by refunds."),
    ("Counters", "used", "Coupons that are used up now."),
    ("Coupon", "account", "Whose it is."),
    ("CurrencyEntry", "code", "ISO 4217."),
    ("CurrencyEntry", "status", "`superseded`: nobody pays with it any more; new campaigns can't have it."),
    ("Distribution", "claimed", "Coupons claimed."),
    ("Event", "at", "When it happened. In order for an account, not across accounts."),
    ("Event", "id", "Told twice, it is the same event."),
    ("Event", "sellers", "Whose transactions it is about."),
    ("Grant", "coupon", "With status 201, or 200 for one that it had before."),
    ("Grant", "problem", "Why not, with any other status."),
    ("Grant", "status", "As of a claim of its own."),
    ("LedgerEntry", "at", "When it was booked."),
    ("LedgerEntry", "kind", "What was booked."),
    ("LedgerEntry", "postings", "They add up to zero."),
    ("Limit", "limit", "How many are allowed; null: any number."),
    ("Line", "id", "Unique in the cart."),
    ("Line", "product", "The integrator's own id."),
    ("LineFigures", "id", "As in the cart."),
    ("LineFigures", "discount", "Of goods alone, in minor units."),
    ("LineFigures", "total", "Subtotal less discount, in minor units."),
    ("MinimumSpend", "amount", "In minor units of the campaign's currency."),
    (
        "MinimumSpend",
        "base",
        "Whether earlier discounts count: eligible lines after the seller's own coupons, or before any.",
    ),
    ("MinimumSpend", "comparison", "Whether the amount must be more than that, or just that."),
    ("NotApplied", "campaign", "The coupon's; null for a code that nobody may know of."),
    (
        "NotApplied",
        "code",
        "The code that was entered, as it is compared: in capitals, without spaces and dashes; null: a coupon of the wallet.",
    ),
    ("NotApplied", "would_save", "What it would take off alone, in minor units; 0: it doesn't apply."),
    ("Offer", "claims_end_at", "Until when it can be collected; null: no end."),
    ("Offer", "per_individual", "How many a person may have; null: any number."),
    ("Order", "applied", "The coupons that are used, in the order in which they were applied."),
    ("Order", "hold_expires_at", "Until then it is to be paid; later its coupons are free again."),
    ("Order", "paid_at", "When it was paid; null: it isn't."),
    ("Order", "placed_at", "When it was placed."),
    ("Order", "refunded", "Whether all units and amounts went back, some, or none."),
    ("Order", "refunds", "In the order in which they were made."),
    (
        "Order",
        "status",
        "`placed` until it is paid, then `paid`, `closed` when all transactions have ended; or `cancelled`.",
    ),
    ("Order", "transactions", "One for each seller."),
    ("Posting", "campaign", "Whose discount it is about; null: none."),
    ("Posting", "line", "The line of the order; null: shipping, or none."),
    ("Posting", "seller", "Whose goods or shipping it is about; null: none."),
    ("Problem", "status", "As the answer's status."),
    ("Problem", "title", "The status in words."),
    ("ProblemError", "code", "The stable code."),
    (
        "Quote",
        "not_applied",
        "Valid coupons of the wallet that aren't used, and all that were named, with the reasons.",
    ),
    ("Reason", "code", "The stable code."),
    ("Refund", "amounts", "Money without goods, by line."),
    ("Refund", "at", "When it was recorded."),
    ("Refund", "coupons", "What became of the order's coupons."),
    ("Refund", "goods", "Cash for goods, in minor units."),
    ("Refund", "id", "The integrator's own, within the order."),
    ("Refund", "lines", "Units, by line."),
    ("Refund", "order_refunded", "What the order is from then on."),
    ("Refund", "shipping", "Cash for shipping, in minor units."),
    ("Refund", "shipping_refunds", "By seller."),
    (
        "RefundPolicy",
        "cancel_before_payment",
        "What becomes of the coupon when the order is cancelled unpaid: it returns.",
    ),
    ("RefundPolicy", "full_refund", "What becomes of it when all that it discounted goes back."),
    ("RefundPolicy", "partial_refund", "What becomes of it when a part goes back: it is kept."),
    ("RefundRequest", "shipping", "Cash for shipping, by seller."),
    ("RefundedCoupon", "coupon", "The coupon."),
    (
        "RefundedCoupon",
        "outcome",
        "`kept`: still on the order or used. `returned`: valid again. `expired`: returned, past its time.",
    ),
    ("RefundedLine", "amount", "Cash for these units, in minor units."),
    ("Scope", "categories", "Lines of these. Together with `products`: lines of either."),
    ("Scope", "exclude_categories", "Never lines of these, whatever else is said."),
    ("Scope", "exclude_products", "Never these, whatever else is said."),
    ("Scope", "include_on_sale", "Whether lines count that are on sale already."),
    ("Scope", "products", "These alone. Together with `categories`: lines of either."),
    ("SeenCode", "last4", "The end of the code."),
    ("SellerFigures", "discount", "Shipping included, in minor units."),
    ("SellerLimits", "campaigns_draft", "Drafts."),
    ("SellerRequest", "seller", "Null or absent: all."),
    ("SharedCode", "id", "For taking it back."),
    ("SharedCode", "max_uses", "How often it may be used in all; null: any number."),
    ("SharedCodesRequest", "code", "3 to 40 letters A–Z and digits; white space and dashes don't count."),
    ("SharedCodesRequest", "max_uses", "How often it may be used in all; null: any number."),
    ("SharedCodesRequest", "kind", "One string for many people."),
    ("SharedCodesRequest", "source", "Which partner the code is for; null: none."),
    ("SourceStock", "stock", "How many coupons."),
    ("Stacking", "group", "Coupons of different groups may be used together; null: the group of all that name none."),
    ("Tier", "amount", "What is taken off, at least 1, in minor units."),
    ("Tier", "over", "The eligible amount must exceed this, in minor units."),
    ("Transaction", "status", "`open` until it is closed, refunded or cancelled."),
    ("UniqueCodesRequest", "kind", "Many strings, each for one person."),
    ("UniqueCodesRequest", "source", "Which partner the codes are for; null: none."),
    ("UnitShare", "count", "Units in a row that have the same share."),
    ("UnitShare", "amount", "Of each of these units, in minor units."),
    ("WalletSummary", "expired", "How many can't be used any more."),
    ("WalletSummary", "inactive", "How many are on orders."),
    ("WalletSummary", "reclaimed", "How many were taken back for abuse."),
    ("WalletSummary", "used", "How many are used up."),
    ("WalletSummary", "valid", "How many can be used, now or from their start on."),
    ("Warning", "code", "A stable code."),
    ("AfterClaimValidity", "time_zone", "IANA's name, such as `Europe/Madrid`; null: `days` times 24 hours."),
    ("NamedCoupons", "coupons", "Exactly these, at most 100."),
    ("PercentOffBenefit", "percent_bp", "In basis points, 1 to 10,000: 1,000 is 10 %."),
];

/// Amounts of which none is no amount: the schema of an amount has a least of 0.
pub const AT_LEAST_ONE: &[(&str, &str)] = &[
    ("AmountOffBenefitRequest", "amount"),
    ("PercentOffBenefitRequest", "cap"),
    ("FreeShippingBenefitRequest", "cap"),
    ("TierRequest", "amount"),
    ("RefundAmountRequest", "amount"),
];

/// Says them.
pub fn tell(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut();
    for (schema, body) in schemas.into_iter().flatten() {
        for (name, member) in body.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            if AT_LEAST_ONE.contains(&(schema, name)) {
                member["minimum"] = json!(1);
            }
            say(schema, name, member);
        }
    }
    for_each_operation(document, &mut |operation| {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            say("", &name, parameter);
        }
    });
}

fn say(schema: &str, name: &str, member: &mut Value) {
    if member["description"].is_string() {
        return;
    }
    let plain = schema.strip_suffix("Request").or_else(|| schema.strip_suffix("Patch")).unwrap_or(schema);
    let of = |schema: &str| IN.iter().find(|row| (row.0, row.1) == (schema, name)).map(|row| row.2);
    let anywhere = || EVERYWHERE.iter().find(|row| row.0 == name).map(|row| row.1);
    if let Some(text) = of(schema).or_else(|| of(plain)).or_else(anywhere) {
        member["description"] = json!(text);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::contract;

    #[test]
    fn every_line_is_said_somewhere() {
        let document = contract();
        let mut said: BTreeSet<&str> = BTreeSet::new();
        for schema in document["components"]["schemas"].as_object().expect("schemas").values() {
            let members = schema["properties"].as_object().into_iter().flatten();
            said.extend(members.filter_map(|(_, member)| member["description"].as_str()));
        }
        for operation in
            document["paths"].as_object().expect("paths").values().flat_map(|item| item.as_object()).flatten()
        {
            let parameters = operation.1["parameters"].as_array().into_iter().flatten();
            said.extend(parameters.filter_map(|parameter| parameter["description"].as_str()));
        }
        let lines = IN.iter().map(|row| row.2).chain(EVERYWHERE.iter().map(|row| row.1));
        let dead: Vec<&str> = lines.filter(|text| !said.contains(text)).collect();
        assert!(dead.is_empty(), "said of nothing: {dead:#?}");
    }
}
