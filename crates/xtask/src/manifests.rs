use crate::{House, SourceFile};

pub fn crates_share_lints(house: &House) -> Vec<String> {
    let manifest = |file: &&SourceFile| file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml");
    house.files.iter().filter(manifest).filter_map(own_lints).collect()
}

fn own_lints(file: &SourceFile) -> Option<String> {
    let mut section = "";
    let shared = file.text.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        section == "[lints]" && line.replace(' ', "") == "workspace=true"
    });
    (!shared).then(|| {
        format!(
            "{}: add [lints] with workspace = true; a lint for one crate only is an #[expect] with its reason.",
            file.path
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_with_its_own_lints_is_found() {
        let of = |text| own_lints(&SourceFile::new("crates/x/Cargo.toml", text));
        assert!(of("[package]\nname = \"x\"\n").is_some());
        assert!(of("[lints.clippy]\ntodo = \"warn\"\n[dependencies.y]\nworkspace = true\n").is_some());
        assert_eq!(of("[lints]\nworkspace = true\n"), None);
    }
}
