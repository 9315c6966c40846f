//! Embeds the repository's documentation, so that `/docs` is whole without files beside the binary.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let from = |name: &str| env::var(name).map(PathBuf::from).map_err(io::Error::other);
    let docs = from("CARGO_MANIFEST_DIR")?.join("../../docs").canonicalize()?;
    println!("cargo::rerun-if-changed={}", docs.display());
    let mut pages = Vec::new();
    collect(&docs, &mut pages)?;
    pages.sort();
    let mut list = String::from("&[\n");
    for page in &pages {
        let name = page.strip_prefix(&docs).map_err(io::Error::other)?;
        list.push_str(&format!(
            "({:?}, include_str!({:?})),\n",
            name.display().to_string(),
            page.display().to_string()
        ));
    }
    list.push_str("]\n");
    fs::write(from("OUT_DIR")?.join("pages.rs"), list)
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}
