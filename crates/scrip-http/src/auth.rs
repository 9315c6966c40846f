//! Who calls, by key or token.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use scrip_core::reason::Reason;
use scrip_desk::{Caller, ShopperAddress};

use crate::{
    address::{address, client},
    api::Api,
    problem::Problem,
};

/// Errors: `unauthenticated` for no bearer token, or one that isn't (or no longer) good.
pub fn authenticate(api: &Api, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Reason::Unauthenticated)?;
    let mut caller = api.desk.caller_by(token)?;
    caller.address = peer.map(|peer| client(peer, headers, &api.trusted_proxies));
    if caller.is_server() {
        caller.shopper = shopper_address(headers);
    }
    Ok(caller)
}

/// What the header `Shopper-Address` says.
fn shopper_address(headers: &HeaderMap) -> Option<ShopperAddress> {
    let mut given = headers.get_all("shopper-address").iter();
    let first = given.next()?;
    let address = first.to_str().ok().filter(|_| given.next().is_none()).and_then(address);
    Some(address.map_or(ShopperAddress::Unreadable, |address| ShopperAddress::Of(address.into())))
}
