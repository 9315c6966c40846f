//! Fuzz targets: plain functions on bytes that panic if something is wrong.
//!
//! This crate's program drives them briefly with mutations of a corpus; `fuzz/` drives the same functions with libFuzzer, which
//! looks for new ways through the code.

pub mod corpus;
pub mod mutate;
mod targets;

/// One function and its name, which is its corpus's folder too.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "document", run: targets::stored::document },
    Target { name: "event", run: targets::stored::event },
    Target { name: "frame", run: targets::stored::frame },
    Target { name: "text", run: targets::text::text },
    Target { name: "terms", run: targets::text::terms },
    Target { name: "split", run: targets::money::split_adds_up },
    Target { name: "quote", run: targets::money::quote_adds_up },
    Target { name: "combination", run: targets::combination::best_of_every_set },
    Target { name: "request", run: targets::request::request },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
