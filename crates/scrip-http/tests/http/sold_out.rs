//! Claims of what is given out.

use serde_json::json;

use crate::shop::{Shop, off, with};

/// A refusal as sold out needs no turn of its own from the second on: it must be the one that its turn would give.
#[test]
fn what_is_sold_out_is_refused_as_by_the_rules_until_something_comes_back() {
    let shop = Shop::new();
    let terms = json!({"limits": {"stock": 1, "budget": "unlimited"}, "claims": {"channels": ["web"]}});
    let campaign = shop.live(&with(off(500), &terms));
    let claim = |account: &str| json!({"campaign": campaign, "source": format!("of-{account}")});
    let path = |account: &str| format!("/v1/accounts/{account}/coupons");
    let claims = |account: &str| shop.post(&shop.storefront, &path(account), &claim(account));
    let keyed = || {
        shop.ask("POST", &path("ana")).by(&shop.storefront).header("idempotency-key", "k").json(&claim("ana")).send()
    };
    let first = keyed().is(201);
    for account in ["ben", "ben", "ana", "cleo"] {
        claims(account).refused(409, "sold_out");
    }
    assert_eq!(keyed().is(201)["/id"], first["/id"], "what was done before is told again");
    let step = |name: &str| shop.post(&shop.operator, &format!("/v1/campaigns/{campaign}/{name}"), &json!({})).is(200);
    step("pause");
    claims("ben").refused(409, "campaign_not_live");
    step("resume");
    claims("ben").refused(409, "sold_out");
    shop.post(&shop.storefront, &path("ben"), &json!({"campaign": campaign, "channel": "partner"}))
        .refused(422, "channel_not_offered");
    let path_of = format!("/v1/campaigns/{campaign}");
    let raised = shop.ask("PATCH", &path_of).by(&shop.operator).header("if-match", "*");
    raised.json(&json!({"limits": {"stock": 2}})).send().is(200);
    claims("ben").is(201);
    claims("cleo").refused(409, "sold_out");
    claims("cleo").refused(409, "sold_out");
    step("end");
    claims("cleo").refused(409, "campaign_not_live");
}
