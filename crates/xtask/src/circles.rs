//! Which module uses which, from `use` and paths that begin with `crate::`: none may lead back to itself.
//!
//! A module is what stands right under `src`, a file or a folder with all in it; its tests aside.

use std::collections::{BTreeMap, BTreeSet};

use crate::House;

type Uses = BTreeMap<String, BTreeSet<String>>;

pub fn modules_lead_nowhere_back(house: &House) -> Vec<String> {
    let mut crates: BTreeMap<&str, Uses> = BTreeMap::new();
    for file in house.ending(".rs") {
        let Some((name, below)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once("/src/")) else {
            continue;
        };
        let module = below.split('/').next().unwrap_or(below).trim_end_matches(".rs");
        let code: Vec<&str> = file.code().map(|(_, line)| line).take_while(|line| *line != "mod tests {").collect();
        crates.entry(name).or_default().entry(module.to_owned()).or_default().extend(used(&code.join("\n")));
    }
    let broken = |name: &str, circle: &[String]| {
        format!(
            "{name}: {} use each other in a circle: move what two of them need into a module that both use.",
            circle.join(", ")
        )
    };
    crates.iter().flat_map(|(name, uses)| circles(uses).into_iter().map(|circle| broken(name, &circle))).collect()
}

/// The first words behind `crate::`, also within `crate::{…}`.
fn used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (place, _) in code.match_indices("crate::") {
        let rest = &code[place + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => used.extend(heads(list)),
            None => used.extend(word(rest)),
        }
    }
    used
}

/// The first word of each entry of a list, up to where its brace closes.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut entry, mut found) = (0_i32, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => found.extend(word(&std::mem::take(&mut entry))),
            _ if depth == 0 => entry.push(c),
            _ => {}
        }
    }
    found.extend(word(&entry));
    found
}

fn word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// Modules from each of which every other of the same set is reached, two or more, each in order.
fn circles(uses: &Uses) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = uses.keys().map(|from| (from, reached(uses, from))).collect();
    let mut found = BTreeSet::new();
    for from in uses.keys() {
        let circle: Vec<String> =
            uses.keys().filter(|to| reached[from].contains(to) && reached[to].contains(from)).cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reached<'u>(uses: &'u Uses, from: &str) -> BTreeSet<&'u String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        let others = uses[module].iter().filter(|next| *next != module);
        open.extend(others.filter_map(|next| {
            let (known, _) = uses.get_key_value(next)?;
            reached.insert(known).then_some(known.as_str())
        }));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(all: &[(&str, &str)]) -> Uses {
        all.iter().map(|(module, code)| ((*module).to_owned(), used(code))).collect()
    }

    #[test]
    fn what_a_module_uses_is_found_wherever_it_stands() {
        let code = "use crate::{\n    a::B,\n    c::{D, e::F},\n    g,\n};\nuse crate::h::I;\nfn j() -> crate::k::L {}";
        assert_eq!(used(code).into_iter().collect::<Vec<_>>(), ["a", "c", "g", "h", "k"]);
    }

    #[test]
    fn a_circle_is_found_and_what_only_hangs_on_it_is_not() {
        let uses = uses(&[
            ("a", "use crate::b::X;"),
            ("b", "use crate::{c::Y, d};"),
            ("c", "use crate::a::Z;"),
            ("d", ""),
            ("e", "use crate::{a::X, missing::W};"),
        ]);
        assert_eq!(circles(&uses), [["a", "b", "c"].map(str::to_owned)]);
    }
}
