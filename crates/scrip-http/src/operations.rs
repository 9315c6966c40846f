//! Every operation by its route, as the document has it: what middleware and routes ask, filled once.

use std::{collections::HashMap, fmt::Write, sync::LazyLock};

use scrip_desk::{Access, Operation, ROLES};

use crate::contract::{contract, operation as documented};

/// An operation and its route.
pub struct Permission {
    pub operation: Operation,
    pub method: &'static str,
    pub path: &'static str,
    /// Of operator, seller, storefront, shopper.
    pub access: [Access; 4],
}

/// Every operation under `/v1`, in the order of the desk's table.
pub static PERMISSIONS: LazyLock<Vec<Permission>> = LazyLock::new(|| {
    let mut all: Vec<Permission> = routes().collect();
    all.sort_by_key(|permission| permission.operation);
    all
});

const METHODS: [&str; 4] = ["GET", "POST", "PATCH", "DELETE"];

fn routes() -> impl Iterator<Item = Permission> {
    let paths = contract()["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        METHODS.into_iter().filter_map(|method| {
            let operation = Operation::by_id(methods[method.to_ascii_lowercase()]["operationId"].as_str()?)?;
            Some(Permission { operation, method, path: path.as_str(), access: operation.accesses() })
        })
    })
}

/// The operation of a method and a path template. What isn't in the desk's table is none.
pub(crate) fn operation_of(method: &str, path: &str) -> Option<Operation> {
    static BY_PATH: LazyLock<HashMap<&str, Vec<(&str, Operation)>>> = LazyLock::new(|| {
        let mut by_path: HashMap<&str, Vec<(&str, Operation)>> = HashMap::new();
        for Permission { operation, method, path, .. } in routes() {
            by_path.entry(path).or_default().push((method, operation));
        }
        by_path
    });
    let of_path = BY_PATH.get(path)?;
    of_path.iter().find(|(of_method, _)| *of_method == method).map(|(_, operation)| *operation)
}

/// Whether an operation needs no key.
pub fn is_open(method: &str, path: &str) -> bool {
    operation_of(method, path).is_some_and(Operation::is_open)
}

/// The table as a page of the documentation, with each operation's summary.
pub fn permissions_page() -> String {
    let mut page = String::from(
        "# Who may do what\n\n\
         Made from `crates/scrip-desk/src/rights/operation.rs` by a test; what isn't in this table is refused.\n\n\
         *all*: everything, unless the second column says less. *own*: what is of the key's seller or the token's account; \
         anything else answers like something that doesn't exist. –: 403. Without a good key: 401, whatever is asked under `/v1`.\n\n\
         | operation | what it does | operator | seller | storefront | shopper |\n|---|---|---|---|---|---|\n",
    );
    for Permission { operation, method, path, access } in PERMISSIONS.iter() {
        let [operator, seller, storefront, shopper] = access.map(Access::word);
        let what = documented(method, path)["summary"].as_str().unwrap_or_default().to_owned();
        let mut what = if operation.is_open() { what + " (no key needed)" } else { what };
        for role in ROLES {
            if let Some(less) = operation.less(role) {
                let _ = write!(what, "; {}: {less}", role.as_str());
            }
        }
        let _ = writeln!(page, "| `{method} {path}` | {what} | {operator} | {seller} | {storefront} | {shopper} |");
    }
    page
}
