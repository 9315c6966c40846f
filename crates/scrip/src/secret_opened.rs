//! A database's secrets, opened by the master secret that lies beside it.

use std::path::{Path, PathBuf};

use scrip_engine::{Master, Secrets, SecretsError};
use scrip_store::{Store, StoreError};

use crate::{failure::Failure, secret_file};

/// Opens a data folder's secrets for whoever has its lock, making them on first use.
///
/// Where a change of the master secret was cut off after the database's secrets were wrapped anew, it is brought to its end.
/// Errors: the master secret is another database's.
pub fn open(data: &Path, store: &dyn Store, master: &Master) -> Result<Secrets, Failure> {
    check_not_emptied(store)?;
    match Secrets::open(store, master) {
        Ok(secrets) => {
            secret_file::set_next_aside(data)?;
            Ok(secrets)
        }
        Err(SecretsError::NotOurs) => {
            let next = secret_file::read_next(data)?;
            let Some(Ok(secrets)) = next.map(|next| Secrets::open(store, &next)) else { return Err(not_ours(data)) };
            secret_file::accept_next(data)?;
            Ok(secrets)
        }
        Err(error) => Err(Failure::of("opening the database's secrets", &error)),
    }
}

/// The secrets of a database that is only looked at. `None`: it has none yet, or, where `without` says so, they aren't asked for.
///
/// Errors: there is no master secret, or it is another database's.
pub fn read(data: &Path, store: &dyn Store, chosen: &SecretChoice) -> Result<Option<Secrets>, Failure> {
    let Some(found) = chosen.find(data)? else { return Ok(None) };
    let opened = match (Secrets::read(store, &found.master), secret_file::read_next(data)?) {
        (Err(SecretsError::NotOurs), Some(next)) => Secrets::read(store, &next),
        (opened, _) => opened,
    };
    let opened = opened.map_err(|error| match error {
        SecretsError::NotOurs => found.not_ours(),
        error => Failure::of("opening the database's secrets", &error),
    })?;
    check_not_emptied(store)?;
    Ok(opened)
}

/// Errors: the journal is sealed and there is no secret that it was sealed with: somebody took it away. New ones would open
/// nothing.
fn check_not_emptied(store: &dyn Store) -> Result<(), Failure> {
    let emptied = || {
        let mut snapshot = store.snapshot()?;
        if !snapshot.secrets()?.is_empty() {
            return Ok(false);
        }
        for bucket in store.buckets().all() {
            if snapshot.head(bucket)?.sealed {
                return Ok(true);
            }
        }
        Ok::<_, StoreError>(false)
    };
    if emptied().map_err(|error| Failure::of("reading the database's secrets", &error))? {
        return Err(Failure::new(
            "the journal has seals, and the database's secrets are gone from its table secret: somebody changed the file. \
             Keep a copy of it, and restore the last good backup",
        ));
    }
    Ok(())
}

/// Which master secret a command is to use on a database that it only looks at.
#[derive(clap::Args)]
pub struct SecretChoice {
    /// The file with the master secret. [default: secret.key in the data folder]
    #[arg(long, conflicts_with = "without_secret")]
    pub secret_key: Option<PathBuf>,
    /// Go without the master secret: the journal's seals aren't checked, nor whether the secret is the right one.
    #[arg(long)]
    pub without_secret: bool,
}

/// A master secret and where it was.
pub struct FoundSecret {
    pub master: Master,
    pub file: PathBuf,
}

impl FoundSecret {
    pub fn not_ours(&self) -> Failure {
        let file = self.file.display();
        Failure::new(format!(
            "{file} is another database's: it doesn't open the secrets of this one. Each database, and each backup, has the \
             secret.key of its time; name its copy with --secret-key"
        ))
    }
}

impl SecretChoice {
    /// `None` where none is to be used.
    ///
    /// Errors: there is none, or it can't be read.
    pub fn find(&self, data: &Path) -> Result<Option<FoundSecret>, Failure> {
        if self.without_secret {
            return Ok(None);
        }
        let file = self.secret_key.clone().unwrap_or_else(|| secret_file::path(data));
        match secret_file::read_from(&file)? {
            Some(master) => Ok(Some(FoundSecret { master, file })),
            None => Err(Failure::new(format!(
                "there is no {}: the journal's seals can't be checked without it. Name its copy with --secret-key, or go \
                 without it with --without-secret",
                file.display()
            ))),
        }
    }
}

fn not_ours(data: &Path) -> Failure {
    let file = secret_file::path(data);
    Failure::new(format!(
        "{} is another database's: it doesn't open the secrets of the one beside it. Put the secret.key of this database \
         there. Where its schema was older it was brought up to date, after a copy; nothing else was changed",
        file.display()
    ))
}
