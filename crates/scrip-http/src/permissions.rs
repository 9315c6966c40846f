//! Who may do what: one table for every operation. What isn't in it is refused.

use std::fmt::Write;

use scrip_core::event::Role;

use crate::openapi;

/// What a role may do with an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    All,
    /// The bound seller's or account's; a foreign object doesn't exist for the caller.
    Own,
    /// 403.
    No,
}

/// One operation: method, path, and the access of operator, seller, storefront, shopper.
pub struct Permission {
    pub method: &'static str,
    pub path: &'static str,
    pub access: [Access; 4],
}

const fn permission(method: &'static str, path: &'static str, access: [Access; 4]) -> Permission {
    Permission { method, path, access }
}

use Access::{All, No, Own};

/// Every operation under `/v1`.
pub const PERMISSIONS: &[Permission] = &[
    permission("POST", "/v1/campaigns", [All, Own, No, No]),
    permission("GET", "/v1/campaigns", [All, Own, All, No]),
    permission("GET", "/v1/campaigns/{campaign}", [All, Own, All, No]),
    permission("PATCH", "/v1/campaigns/{campaign}", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/publish", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/pause", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/resume", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/end", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/codes", [All, Own, No, No]),
    permission("GET", "/v1/campaigns/{campaign}/codes.csv", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/grants", [All, Own, No, No]),
    permission("GET", "/v1/jobs/{job}", [All, Own, No, No]),
    permission("POST", "/v1/claims/batch", [All, No, All, No]),
    permission("GET", "/v1/accounts/{account}/offers", [All, No, All, Own]),
    permission("POST", "/v1/accounts/{account}/coupons", [All, No, All, Own]),
    permission("GET", "/v1/accounts/{account}/coupons", [All, No, All, Own]),
    permission("GET", "/v1/accounts/{account}/coupons/summary", [All, No, All, Own]),
    permission("GET", "/v1/accounts/{account}/coupons/{coupon}", [All, No, All, Own]),
    permission("POST", "/v1/accounts/{account}/quotes", [All, No, All, Own]),
    permission("POST", "/v1/accounts/{account}/orders", [All, No, All, No]),
    permission("GET", "/v1/accounts/{account}/orders", [All, Own, All, Own]),
    permission("GET", "/v1/accounts/{account}/orders/{order}", [All, Own, All, Own]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/revise", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/extend", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/pay", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/cancel", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/close", [All, Own, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/refunds", [All, Own, All, Own]),
    permission("GET", "/v1/accounts/{account}/orders/{order}/refunds", [All, Own, All, Own]),
    permission("GET", "/v1/accounts/{account}/orders/{order}/refunds/{refund}", [All, Own, All, Own]),
    permission("GET", "/v1/coupons/{coupon}", [All, Own, All, No]),
    permission("GET", "/v1/orders", [All, Own, All, No]),
    permission("GET", "/v1/ledger/entries", [All, No, No, No]),
    permission("GET", "/v1/reports/distribution", [All, No, No, No]),
    permission("GET", "/v1/events", [All, Own, All, No]),
    permission("POST", "/v1/shopper-tokens", [All, No, All, No]),
    permission("GET", "/v1/attempts", [All, No, No, No]),
    permission("POST", "/v1/keys", [All, No, No, No]),
    permission("GET", "/v1/keys", [All, No, No, No]),
    permission("POST", "/v1/keys/{key}/revoke", [All, No, No, No]),
];

/// What `role` may do with an operation.
pub fn access(method: &str, path: &str, role: Role) -> Access {
    let column = match role {
        Role::Operator => 0,
        Role::Seller => 1,
        Role::Storefront => 2,
        Role::Shopper => 3,
    };
    PERMISSIONS
        .iter()
        .find(|permission| permission.method == method && permission.path == path)
        .map_or(No, |permission| permission.access[column])
}

/// The table as a page of the documentation, with each operation's summary.
pub fn permissions_page() -> String {
    let mut page = String::from(
        "# Who may do what\n\n\
         Made from `crates/scrip-http/src/permissions.rs` by its test; what isn't in this table is refused.\n\n\
         *all*: everything. *own*: what is of the key's seller or the token's account; anything else answers like \
         something that doesn't exist. –: 403. Without a good key: 401, whatever is asked under `/v1`.\n\n\
         | operation | | operator | seller | storefront | shopper |\n|---|---|---|---|---|---|\n",
    );
    for Permission { method, path, access } in PERMISSIONS {
        let [operator, seller, storefront, shopper] = access.map(Access::word);
        let what = openapi::summary(method, path).unwrap_or_default();
        let _ = writeln!(page, "| `{method} {path}` | {what} | {operator} | {seller} | {storefront} | {shopper} |");
    }
    page
}

impl Access {
    const fn word(self) -> &'static str {
        match self {
            All => "all",
            Own => "own",
            No => "–",
        }
    }
}
