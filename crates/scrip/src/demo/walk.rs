use serde_json::{Value, json};

use super::{
    seed::Campaigns,
    shop::{Answered, Shop},
};
use crate::failure::Failure;

/// A walk through the rules. Every figure comes from an answer and is compared with what it must be.
pub(crate) struct Walk {
    pub shop: Shop,
    right: usize,
    wrong: Vec<String>,
}

impl Walk {
    pub const fn new(shop: Shop) -> Self {
        Self { shop, right: 0, wrong: Vec::new() }
    }

    /// Prints one line of the walk, and what was found where it isn't what it must be.
    fn line(&mut self, what: &str, found: &str, expected: &str) {
        if found == expected {
            self.right += 1;
            say!("  ✓ {what:<58} {found}");
        } else {
            say!("  ✗ {what:<58} {found}\n    expected {:>49} {expected}", "");
            self.wrong.push(what.to_owned());
        }
    }

    /// The sum of it; true if all is right.
    pub fn report(&self) -> bool {
        say!("\n{} of {} figures are as the rules say.", self.right, self.right + self.wrong.len());
        self.wrong.is_empty()
    }

    pub async fn through(&mut self, campaigns: &Campaigns) -> Result<(), Failure> {
        say!("Collecting");
        self.collecting(campaigns).await?;
        say!("Quoting");
        self.quoting(campaigns).await?;
        say!("Ordering");
        self.ordering().await?;
        say!("Refunds");
        self.refunds(campaigns).await?;
        say!("Under load");
        self.under_load(campaigns).await
    }

    async fn collect(&self, account: &str, campaign: &str) -> Result<Answered, Failure> {
        self.shop.post(&format!("/v1/accounts/{account}/coupons"), &json!({"campaign": campaign})).await
    }

    async fn collecting(&mut self, campaigns: &Campaigns) -> Result<(), Failure> {
        let coupon = self.collect("ana", &campaigns.welcome).await?;
        self.line("a platform coupon, collected", &coupon.text("/status"), "valid");
        let again = self.collect("ana", &campaigns.welcome).await?;
        self.line("a second one for the same person (S3)", &again.text("/code"), "individual_limit_reached");
        let other = self.shop.get(&format!("/v1/accounts/ben/coupons/{}", coupon.text("/id"))).await?;
        self.line(
            "somebody else looks at it (S10)",
            &format!("{} {}", other.status, other.text("/code")),
            "404 not_found",
        );
        let wrong = self.shop.post("/v1/accounts/ana/coupons", &json!({"code": "NOSUCHCODE"})).await?;
        self.line("a code that doesn't exist", &wrong.text("/code"), "code_not_usable");
        Ok(())
    }

    async fn quoting(&mut self, campaigns: &Campaigns) -> Result<(), Failure> {
        let quotes = "/v1/accounts/ana/quotes";
        let at_minimum = self.shop.post(quotes, &json!({"cart": cart_of(&[("luma", 2_000, 1, false)], &[])})).await?;
        let missing = at_minimum.number("/not_applied/0/reasons/0/missing");
        self.line("20.00 doesn't exceed a minimum of 20.00 (S6): missing", &money(missing), "0.01");
        let above = self.shop.post(quotes, &json!({"cart": cart_of(&[("luma", 2_001, 1, false)], &[])})).await?;
        self.line("20.01 does: discount", &money(above.number("/discount")), "5.00");
        let on_sale = self.shop.post(quotes, &json!({"cart": cart_of(&[("luma", 9_000, 1, true)], &[])})).await?;
        let because = on_sale.text("/not_applied/0/reasons/0/because");
        self.line("an item on sale isn't discounted (S5): because", &because, "on_sale");
        let three = self.shop.post(quotes, &json!({"cart": cart_of(&[("luma", 1_000, 3, false)], &[])})).await?;
        let units = three.body.pointer("/applied/0/shares/0/units").cloned().unwrap_or(Value::Null);
        self.line("5.00 over 3 × 10.00, per unit", &units_text(&units), "1.67 1.67 1.66");

        let luma = self.collect("ana", &campaigns.luma).await?;
        self.line("a seller's coupon, collected", &luma.text("/status"), "valid");
        let both = json!({"cart": cart_of(&[("luma", 3_000, 2, false), ("tako", 4_000, 1, false)], &[("luma", 500)])});
        let quote = self.shop.post(quotes, &both).await?;
        self.line("two sellers, best combination: discount", &money(quote.number("/discount")), "11.00");
        self.line("  of it at luma", &money(quote.number("/sellers/0/discount")), "8.87");
        self.line("  of it at tako", &money(quote.number("/sellers/1/discount")), "2.13");
        self.line("  to pay, with 5.00 shipping", &money(quote.number("/total")), "94.00");

        // 22.00 at luma: with 10 % off 19.80 are left, which is under the platform's minimum.
        let joint = self.shop.post(quotes, &json!({"cart": cart_of(&[("luma", 2_200, 1, false)], &[])})).await?;
        self.line("the seller's 2.20 would cost the platform's 5.00: best", &money(joint.number("/discount")), "5.00");
        let reason = joint.text("/not_applied/0/reasons/0/code");
        self.line("  the seller's coupon is left out", &reason, "not_in_best_combination");
        let group = json!({"cart": both["cart"], "only_seller": "tako"});
        let only = self.shop.post(quotes, &group).await?;
        self.line("buy all from tako only (S21): to pay", &money(only.number("/total")), "35.00");
        Ok(())
    }

