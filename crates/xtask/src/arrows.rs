//! Which crate may depend on which, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Package, PackageId};

use crate::House;

/// What each crate may depend on of our own, tests aside. A new crate gets a line here, and a paragraph in ARCHITECTURE.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("scrip-faults", &[]),
    ("scrip-combination", &[]),
    ("scrip-core", &["scrip-combination", "scrip-faults"]),
    ("scrip-store", &["scrip-core", "scrip-faults"]),
    ("scrip-engine", &["scrip-core", "scrip-faults", "scrip-store"]),
    ("scrip-desk", &["scrip-core", "scrip-faults", "scrip-store", "scrip-engine"]),
    ("scrip-http", &["scrip-core", "scrip-faults", "scrip-desk"]),
    ("scrip-sqlite", &["scrip-core", "scrip-faults", "scrip-store"]),
    (
        "scrip",
        &["scrip-core", "scrip-faults", "scrip-store", "scrip-engine", "scrip-desk", "scrip-http", "scrip-sqlite"],
    ),
    ("scrip-crash", &["scrip-core", "scrip-store", "scrip-engine", "scrip-sqlite"]),
    ("scrip-fuzz", &["scrip-combination", "scrip-core", "scrip-store", "scrip-engine", "scrip-desk", "scrip-http"]),
    ("xtask", &["scrip-faults"]),
    ("scrip-sim", &["scrip-core", "scrip-faults", "scrip-store", "scrip-engine"]),
];

const BACKENDS: &[&str] = &["scrip-sqlite"];
/// The binary, and the harnesses that damage a backend's own files.
const NAME_BACKENDS: &[&str] = &["scrip", "scrip-crash"];

const HTTP: &[&str] = &[
    "axum",
    "axum-core",
    "http",
    "http-body",
    "hyper",
    "hyper-util",
    "reqwest",
    "tower-http",
    "tower-service",
    "utoipa-axum",
];

/// Besides [`HTTP`]: what would let the core wait, read, or be different each time. Not getrandom: another crate's features
/// switch it on within sha2; that nobody calls it is seen in the source (`core_has_no_clock`).
const IMPURE: &[&str] = &[
    "async-std",
    "diesel",
    "fastrand",
    "futures",
    "libsqlite3-sys",
    "mio",
    "moka",
    "postgres",
    "rand",
    "redis",
    "refinery",
    "rusqlite",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
    "tokio-postgres",
    "tower",
];

/// What a crate depends on, tests aside: which, and through which crates.
type Reached = BTreeMap<String, String>;

pub fn core_is_pure(house: &House) -> Vec<String> {
    let mut forbidden = HTTP.to_vec();
    forbidden.extend(IMPURE);
    let graph = Graph::of(house);
    // What the core uses is reached from it, and named first here all the same: the message should name who depends on it.
    ["scrip-combination", "scrip-core"]
        .into_iter()
        .flat_map(|name| {
            unwanted(
                &graph,
                name,
                &forbidden,
                "the core decides on what it is given: move what needs it to \
                scrip-engine, and pass its result in as an argument",
            )
        })
        .collect()
}

pub fn http_ends_at_scrip_http(house: &House) -> Vec<String> {
    let graph = Graph::of(house);
    ["scrip-core", "scrip-store", "scrip-engine", "scrip-desk", "scrip-sqlite"]
        .into_iter()
        .flat_map(|name| unwanted(&graph, name, HTTP, "move what speaks HTTP to scrip-http"))
        .collect()
}

pub fn only_the_binary_names_a_backend(house: &House) -> Vec<String> {
    named_backends(&direct(house))
}

pub fn arrows_point_down(house: &House) -> Vec<String> {
    wrong_arrows(&direct(house))
}

fn named_backends(direct: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, dependencies) in direct.iter().filter(|(name, _)| !NAME_BACKENDS.contains(&name.as_str())) {
        for backend in dependencies.iter().filter(|dependency| BACKENDS.contains(&dependency.as_str())) {
            broken.push(format!(
                "{name} depends on {backend}: use the traits of scrip-store, and let scrip (backend.rs) pick the backend; \
                 for tests put it under dev-dependencies."
            ));
        }
    }
    broken
}

