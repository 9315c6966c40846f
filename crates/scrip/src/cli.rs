use std::{ops::RangeInclusive, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum, builder::TypedValueParser};
use scrip_core::{api_key::Role, id::KeyId, name::SellerId, time::Timestamp};
use scrip_engine::KeptHead;

use crate::{
    config::{Listen, SettingsArguments},
    secret_opened::SecretChoice,
};

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
        after_help = "Examples:\n  scrip serve\n  scrip serve --data /var/lib/scrip --listen localhost:9000\n  scrip serve --listen :8080      every address of this machine\n  SCRIP_LOG=debug scrip serve"
    )]
    Serve(ServeArguments),
    /// Create, list and revoke API keys, also beside a running server.
    #[command(
        subcommand,
        after_help = "Examples:\n  scrip keys create --role operator\n  scrip keys list\n  scrip keys revoke key_06f3k2v9x8q7d5t4r3m2n1p0ab"
    )]
    Keys(Keys),
    /// Say that the machine's clock is right after it jumped, to a running server that has stopped writing.
    #[command(subcommand, after_help = "Example:\n  scrip clock accept --data /var/lib/scrip")]
    Clock(Clock),
    /// Replay the journal, check its seals, and compare it with documents and tables. Runs beside a server.
    #[command(
        after_help = "Examples:\n  scrip verify --data /var/lib/scrip\n  scrip verify --head 4711:9f2c…   that head, kept elsewhere, must be in the journal"
    )]
    Verify(VerifyArguments),
    /// Bring the database's schema up to date; an older one is copied first.
    #[command(after_help = "Example:\n  scrip migrate --data /var/lib/scrip")]
    Migrate(DataArguments),
    /// Copy the database to a file, consistent, while the server runs.
    #[command(
        after_help = "Example:\n  scrip backup --to scrip-2026-11-23.db\n\nKeep the secret file (secret.key) too, elsewhere: without it the copy can't be served."
    )]
    Backup(BackupArguments),
    /// Verify a backup and put it where a server will find it. The folder must have no database, and no log of one.
    #[command(
        after_help = "Example:\n  scrip restore --data /var/lib/scrip --from scrip-2026-11-23.db\n\nStop the server first, and move scrip.db, scrip.db-wal and scrip.db-shm away together: what was answered last may stand in scrip.db-wal alone."
    )]
    Restore(RestoreArguments),
    /// Change the secrets that the database is opened with.
    #[command(subcommand, after_help = "Example:\n  scrip secrets rotate-master --data /var/lib/scrip")]
    Secrets(SecretsCommand),
    /// Take in campaigns and coupons of an old system, one JSON object a line. Also beside a running server.
    #[command(
        after_help = "Examples:\n  scrip import old.ndjson\n  zcat old.ndjson.gz | scrip import -\n\nA campaign, with terms as for POST /v1/campaigns:\n  {\"campaign_key\":\"spring-25\",\"status\":\"draft|live|paused|ended\",\"terms\":{…}}\n\nA coupon of it, or with \"campaign\":\"cmp_…\" of one made here:\n  {\"account\":\"ana\",\"campaign_key\":\"spring-25\",\"status\":\"valid|pending|used|expired|reclaimed\",\n   \"claimed_at\":\"2025-03-01T09:00:00Z\",\"key\":\"4711\"}\n\nAlso: order (of a used one), starts_at, expires_at, as_is. A running server's /docs/operate/import says all of it.\n\nA line has at most 1 MiB. Bad lines are refused with their number and the others taken; the exit status is 1 if any was refused. Mend them and run the whole file again: what was taken isn't taken twice."
    )]
    Import(ImportArguments),
    /// Print the OpenAPI 3.1 document.
    #[command(after_help = "Example:\n  scrip openapi > openapi.json")]
    Openapi,
    /// Measure durable claims over HTTP against a no-op endpoint of the same server.
    #[command(after_help = "Example:\n  scrip bench --connections 64,256 --seconds 4 --rounds 3")]
    Bench(BenchArguments),
    /// Print the settings in force and where each comes from, as a settings file.
    #[command(after_help = "Example:\n  scrip config --data /var/lib/scrip > scrip.toml")]
    Config(SettingsArguments),
    /// Print what a shell needs to complete commands and flags.
    #[command(
        after_help = "Examples:\n  scrip completions bash > ~/.local/share/bash-completion/completions/scrip\n  scrip completions zsh > \"${fpath[1]}/_scrip\"\n  scrip completions fish > ~/.config/fish/completions/scrip.fish"
    )]
    Completions(CompletionsArguments),
    /// Print a manual page.
    #[command(
        after_help = "Examples:\n  scrip man | man -l -\n  scrip man keys create | man -l -\n  scrip man --to /usr/local/share/man/man1"
    )]
    Man(ManArguments),
}

