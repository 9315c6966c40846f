//! Where a request comes from: the peer, or what a trusted proxy says.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::http::HeaderMap;
use ipnet::IpNet;
use scrip_desk::Network;
use serde::{Deserialize, Deserializer, de};

/// Addresses whose `X-Forwarded-For` is believed: one, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
pub struct TrustedProxy(IpNet);

/// A text that names neither an address nor a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an address such as 10.0.0.7, nor a network such as 10.0.0.0/8")]
pub struct InvalidNetwork;

impl FromStr for TrustedProxy {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| IpNet::from(address)));
        network.map(Self).map_err(|_| InvalidNetwork)
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for TrustedProxy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TrustedProxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The client's network. The peer's, unless that is a trusted proxy: then the last address of `X-Forwarded-For` that isn't one
/// too. What stands before that anybody may have written.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[TrustedProxy]) -> Network {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.0.contains(address));
    let mut client = peer.to_canonical();
    let given: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().flat_map(|value| value.to_str().unwrap_or("?").split(',')).collect();
    for hop in given.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        // What can't be read was written before the proxies that we trust.
        let Some(address) = address(hop.trim()) else { break };
        client = address;
    }
    client.into()
}

/// With or without a port.
pub fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn network(text: &str) -> Network {
        Network::from(text.parse::<IpAddr>().expect("an address"))
    }

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Network {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).expect("a header"));
        }
        let trusted: Vec<TrustedProxy> = trusted.iter().map(|text| text.parse().expect("a network")).collect();
        client(peer.parse().expect("an address"), &headers, &trusted)
    }

    #[test]
    fn nobody_is_believed_but_trusted_proxies() {
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"], &[]), network("192.0.2.1"));
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"], &["10.0.0.0/8"]), network("192.0.2.1"));
        assert_eq!(seen("10.1.2.3", &["203.0.113.9"], &["10.0.0.0/8"]), network("203.0.113.9"));
        assert_eq!(seen("::ffff:10.1.2.3", &["203.0.113.9"], &["10.0.0.0/8"]), network("203.0.113.9"));
    }

    #[test]
    fn what_a_client_writes_before_the_proxy_is_passed_over() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(seen("10.1.2.3", &["198.51.100.1, 203.0.113.9, 10.9.9.9"], trusted), network("203.0.113.9"));
        assert_eq!(seen("10.1.2.3", &["198.51.100.1", "203.0.113.9:1234"], trusted), network("203.0.113.9"));
        assert_eq!(seen("10.1.2.3", &["203.0.113.9, rubbish"], trusted), network("10.1.2.3"));
        assert_eq!(seen("10.1.2.3", &["[2001:db8:1:2::9]:443"], trusted), network("2001:db8:1:2::1"));
        assert_eq!(seen("10.1.2.3", &[], trusted), network("10.1.2.3"));
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix() {
        for good in ["10.0.0.7", "10.0.0.0/8", "2001:db8::/32", "::1"] {
            assert!(good.parse::<TrustedProxy>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "proxy.example", "10.0.0.7:80"] {
            assert!(bad.parse::<TrustedProxy>().is_err(), "{bad}");
        }
    }
}
