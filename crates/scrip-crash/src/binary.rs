//! Which server is crashed.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Trouble;

/// The given binary, or the one that cargo makes of this workspace in the harness's own profile, built if need be.
///
/// Errors: it isn't there and can't be built.
pub fn find(given: Option<&Path>) -> Result<PathBuf, Trouble> {
    match given {
        Some(given) => given.canonicalize().map_err(Trouble::io(format!("looking for {}", given.display()))),
        None => build(&folder()?, &[]),
    }
}

/// The same with seeded faults in it, beside the one without.
pub fn find_seeded(given: Option<&Path>) -> Result<PathBuf, Trouble> {
    if given.is_some() {
        return find(given);
    }
    let folder = folder()?;
    let seeded = folder.join("scrip-seeded");
    let built = build(&folder, &["--features", "seeded-faults"])?;
    std::fs::copy(&built, &seeded).map_err(Trouble::io("copying the server with seeded faults"))?;
    // Nobody should find a server with faults where the one without is expected.
    build(&folder, &[])?;
    Ok(seeded)
}

/// Cargo's folder of this profile.
fn folder() -> Result<PathBuf, Trouble> {
    let own = env::current_exe().map_err(Trouble::io("finding the harness itself"))?;
    let folder = own.ancestors().find(|folder| folder.ends_with("release") || folder.ends_with("debug"));
    folder
        .map(Path::to_owned)
        .ok_or_else(|| Trouble::other("the harness isn't in cargo's folder: name a server by --binary"))
}

fn build(folder: &Path, features: &[&str]) -> Result<PathBuf, Trouble> {
    let binary = folder.join("scrip");
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--locked", "-p", "scrip", "--bin", "scrip"]).args(features);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Some(target) = folder.parent() {
        build.arg("--target-dir").arg(target);
    }
    match build.status() {
        Ok(status) if status.success() => Ok(binary),
        Ok(_) => Err(Trouble::other("the server can't be built")),
        Err(_) if binary.exists() && features.is_empty() => Ok(binary),
        Err(error) => Err(Trouble::Io("building the server".to_owned(), error)),
    }
}
