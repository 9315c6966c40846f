use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use scrip_core::{event::Role, id::KeyId, name::SellerId};

use crate::config::ServerSettings;

/// Coupons for marketplaces with many sellers: exact with money, impossible to oversell.
#[derive(Parser)]
#[command(
    version,
    propagate_version = true,
    after_help = "Try it:  scrip demo\nServe:   scrip serve --data ./scrip-data"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Seed a small marketplace, walk through the rules with real figures, and leave the service running.
    #[command(
        after_help = "Examples:\n  scrip demo\n  scrip demo --check      walk through, exit 0 or 1, no server left"
    )]
    Demo(DemoArguments),
    /// Serve the HTTP API.
    #[command(
        after_help = "Examples:\n  scrip serve\n  scrip serve --data /var/lib/scrip --listen 127.0.0.1:9000\n  SCRIP_LOG=debug scrip serve"
    )]
    Serve(ServerSettings),
    /// Create, list and revoke API keys, also beside a running server.
    #[command(subcommand)]
    Keys(Keys),
    /// Replay the journal and compare it with documents and tables. Runs beside a server.
    Verify(DataArguments),
    /// Bring the database's schema up to date; an older one is copied first.
    Migrate(DataArguments),
    /// Copy the database to a file, consistent, while the server runs.
    #[command(
        after_help = "Example:\n  scrip backup --to scrip-2026-11-23.db\n\nKeep the secret file (secret.key) too, elsewhere: without it codes can't be looked up."
    )]
    Backup(BackupArguments),
    /// Put a backup where a server will find it. The folder must have no database yet.
    Restore(RestoreArguments),
    /// Take in coupons of an old system, one JSON object a line. Also beside a running server.
    #[command(
        after_help = "A line: {\"account\":\"ana\",\"campaign\":\"cmp_…\",\"status\":\"valid|pending\",\"claimed_at\":\"…\",\"starts_at\":\"…\",\"expires_at\":\"…\"}\nBad lines are reported with their number; good ones are taken."
    )]
    Import(ImportArguments),
    /// Print the OpenAPI 3.1 document.
    Openapi,
    /// Measure durable claims over HTTP against a no-op endpoint of the same server.
    #[command(after_help = "Example:\n  scrip bench --connections 64,256 --seconds 4 --rounds 3")]
    Bench(BenchArguments),
    /// Print the settings file with every default, commented.
    Config,
}

#[derive(clap::Args)]
pub struct DemoArguments {
    /// Walk through, exit 0 or 1, leave nothing running.
    #[arg(long)]
    pub check: bool,
    /// Where to listen; a busy port moves to the next.
    #[arg(long, env = "SCRIP_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: std::net::SocketAddr,
}

#[derive(clap::Args)]
pub struct DataArguments {
    /// The data folder.
    #[arg(long, env = "SCRIP_DATA", default_value = "scrip-data")]
    pub data: PathBuf,
}

#[derive(clap::Args)]
pub struct BackupArguments {
    #[command(flatten)]
    pub data: DataArguments,
    /// The file to write; it must not exist.
    #[arg(long)]
    pub to: PathBuf,
}

#[derive(clap::Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    pub data: DataArguments,
    /// The backup.
    #[arg(long)]
    pub from: PathBuf,
}

#[derive(clap::Args)]
pub struct ImportArguments {
    #[command(flatten)]
    pub data: DataArguments,
    /// The file, or - for standard input.
    pub file: PathBuf,
}

#[derive(clap::Args)]
pub struct BenchArguments {
    /// Connections, one round for each.
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    pub connections: Vec<usize>,
    /// Seconds a measurement.
    #[arg(long, default_value_t = 4)]
    pub seconds: u64,
    /// Interleaved rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
}

#[derive(Subcommand)]
pub enum Keys {
    /// Create a key and print it alone: it is shown once and stored nowhere.
    #[command(
        after_help = "Examples:\n  scrip keys create --role operator\n  scrip keys create --role seller --seller luma"
    )]
    Create(KeysCreate),
    /// List keys, without their secrets.
    List(DataArguments),
    /// Revoke a key: from here on it is nobody's.
    Revoke(KeysRevoke),
}

#[derive(clap::Args)]
pub struct KeysCreate {
    #[command(flatten)]
    pub data: DataArguments,
    #[arg(long)]
    pub role: KeyRole,
    /// The seller that the key is bound to; with --role seller.
    #[arg(long, required_if_eq("role", "seller"))]
    pub seller: Option<SellerId>,
}

#[derive(clap::Args)]
pub struct KeysRevoke {
    #[command(flatten)]
    pub data: DataArguments,
    /// Its id, key_….
    pub id: KeyId,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyRole {
    Operator,
    Seller,
    Storefront,
}

impl From<KeyRole> for Role {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Operator => Self::Operator,
            KeyRole::Seller => Self::Seller,
            KeyRole::Storefront => Self::Storefront,
        }
    }
}
