use std::{net::SocketAddr, path::PathBuf};

use scrip_http::TrustedProxy;

use super::FileSettings;
use crate::{connections::ConnectionLimits, failure::Failure};

/// Settings of `scrip serve`, as given by flags and environment.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ServerSettings {
    /// The data folder: database, secret file, socket. [default: scrip-data]
    #[arg(long, env = "SCRIP_DATA")]
    pub data: Option<PathBuf>,
    /// Where to listen. [default: 127.0.0.1:8080]
    #[arg(long, env = "SCRIP_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// PostgreSQL instead of the embedded database: not in this version.
    #[arg(long, env = "SCRIP_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// What is logged: error, warn, info, debug, or per module. [default: info]
    #[arg(long, env = "SCRIP_LOG")]
    pub log: Option<String>,
    /// Logs as JSON, one object a line. [default: false]
    #[arg(long, env = "SCRIP_LOG_JSON")]
    pub log_json: Option<bool>,
    /// Whether pending coupons of old data can be listed. [default: true]
    #[arg(long, env = "SCRIP_SHOW_PENDING")]
    pub show_pending: Option<bool>,
    /// Proxies whose X-Forwarded-For is believed: addresses or networks, with commas between. [default: none]
    #[arg(long, env = "SCRIP_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<TrustedProxy>>,
    /// Seconds that a request's head may take to arrive, and again its body. [default: 30]
    #[arg(long, env = "SCRIP_REQUEST_SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub request_seconds: Option<u32>,
    /// Connections at once; more wait to be accepted. [default: 10000, or what the system lets one process open]
    #[arg(long, env = "SCRIP_CONNECTIONS_MAX", value_parser = clap::value_parser!(u32).range(1..))]
    pub connections_max: Option<u32>,
    /// A settings file. [default: scrip.toml in the data folder, if there]
    #[arg(long, env = "SCRIP_CONFIG")]
    pub config: Option<PathBuf>,
    /// Adds POST /noop for measurements.
    #[arg(long, hide = true)]
    pub noop: bool,
    /// Serves a folder that `scrip demo` made.
    #[arg(long, hide = true)]
    pub allow_demo: bool,
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Server {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub log: String,
    pub log_json: bool,
    pub show_pending: bool,
    pub trusted_proxies: Vec<TrustedProxy>,
    pub connections: ConnectionLimits,
    pub noop: bool,
}

impl ServerSettings {
    /// Errors: a settings file that can't be read, or says what this version can't do.
    pub fn resolve(self) -> Result<Server, Failure> {
        let data = self.data.unwrap_or_else(|| PathBuf::from("scrip-data"));
        let file = FileSettings::read(self.config.as_deref(), &data)?;
        if self.database_url.is_some() {
            return Err(Failure::new(
                "PostgreSQL isn't in this version yet. Leave --database-url and SCRIP_DATABASE_URL out to use the \
                 embedded database.",
            ));
        }
        Ok(Server {
            listen: self.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            log: self.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_json: self.log_json.or(file.log_json).unwrap_or(false),
            show_pending: self.show_pending.or(file.show_pending).unwrap_or(true),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies).unwrap_or_default(),
            connections: ConnectionLimits::new(
                self.request_seconds.or(file.request_seconds),
                self.connections_max.or(file.connections_max),
            ),
            noop: self.noop,
            data,
        })
    }
}
