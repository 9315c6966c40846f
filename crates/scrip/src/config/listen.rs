use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where to listen: an address or a name, and a port. Without either name or address: every address of this machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Debug)]
pub struct Listen {
    host: Option<String>,
    port: u16,
}

/// A text that says no place to listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an address and a port, such as 127.0.0.1:8080, localhost:8080, [::1]:8080 or :8080")]
pub struct InvalidListen;

impl Listen {
    pub fn on_loopback(port: u16) -> Self {
        Self { host: Some(Ipv4Addr::LOCALHOST.to_string()), port }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn with_port(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// The addresses, one of which will do. Of a name those of version 4 first: whoever tries the other finds them by the name.
    ///
    /// Errors: a name that nobody knows.
    pub fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        let Some(host) = &self.host else {
            let all = [IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
            return Ok(all.map(|address| SocketAddr::new(address, self.port)).to_vec());
        };
        let mut addresses: Vec<SocketAddr> = (host.as_str(), self.port).to_socket_addrs()?.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }
}

impl FromStr for Listen {
    type Err = InvalidListen;

    fn from_str(text: &str) -> Result<Self, InvalidListen> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { host: Some(address.ip().to_string()), port: address.port() });
        }
        let (host, port) = text.rsplit_once(':').ok_or(InvalidListen)?;
        let port = port.parse().map_err(|_| InvalidListen)?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        match host {
            "" => Ok(Self { host: None, port }),
            name if name.len() <= 253 && name.bytes().all(is_name) => Ok(Self { host: Some(name.to_owned()), port }),
            _ => Err(InvalidListen),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(host) => write!(f, "{host}:{}", self.port),
            None => write!(f, ":{}", self.port),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for text in ["127.0.0.1:8080", "[::1]:8080", "localhost:0", ":8080", "shop-1.example:443"] {
            assert_eq!(text.parse::<Listen>().expect("a place").to_string(), text);
        }
        for text in
            ["", "8080", "localhost", "localhost:", "localhost:65536", "::1:8080", "a b:1", "http://localhost:8080"]
        {
            assert_eq!(text.parse::<Listen>(), Err(InvalidListen), "{text}");
        }
    }

    #[test]
    fn localhost_is_loopback_and_no_name_is_every_address() {
        let addresses = |text: &str| text.parse::<Listen>().expect("a place").addresses().expect("known");
        assert!(addresses("localhost:8080").iter().all(|address| address.ip().is_loopback() && address.port() == 8080));
        assert!(addresses("localhost:8080")[0].is_ipv4());
        assert!(addresses(":8080").iter().all(|address| address.ip().is_unspecified()));
    }
}