    async fn ordering(&mut self) -> Result<(), Failure> {
        let orders = "/v1/accounts/ana/orders";
        let cart = cart_of(&[("luma", 3_000, 2, false), ("tako", 4_000, 1, false)], &[("luma", 500)]);
        let request = json!({"id": "A-1", "cart": cart, "expect_discount": 1100});
        let placed = self.shop.post(orders, &request).await?;
        self.line("an order, placed", &placed.text("/status"), "placed");
        self.line("its coupons wait (S14): inactive", &self.summary("ana").await?, "0 valid, 2 inactive, 0 used");
        let again = self.shop.post(orders, &request).await?;
        self.line("the same order again: the one there is", &again.status.to_string(), "200");
        let changed = json!({"id": "A-2", "cart": cart, "expect_discount": 1100});
        let changed = self.shop.post(orders, &changed).await?;
        self.line("another order can't have them", &changed.text("/code"), "quote_changed");
        let paid = self.shop.post("/v1/accounts/ana/orders/A-1/pay", &json!({})).await?;
        self.line("paid", &paid.text("/status"), "paid");
        self.shop.post("/v1/accounts/ana/orders/A-1/close", &json!({"seller": "luma"})).await?;
        self.line("luma closed, tako open", &self.summary("ana").await?, "0 valid, 1 inactive, 1 used");
        let closed = self.shop.post("/v1/accounts/ana/orders/A-1/close", &json!({})).await?;
        self.line("all closed", &closed.text("/status"), "closed");
        self.line("the coupons are used (S16)", &self.summary("ana").await?, "0 valid, 0 inactive, 2 used");
        Ok(())
    }

