use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use cargo_metadata::{Metadata, MetadataCommand};

/// A text file of the repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// From the root, with slashes.
    pub path: String,
    pub text: String,
}

/// The repository, read once.
pub struct House {
    pub root: PathBuf,
    /// Every text file, by path; without what is built or ignored.
    pub files: Vec<SourceFile>,
    /// The workspace and all that it depends on, for this machine's platform.
    pub metadata: Metadata,
}

/// Folders that hold no source, wherever they are.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "proptest-regressions", "scrip-data"];

impl House {
    /// The repository that this crate is in.
    pub fn this() -> &'static Self {
        static THIS: OnceLock<House> = OnceLock::new();
        THIS.get_or_init(|| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            let root = root.canonicalize().expect("the workspace's root is two folders up");
            let mut files = Vec::new();
            read_folder(&root, &root, &mut files);
            files.sort_by(|a, b| a.path.cmp(&b.path));
            let metadata = MetadataCommand::new()
                .manifest_path(root.join("Cargo.toml"))
                .other_options(["--filter-platform".to_owned(), platform()])
                .exec()
                .expect("cargo metadata describes the workspace");
            House { root, files, metadata }
        })
    }

    /// Files of one kind, by the end of their names.
    pub fn ending(&self, end: &str) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(move |file| file.path.ends_with(end))
    }
}

impl SourceFile {
    /// For checks' own tests.
    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// Lines of Rust without comments: what stands behind `//` may name anything.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| {
            if line.trim_start().starts_with("//") {
                return (number, "");
            }
            (number, line.split_once(" // ").map_or(line, |(code, _)| code))
        })
    }

    /// Whether it is tests only, outside of the crate that they test.
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/")
    }
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be read") {
        let path = entry.expect("its entries can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // In a linked worktree .git is a file.
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            read_folder(root, &path, files);
            continue;
        }
        // What isn't text, or is gone by now, isn't source.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let below = path.strip_prefix(root).expect("below the root");
        files.push(SourceFile { path: below.to_string_lossy().replace('\\', "/"), text });
    }
}

/// Dependencies of other platforms aren't ours, and may never have been downloaded.
fn platform() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs where cargo does");
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc -vV names its host");
    host.to_owned()
}
