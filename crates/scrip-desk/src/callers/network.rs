//! Where a request comes from, so far as that tells subscribers apart.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv6Net};

/// What one subscriber has: an IPv4 address, or an IPv6 network of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network(IpNet);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address).into()),
            IpAddr::V6(address) => Self(Ipv6Net::new(address, 64).expect("64 is at most 128").trunc().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::from(text.parse::<IpAddr>().expect("an address"))
    }

    #[test]
    fn one_subscriber_of_ipv6_has_64_bits_to_choose_from() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