    async fn refunds(&mut self, campaigns: &Campaigns) -> Result<(), Failure> {
        let part = json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}]});
        let refund = self.shop.post("/v1/accounts/ana/orders/A-1/refunds", &part).await?;
        self.line("one lamp back: cash", &money(refund.number("/amount")), "25.56");
        self.line("  a partial refund keeps the coupons (S18, S19)", &outcomes(&refund), "kept kept");
        let rest = self.shop.post("/v1/accounts/ana/orders/A-1/refunds", &json!({"id": "r-2", "all": true})).await?;
        self.line("the rest back, shipping too: cash", &money(rest.number("/amount")), "68.44");
        self.line("  all together what was paid", &money(refund.number("/amount") + rest.number("/amount")), "94.00");
        self.line("  full: the seller's is kept, the platform's returns", &outcomes(&rest), "kept returned");
        self.line("the wallet now", &self.summary("ana").await?, "1 valid, 0 inactive, 1 used");

        let cart = cart_of(&[("luma", 3_000, 1, false)], &[]);
        let order = json!({"id": "B-1", "cart": cart, "use": "none", "codes": ["save-10"]});
        let direct = self.shop.post("/v1/accounts/ben/orders", &order).await?;
        self.line("a code used directly at Place Order: discount", &money(direct.number("/discount")), "3.00");
        self.shop.post("/v1/accounts/ben/orders/B-1/pay", &json!({})).await?;
        let full = self.shop.post("/v1/accounts/ben/orders/B-1/refunds", &json!({"id": "r-1", "all": true})).await?;
        self.line("  fully refunded: a code doesn't come back (S18)", &outcomes(&full), "kept");

        self.collect("cleo", &campaigns.shipping).await?;
        let shipped = json!({"id": "C-1", "cart": cart_of(&[("luma", 3_000, 1, false)], &[("luma", 600)])});
        let placed = self.shop.post("/v1/accounts/cleo/orders", &shipped).await?;
        self.line("free shipping: to pay", &money(placed.number("/total")), "30.00");
        let cancelled = self.shop.post("/v1/accounts/cleo/orders/C-1/cancel", &json!({})).await?;
        self.line("  cancelled before payment", &cancelled.text("/status"), "cancelled");
        self.line("  the coupon is back", &self.summary("cleo").await?, "1 valid, 0 inactive, 0 used");
        Ok(())
    }

    async fn under_load(&mut self, campaigns: &Campaigns) -> Result<(), Failure> {
        let mut claims = tokio::task::JoinSet::new();
        for shopper in 0..200 {
            let shop = self.shop.clone();
            let body = json!({"campaign": campaigns.rush});
            claims.spawn(async move { shop.post(&format!("/v1/accounts/rush-{shopper}/coupons"), &body).await });
        }
        let (mut granted, mut sold_out) = (0, 0);
        while let Some(claim) = claims.join_next().await {
            let answer = claim.map_err(|error| Failure::of("claiming", &error))??;
            granted += u32::from(answer.status == 201);
            sold_out += u32::from(answer.text("/code") == "sold_out");
        }
        self.line(
            "200 at once for 50 coupons",
            &format!("{granted} granted, {sold_out} sold out"),
            "50 granted, 150 sold out",
        );
        let entries = self
            .shop
            .ask(reqwest::Method::GET, "/v1/ledger/entries?limit=100", &self.shop.operator.clone(), None)
            .await?;
        let (mut debit, mut credit) = (0, 0);
        for entry in entries.body["data"].as_array().into_iter().flatten() {
            for posting in entry["postings"].as_array().into_iter().flatten() {
                debit += posting["debit"].as_i64().unwrap_or_default();
                credit += posting["credit"].as_i64().unwrap_or_default();
            }
        }
        self.line("the ledger balances: debits less credits", &money(debit - credit), "0.00");
        Ok(())
    }

    async fn summary(&self, account: &str) -> Result<String, Failure> {
        let summary = self.shop.get(&format!("/v1/accounts/{account}/coupons/summary")).await?;
        let (valid, inactive, used) = (summary.number("/valid"), summary.number("/inactive"), summary.number("/used"));
        Ok(format!("{valid} valid, {inactive} inactive, {used} used"))
    }
}

/// A cart of lines `l1`, `l2` …: seller, unit price, quantity, on sale.
fn cart_of(lines: &[(&str, i64, u32, bool)], shipping: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(place, (seller, price, quantity, on_sale))| {
            json!({"id": format!("l{}", place + 1), "seller": seller, "product": format!("{seller}-lamp"),
                "unit_price": price, "quantity": quantity, "on_sale": on_sale})
        })
        .collect();
    let shipping: Vec<Value> =
        shipping.iter().map(|(seller, amount)| json!({"seller": seller, "amount": amount})).collect();
    json!({"currency": "USD", "lines": lines, "shipping": shipping})
}

/// Minor units of a currency with two digits, as people write them.
fn money(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
}

fn units_text(units: &Value) -> String {
    let mut parts = Vec::new();
    for run in units.as_array().into_iter().flatten() {
        for _ in 0..run["count"].as_u64().unwrap_or_default() {
            parts.push(money(run["amount"].as_i64().unwrap_or(i64::MIN)));
        }
    }
    parts.join(" ")
}

fn outcomes(refund: &Answered) -> String {
    let coupons = refund.body["coupons"].as_array().cloned().unwrap_or_default();
    coupons.iter().filter_map(|coupon| coupon["outcome"].as_str()).collect::<Vec<_>>().join(" ")
}
