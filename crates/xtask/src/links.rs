use crate::{House, SourceFile};

pub fn links_lead_somewhere(house: &House) -> Vec<String> {
    house.ending(".md").flat_map(|file| broken_links(file, &|path| house.root.join(path).exists())).collect()
}

fn broken_links(file: &SourceFile, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    let mut fenced = false;
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for target in targets(line) {
            let path = target.split('#').next().unwrap_or_default();
            // A place on the same page, or elsewhere on the net.
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            if !resolved(&file.path, path).is_some_and(|path| exists(&path)) {
                broken.push(format!(
                    "{}:{number}: nothing is at {target}: mend the link, or name the thing without one.",
                    file.path
                ));
            }
        }
    }
    broken
}

/// The targets of a line's links, outside of code.
fn targets(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    prose.flat_map(|part| part.split("](").skip(1).filter_map(|rest| rest.split(')').next())).map(str::trim).collect()
}

/// A link's path from the root; `None` if it leaves the repository.
fn resolved(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> usize {
        let exists = |path: &str| path == "docs/concepts/refunds.md";
        broken_links(&SourceFile::new("docs/operate/backup.md", text), &exists).len()
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        assert_eq!(broken("See [refunds](../concepts/refunds.md) and [this](missing.md)."), 1);
        assert_eq!(broken("[out](../../../etc/hosts)"), 1);
        assert_eq!(broken("`code`: [a](missing.md)"), 1);
    }

    #[test]
    fn links_elsewhere_and_code_are_left_alone() {
        assert_eq!(broken("[a](https://example.org/x) [b](#here) [c](../concepts/refunds.md#matrix)"), 0);
        assert_eq!(broken("`[a](missing.md)`"), 0);
        assert_eq!(broken("```\n[a](missing.md)\n```"), 0);
    }
}
