//! The library that stands between the server and the operating system: see `shim/shim.c`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::Trouble;

const SOURCE: &str = include_str!("../shim/shim.c");

/// The compiled library; its folder goes with it.
#[derive(Debug)]
pub struct Library {
    _folder: TempDir,
    path: PathBuf,
}

/// What is made to fail, once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fail {
    /// The n-th write, with an I/O error.
    Write(u64),
    /// The n-th sync, with an I/O error.
    Sync(u64),
    /// From this many bytes of growth on there is no room, ever.
    Full(u64),
}

impl Fail {
    fn text(self) -> String {
        match self {
            Self::Write(number) => format!("write:{number}"),
            Self::Sync(number) => format!("sync:{number}"),
            Self::Full(bytes) => format!("full:{bytes}"),
        }
    }
}

/// How a server is started with the library.
#[derive(Clone, Debug, Default)]
pub struct Shim {
    library: PathBuf,
    pub record: Option<PathBuf>,
    pub fail: Option<Fail>,
    /// Only files whose names end in this are counted for `fail`.
    pub fail_file: &'static str,
    /// How far the server's clock is ahead.
    pub clock_seconds: i64,
    /// A file of eight bytes, in the machine's order: how many seconds it is ahead besides. May be written at any time.
    pub clock_file: Option<PathBuf>,
}

impl Library {
    /// Compiles it with the C compiler that SQLite was compiled with.
    ///
    /// Errors: there is none, or not for a system with LD_PRELOAD.
    pub fn compile() -> Result<Self, Trouble> {
        let folder = folder()?;
        let (source, path) = (folder.path().join("shim.c"), folder.path().join("shim.so"));
        std::fs::write(&source, SOURCE).map_err(Trouble::io("writing the shim's source"))?;
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let output = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-o"])
            .args([&path, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .map_err(Trouble::io("running the C compiler"))?;
        if !output.status.success() {
            return Err(Trouble::other(format!("compiling the shim: {}", String::from_utf8_lossy(&output.stderr))));
        }
        Ok(Self { _folder: folder, path })
    }

    /// A shim that does nothing yet.
    pub fn shim(&self) -> Shim {
        Shim { library: self.path.clone(), ..Shim::default() }
    }
}

impl Shim {
    pub(crate) fn set(&self, command: &mut Command, data: &Path) {
        command.env("LD_PRELOAD", &self.library).env("SHIM_FOLDER", data);
        if let Some(record) = &self.record {
            command.env("SHIM_LOG", record);
        }
        if let Some(fail) = self.fail {
            command.env("SHIM_FAIL", fail.text()).env("SHIM_FAIL_FILE", self.fail_file);
        }
        command.env("SHIM_CLOCK_SECONDS", self.clock_seconds.to_string());
        if let Some(file) = &self.clock_file {
            command.env("SHIM_CLOCK_FILE", file);
        }
    }
}

/// A folder that is gone when dropped, by its real path: the shim compares paths as text.
pub fn folder() -> Result<TempDir, Trouble> {
    let base = std::env::temp_dir().canonicalize().map_err(Trouble::io("finding the folder for temporary files"))?;
    let folder = tempfile::Builder::new().prefix("scrip-crash-").tempdir_in(base);
    folder.map_err(Trouble::io("making a temporary folder"))
}