fn wrong_arrows(direct: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, dependencies) in direct {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            broken.push(format!(
                "{name} is new: say in ARROWS ({}) what it may depend on, and describe it in ARCHITECTURE.md.",
                file!()
            ));
            continue;
        };
        for dependency in dependencies.iter().filter(|dependency| direct.contains_key(*dependency)) {
            if !allowed.contains(&dependency.as_str()) {
                broken.push(format!(
                    "{name} depends on {dependency}, against the direction http → desk → engine → store → core → combination: move what it needs \
                     down, or pass it in."
                ));
            }
        }
    }
    broken
}

/// What each crate of the workspace names under dependencies and build-dependencies.
fn direct(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    house
        .metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let used = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
            (package.name.to_string(), used.map(|dependency| dependency.name.clone()).collect())
        })
        .collect()
}

/// Which package uses which, tests aside.
struct Graph {
    names: BTreeMap<PackageId, String>,
    edges: BTreeMap<PackageId, Vec<PackageId>>,
}

impl Graph {
    fn of(house: &House) -> Self {
        let name = |package: &Package| (package.id.clone(), package.name.to_string());
        let nodes = &house.metadata.resolve.as_ref().expect("cargo metadata resolves dependencies").nodes;
        let edges = nodes.iter().map(|node| {
            // A build script or a macro runs when we build, not when we decide.
            let used =
                node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            (node.id.clone(), used.map(|dep| dep.pkg.clone()).collect())
        });
        Self { names: house.metadata.packages.iter().map(name).collect(), edges: edges.collect() }
    }

    fn reached(&self, from: &str) -> Reached {
        let mut reached = Reached::new();
        let start = self.names.iter().find(|(_, name)| *name == from).map(|(id, _)| id.clone());
        let mut open: Vec<(PackageId, String)> = start.into_iter().map(|id| (id, from.to_owned())).collect();
        while let Some((id, way)) = open.pop() {
            for next in self.edges.get(&id).into_iter().flatten() {
                let name = &self.names[next];
                let way = format!("{way} → {name}");
                if reached.insert(name.clone(), way.clone()).is_none() {
                    open.push((next.clone(), way));
                }
            }
        }
        reached
    }
}

fn unwanted(graph: &Graph, name: &str, forbidden: &[&str], instead: &str) -> Vec<String> {
    forbidden_in(&graph.reached(name), forbidden, instead)
}

fn forbidden_in(reached: &Reached, forbidden: &[&str], instead: &str) -> Vec<String> {
    forbidden.iter().filter_map(|crate_| reached.get(*crate_)).map(|way| format!("{way}: {instead}.")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direct_of(all: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        all.iter()
            .map(|(name, used)| ((*name).to_owned(), used.iter().map(|used| (*used).to_owned()).collect()))
            .collect()
    }

    #[test]
    fn an_arrow_upwards_is_found() {
        let direct = direct_of(&[("scrip-core", &["scrip-store"]), ("scrip-store", &["scrip-core", "serde"])]);
        assert_eq!(wrong_arrows(&direct).len(), 1);
        assert!(wrong_arrows(&direct_of(&[("scrip-gift", &[])]))[0].starts_with("scrip-gift is new"));
    }

    #[test]
    fn a_backend_outside_the_binary_is_found() {
        let direct = direct_of(&[("scrip-http", &["scrip-sqlite"]), ("scrip", &["scrip-sqlite"])]);
        assert_eq!(named_backends(&direct).len(), 1);
    }

    #[test]
    fn a_forbidden_crate_is_found_with_the_way_to_it() {
        let reached = Reached::from([("tokio".to_owned(), "scrip-core → x → tokio".to_owned())]);
        assert_eq!(forbidden_in(&reached, IMPURE, "move it"), ["scrip-core → x → tokio: move it."]);
    }

    #[test]
    fn the_graph_goes_beyond_direct_dependencies() {
        let reached = Graph::of(House::this()).reached("scrip-http");
        // Only through axum: scrip-http doesn't name it.
        assert!(reached.contains_key("http-body"), "{reached:?}");
    }
}
