//! The real binary on a data folder.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{Trouble, shim::Shim};

/// As in scrip-faults, which this crate doesn't link: its own code must be without faults.
const FAULT_VARIABLE: &str = "SCRIP_FAULT";
/// How long a server may take to stop by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where servers come from.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    fault: Option<String>,
}

impl Program {
    pub const fn new(path: PathBuf) -> Self {
        Self { path, fault: None }
    }

    /// A binary that was built with seeded faults, with one of them on.
    pub fn with_fault(path: PathBuf, fault: &str) -> Self {
        Self { path, fault: Some(fault.to_owned()) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(fault) = &self.fault {
            command.env(FAULT_VARIABLE, fault);
        }
        command
    }

    /// Runs a command of the command line on a data folder.
    pub fn run(&self, arguments: &[&str], data: &Path) -> Result<Output, Trouble> {
        let mut command = self.command();
        command.args(arguments).arg("--data").arg(data);
        command.output().map_err(Trouble::io(format!("running scrip {}", arguments.join(" "))))
    }

    /// Runs a command and kills it if it takes longer. Answers how it ended; `None`: it was killed.
    pub fn run_and_kill(
        &self,
        arguments: &[&str],
        data: &Path,
        after: Duration,
    ) -> Result<Option<ExitStatus>, Trouble> {
        let mut command = self.command();
        command.args(arguments).arg("--data").arg(data).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(Trouble::io("starting a command"))?;
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait().map_err(Trouble::io("waiting for a command"))? {
                return Ok(Some(status));
            }
            if started.elapsed() >= after {
                child.kill().map_err(Trouble::io("killing a command"))?;
                child.wait().map_err(Trouble::io("waiting for a killed command"))?;
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// `scrip verify`: what it found wrong; `None` if nothing.
    pub fn verify(&self, data: &Path) -> Result<Option<String>, Trouble> {
        let output = self.run(&["verify"], data)?;
        if output.status.success() {
            return Ok(None);
        }
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok(Some(format!("{out}{err}").trim().replace('\n', "; ")))
    }

    /// Starts a server on any free port and waits until it listens.
    ///
    /// Errors: it ended instead; with what it said.
    pub fn serve(&self, data: &Path, shim: Option<&Shim>) -> Result<Server, Trouble> {
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--data"]).arg(data);
        if let Some(shim) = shim {
            shim.set(&mut command, data);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Trouble::io("starting the server"))?;
        let mut stderr = child.stderr.take().expect("it was asked for");
        let said = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it was asked for");
        BufReader::new(stdout).read_line(&mut line).map_err(Trouble::io("reading the server's address"))?;
        let Some(base) = line.split_whitespace().find(|word| word.starts_with("http://")) else {
            let status = child.wait().map_err(Trouble::io("waiting for the server"))?;
            let said = said.join().unwrap_or_default();
            return Err(Trouble::other(format!("the server didn't start ({status}): {}", said.trim())));
        };
        Ok(Server { child, base: base.to_owned(), said: Some(said) })
    }

    /// A new key, made beside the running server.
    pub fn key(&self, data: &Path, role: &[&str]) -> Result<String, Trouble> {
        let mut arguments = vec!["keys", "create", "--role"];
        arguments.extend(role);
        let output = self.run(&arguments, data)?;
        if !output.status.success() {
            return Err(Trouble::other(format!("no key: {}", String::from_utf8_lossy(&output.stderr))));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    pub base: String,
    said: Option<JoinHandle<String>>,
}

/// How a server ended, and what it said on standard error.
pub struct Ended {
    pub status: ExitStatus,
    pub said: String,
}

impl Server {
    /// Its process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(mut self) -> Result<(), Trouble> {
        self.child.kill().map_err(Trouble::io("killing the server"))?;
        self.child.wait().map_err(Trouble::io("waiting for the killed server"))?;
        Ok(())
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub fn terminate(self) -> Result<Ended, Trouble> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().map_err(Trouble::io("running kill"))?;
        if !told.success() {
            return Err(Trouble::other("the server was gone before it was told to stop"));
        }
        self.ended()
    }

    /// Waits until it has ended by itself.
    ///
    /// Errors: it goes on; then it is killed.
    pub fn ended(mut self) -> Result<Ended, Trouble> {
        let waited = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(Trouble::io("waiting for the server"))? {
                let said = self.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
                return Ok(Ended { status, said });
            }
            if waited.elapsed() > PATIENCE {
                return Err(Trouble::other("the server doesn't stop"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it has ended.
    pub fn is_gone(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
