//! Who may do what: one table for every operation. What isn't in it is refused.

use std::fmt::Write;

use scrip_core::event::Role;

use crate::contract::operation;

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
    permission("DELETE", "/v1/campaigns/{campaign}", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/publish", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/pause", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/resume", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/end", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/codes", [All, Own, No, No]),
    permission("GET", "/v1/campaigns/{campaign}/codes.csv", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/codes/{code}/revoke", [All, Own, No, No]),
    permission("POST", "/v1/campaigns/{campaign}/grants", [All, Own, No, No]),
    permission("GET", "/v1/jobs/{job}", [All, Own, No, No]),
    permission("POST", "/v1/jobs/{job}/cancel", [All, Own, No, No]),
    permission("GET", "/v1/sellers/{seller}/limits", [All, Own, No, No]),
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
    permission("PATCH", "/v1/accounts/{account}/orders/{order}", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/revise", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/extend", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/pay", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/cancel", [All, No, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/close", [All, Own, All, No]),
    permission("POST", "/v1/accounts/{account}/orders/{order}/refunds", [All, Own, All, Own]),
    permission("GET", "/v1/accounts/{account}/orders/{order}/refunds", [All, Own, All, Own]),
    permission("GET", "/v1/accounts/{account}/orders/{order}/refunds/{refund}", [All, Own, All, Own]),
    permission("PATCH", "/v1/accounts/{account}/orders/{order}/refunds/{refund}", [All, Own, All, No]),
    permission("GET", "/v1/coupons/{coupon}", [All, Own, All, No]),
    permission("GET", "/v1/orders", [All, Own, All, No]),
    permission("GET", "/v1/currencies", [All, All, All, All]),
    permission("GET", "/v1/ledger/entries", [All, No, No, No]),
    permission("GET", "/v1/reports/distribution", [All, No, No, No]),
    permission("GET", "/v1/events", [All, Own, All, No]),
    permission("POST", "/v1/shopper-tokens", [All, No, All, No]),
    permission("GET", "/v1/attempts", [All, No, No, No]),
    permission("POST", "/v1/attempts/search", [All, No, No, No]),
    permission("POST", "/v1/keys", [All, No, No, No]),
    permission("GET", "/v1/keys", [All, No, No, No]),
    permission("GET", "/v1/keys/{key}", [All, No, No, No]),
    permission("PATCH", "/v1/keys/{key}", [All, No, No, No]),
    permission("POST", "/v1/keys/{key}/revoke", [All, No, No, No]),
];

/// Where a role gets less than its word in the table says: method, path, role, and what.
const LESS: &[(&str, &str, Role, &str)] = &[
    ("GET", "/v1/campaigns", Role::Storefront, "live ones, without budgets"),
    ("GET", "/v1/campaigns/{campaign}", Role::Storefront, "live ones, without budgets"),
    ("POST", "/v1/accounts/{account}/coupons", Role::Storefront, "not by the channel system"),
    ("POST", "/v1/accounts/{account}/coupons", Role::Shopper, "by code, or by web, social or seller_store"),
    ("POST", "/v1/accounts/{account}/orders/{order}/close", Role::Seller, "its transaction"),
    ("POST", "/v1/accounts/{account}/orders/{order}/refunds", Role::Seller, "its transaction"),
    ("POST", "/v1/accounts/{account}/orders/{order}/refunds", Role::Shopper, "previews"),
    ("GET", "/v1/accounts/{account}/orders/{order}", Role::Seller, "its own lines"),
    ("GET", "/v1/events", Role::Seller, "without accounts"),
    ("GET", "/v1/events", Role::Storefront, "without accounts"),
];

/// In words, what of an operation a role gets where that is less than all or its own.
pub fn less(method: &str, path: &str, role: Role) -> Option<&'static str> {
    LESS.iter().find(|(m, p, r, _)| (*m, *p, *r) == (method, path, role)).map(|(_, _, _, what)| *what)
}

/// The roles in the order of the table's columns.
pub const ROLES: [Role; 4] = [Role::Operator, Role::Seller, Role::Storefront, Role::Shopper];

/// Operations for which nobody is asked who they are: what they answer is the same for all and no secret.
const OPEN: &[(&str, &str)] = &[("GET", "/v1/currencies")];

/// Whether an operation needs no key.
pub fn is_open(method: &str, path: &str) -> bool {
    OPEN.contains(&(method, path))
}

/// What `role` may do with an operation.
pub fn access(method: &str, path: &str, role: Role) -> Access {
    PERMISSIONS
        .iter()
        .find(|permission| permission.method == method && permission.path == path)
        .zip(ROLES.iter().position(|known| *known == role))
        .map_or(No, |(permission, column)| permission.access[column])
}

/// The table as a page of the documentation, with each operation's summary.
pub fn permissions_page() -> String {
    let mut page = String::from(
        "# Who may do what\n\n\
         Made from `crates/scrip-http/src/permissions.rs` by its test; what isn't in this table is refused.\n\n\
         *all*: everything, unless the second column says less. *own*: what is of the key's seller or the token's account; \
         anything else answers like something that doesn't exist. –: 403. Without a good key: 401, whatever is asked under `/v1`.\n\n\
         | operation | what it does | operator | seller | storefront | shopper |\n|---|---|---|---|---|---|\n",
    );
    for Permission { method, path, access } in PERMISSIONS {
        let [operator, seller, storefront, shopper] = access.map(Access::word);
        let what = operation(method, path)["summary"].as_str().unwrap_or_default().to_owned();
        let mut what = if is_open(method, path) { what + " (no key needed)" } else { what };
        for role in ROLES {
            if let Some(less) = less(method, path, role) {
                let _ = write!(what, "; {}: {less}", role.as_str());
            }
        }
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
