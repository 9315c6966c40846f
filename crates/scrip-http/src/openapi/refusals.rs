//! Which reasons an operation may be refused with. The tests of the contract hold every answer that they see against this.

use serde_json::{Value, json};

use super::{schema::reference, sides::for_each_operation};

/// By operation: status and codes, beside what [`declare`] says of all.
type Own = &'static [(u16, &'static [&'static str])];

/// Why a coupon can't be used on an order, where time changes nothing …
const UNUSABLE: &[&str] = &[
    "amount_out_of_range",
    "coupon_not_found",
    "coupon_reclaimed",
    "coupon_expired",
    "not_started",
    "campaign_paused",
    "currency_mismatch",
    "seller_not_in_cart",
    "no_eligible_line",
    "minimum_spend_not_met",
    "condition_not_met",
    "exclusive_coupon_applied",
    "stacking_group_taken",
    "nothing_left_to_discount",
    "code_not_usable",
    "channel_not_offered",
];

/// … and where it may.
const TAKEN: &[&str] = &[
    "coupon_on_order",
    "coupon_used",
    "campaign_budget_exhausted",
    "campaign_not_live",
    "claims_not_open",
    "sold_out",
    "individual_limit_reached",
    "wallet_full",
    "code_uses_exhausted",
    "code_used",
    "code_revoked",
    "code_expired",
];

const OWN: &[(&str, Own)] = &[
    ("create_campaign", &[(409, &["limit_reached"]), (422, &["funder_not_agreed"])]),
    (
        "change_campaign",
        &[
            (409, &["campaign_state", "limit_reached", "metadata_key_taken"]),
            (412, &["precondition_failed"]),
            (
                422,
                &[
                    "validity_is_fixed",
                    "terms_are_frozen",
                    "limit_may_only_grow",
                    "funder_not_agreed",
                    "budget_required",
                ],
            ),
            (428, &["precondition_required"]),
        ],
    ),
    ("publish_campaign", &[(409, &["campaign_state", "limit_reached"]), (422, &["budget_required", "validity_over"])]),
    ("pause_campaign", &[(409, &["campaign_state", "limit_reached"])]),
    ("resume_campaign", &[(409, &["campaign_state"])]),
    ("end_campaign", &[(409, &["campaign_state"])]),
    ("delete_campaign", &[(409, &["campaign_state"])]),
    (
        "add_codes",
        &[
            (409, &["campaign_state", "code_exists", "limit_reached"]),
            (422, &["channel_not_offered"]),
            (429, &["too_many_attempts"]),
        ],
    ),
    ("grant_coupons", &[(403, &["channel_not_allowed"]), (409, &["campaign_state"])]),
    ("claim_batch", &[(403, &["channel_not_allowed"])]),
    (
        "collect_coupon",
        &[
            (403, &["channel_not_allowed"]),
            (404, &["campaign_not_found"]),
            (
                409,
                &[
                    "campaign_not_live",
                    "claims_not_open",
                    "sold_out",
                    "individual_limit_reached",
                    "wallet_full",
                    "code_uses_exhausted",
                    "code_used",
                    "code_revoked",
                    "code_expired",
                ],
            ),
            (422, &["channel_not_offered", "code_not_usable"]),
            (429, &["too_many_attempts"]),
        ],
    ),
    ("quote_cart", &[(422, &["amount_out_of_range"]), (429, &["too_many_attempts"])]),
    (
        "place_order",
        &[
            (409, &["order_exists", "quote_changed"]),
            (409, TAKEN),
            (422, UNUSABLE),
            (422, TAKEN),
            (429, &["too_many_attempts"]),
        ],
    ),
    (
        "revise_order",
        &[
            (409, &["order_state", "quote_changed", "limit_reached"]),
            (409, TAKEN),
            (422, UNUSABLE),
            (422, TAKEN),
            (429, &["too_many_attempts"]),
        ],
    ),
    ("change_key", &[(409, &["limit_reached"])]),
    ("change_order", &[(409, &["limit_reached", "metadata_key_taken"])]),
    ("change_refund", &[(409, &["limit_reached", "metadata_key_taken"])]),
    ("extend_order", &[(409, &["order_state", "hold_expired", "limit_reached"])]),
    ("pay_order", &[(409, &["order_state", "hold_expired"])]),
    ("cancel_order", &[(409, &["order_state"]), (422, &["not_in_order"])]),
    ("close_order", &[(409, &["order_state", "order_not_paid"]), (422, &["not_in_order"])]),
    (
        "refund_order",
        &[
            (409, &["order_state", "order_not_paid", "refund_exists"]),
            (422, &["units_already_refunded", "amount_exceeds_paid", "not_in_order", "amount_out_of_range"]),
        ],
    ),
];

/// Declares the refusals of every operation.
pub fn declare(document: &mut Value) {
    for_each_operation(document, &mut |operation| {
        let codes = codes(operation);
        let mut by_status: Vec<(u16, Vec<&str>)> = Vec::new();
        for (status, code) in codes {
            match by_status.iter_mut().find(|(known, _)| *known == status) {
                Some((_, codes)) if codes.contains(&code) => {}
                Some((_, codes)) => codes.push(code),
                None => by_status.push((status, vec![code])),
            }
        }
        by_status.sort_by_key(|(status, _)| *status);
        let both = |codes: &[&str], other: u16| -> Vec<String> {
            let others = by_status.iter().find(|(known, _)| *known == other).map_or(&[][..], |(_, codes)| codes);
            codes.iter().filter(|code| others.contains(code)).map(|code| format!("`{code}`")).collect()
        };
        for (status, codes) in &by_status {
            let (status, codes) = (*status, codes.clone());
            let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            let mut text = format!("{}: {}", title(status), listed.join(", "));
            let shared = if status == 422 { both(&codes, 409) } else { Vec::new() };
            if !shared.is_empty() {
                text += &format!(
                    ". Those that 409 has too ({}) come with 422 where any of the answer's `errors` has a code that 422 alone has",
                    shared.join(", ")
                );
            }
            operation["responses"][status.to_string()] = json!({
                "description": text,
                "x-codes": codes,
                "content": {"application/problem+json": {"schema": reference("Problem")}},
            });
        }
    });
}

/// Everything that the operation may be refused with.
fn codes(operation: &Value) -> Vec<(u16, &'static str)> {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    let has_body = operation["requestBody"].is_object() || takes_nothing(id);
    let mut codes: Vec<(u16, &str)> = vec![(400, "invalid_field"), (400, "unknown_parameter")];
    if has_body {
        codes.extend([(400, "invalid_json"), (400, "unknown_field")]);
        codes.extend([(408, "request_timeout"), (413, "payload_too_large")]);
    }
    // What needs no key is refused to nobody.
    if operation["security"] != json!([{}]) {
        codes.extend([(401, "unauthenticated"), (403, "forbidden")]);
    }
    // An account is whatever the shop's server says: nobody is asked whether there is one.
    let is_found = id != "place_order";
    if is_found && parameters().any(|parameter| parameter["in"] == "path") {
        codes.push((404, "not_found"));
    }
    let own = OWN.iter().find(|(known, _)| *known == id).map_or(&[][..], |(_, own)| *own);
    codes.extend(own.iter().flat_map(|(status, codes)| codes.iter().map(|code| (*status, *code))));
    if parameters().any(|parameter| parameter["name"] == "Idempotency-Key") {
        codes.push((422, "idempotency_key_reused"));
    }
    codes.extend([(429, "rate_limited"), (500, "internal_fault"), (503, "store_unavailable")]);
    codes
}

/// Steps that take an empty body.
fn takes_nothing(id: &str) -> bool {
    [
        "publish_campaign",
        "pause_campaign",
        "resume_campaign",
        "end_campaign",
        "pay_order",
        "revoke_key",
        "revoke_code",
        "cancel_job",
    ]
    .contains(&id)
}

const fn title(status: u16) -> &'static str {
    match status {
        400 => "Malformed",
        401 => "No or no good key",
        403 => "The caller may not",
        404 => "Unknown, or somebody else's",
        408 => "The body didn't arrive in time",
        409 => "In conflict with the present state",
        412 => "Changed since that ETag",
        413 => "The body is too large",
        422 => "Understood, and refused by the rules",
        428 => "If-Match is missing",
        429 => "Too many; see Retry-After",
        500 => "A fault of ours",
        503 => "The store can't take it now",
        _ => "Refused",
    }
}