#[derive(clap::Args)]
pub struct CompletionsArguments {
    pub shell: clap_complete::Shell,
}

#[derive(clap::Args)]
pub struct ManArguments {
    /// The command; without it the page of scrip itself.
    pub command: Vec<String>,
    /// Write the pages of all commands to this folder instead.
    #[arg(long, conflicts_with = "command")]
    pub to: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct DemoArguments {
    /// Walk through, exit 0 or 1, leave nothing running.
    #[arg(long)]
    pub check: bool,
    /// Where to listen; a busy port moves to the next.
    #[arg(long, env = "SCRIP_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: Listen,
}

#[derive(clap::Args)]
pub struct ServeArguments {
    #[command(flatten)]
    pub settings: SettingsArguments,
    /// PostgreSQL instead of the embedded database: not in this version.
    #[arg(long, env = "SCRIP_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Adds POST /noop for measurements.
    #[arg(long, hide = true)]
    pub noop: bool,
    /// Serves a folder that `scrip demo` made.
    #[arg(long, hide = true)]
    pub allow_demo: bool,
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
    #[command(flatten)]
    pub secret: SecretChoice,
}

#[derive(clap::Args)]
pub struct VerifyArguments {
    #[command(flatten)]
    pub data: DataArguments,
    /// A head of its journal that was kept elsewhere, POSITION:HASH; may be given more than once.
    #[arg(long)]
    pub head: Vec<KeptHead>,
    #[command(flatten)]
    pub secret: SecretChoice,
}

#[derive(Subcommand)]
pub enum SecretsCommand {
    /// Make a new secret.key: the database's secrets stay and are wrapped by it. The server must be stopped.
    #[command(
        after_help = "Example:\n  scrip secrets rotate-master --data /var/lib/scrip\n\nBackups that were made before still need the old secret.key, which is kept as secret.key.1 (or the next free number)."
    )]
    RotateMaster(DataArguments),
}

#[derive(clap::Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    pub data: DataArguments,
    /// The backup.
    #[arg(long)]
    pub from: PathBuf,
    /// A head of its journal that was kept elsewhere, POSITION:HASH; may be given more than once.
    #[arg(long)]
    pub head: Vec<KeptHead>,
    #[command(flatten)]
    pub secret: SecretChoice,
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
    #[arg(long, value_delimiter = ',', default_value = "64,256", value_parser = whole(1..=10_000))]
    pub connections: Vec<usize>,
    /// Seconds a measurement.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Interleaved rounds; the median counts.
    #[arg(long, default_value_t = 3, value_parser = whole(1..=1_000))]
    pub rounds: usize,
    /// What to measure beside the no-op; all of it unless some is named.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<BenchKind>,
    /// Another build's binary, measured in the same rounds.
    #[arg(long)]
    pub beside: Option<PathBuf>,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// A kind of request that can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum BenchKind {
    Claim,
    SoldOut,
    Quote,
    Order,
    Wallet,
}

/// A count in a range.
fn whole(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u64).range(range).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

#[derive(Subcommand)]
pub enum Clock {
    /// Take the clock as it is now for right.
    #[command(
        after_help = "Look at the clock first. What a wrong one costs: docs/operate/clock.md\n\nExamples:\n  scrip clock accept\n  scrip clock accept --stand-still     the clock is right, and behind what is written"
    )]
    Accept(ClockAccept),
}

#[derive(clap::Args)]
pub struct ClockAccept {
    #[command(flatten)]
    pub data: DataArguments,
    /// Where the clock is behind the last batch: go on at that batch's time, until the clock gets there. Until then
    /// nothing expires, and what has expired by that time has.
    #[arg(long)]
    pub stand_still: bool,
}

#[derive(Subcommand)]
pub enum Keys {
    /// Create a key and print it alone: it is shown once and stored nowhere.
    #[command(
        after_help = "Examples:\n  scrip keys create --role operator\n  scrip keys create --role seller --seller luma\n  scrip keys create --role storefront --name \"Shop, Madrid\" --expires-at 2027-12-31T00:00:00Z"
    )]
    Create(KeysCreate),
    /// List keys, without their secrets.
    #[command(after_help = "Example:\n  scrip keys list --data /var/lib/scrip")]
    List(DataArguments),
    /// Revoke a key: from here on it is nobody's.
    #[command(after_help = "Example:\n  scrip keys revoke key_06f3k2v9x8q7d5t4r3m2n1p0ab")]
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
    /// Which of all keys it is, for people: 1 to 200 characters.
    #[arg(long)]
    pub name: Option<String>,
    /// When it ends: RFC 3339, in the future. Without it: never.
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub expires_at: Option<Timestamp>,
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
