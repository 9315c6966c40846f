//! Which channels a caller may name, and as whom it claims.

use scrip_core::{api_key::Role, campaign::Channel, command::ClaimBy};

/// Which channels a role owns (S1). `code` never by name.
pub const fn may_name(role: Role, channel: Channel) -> bool {
    match channel {
        Channel::Web | Channel::Social | Channel::SellerStore => true,
        Channel::Partner => matches!(role, Role::Operator | Role::Storefront),
        Channel::System => matches!(role, Role::Operator),
        Channel::Code => false,
    }
}

/// As whom a role claims for an account: it decides about sources with stock set aside.
pub(crate) const fn claims_as(role: Role) -> ClaimBy {
    match role {
        Role::Operator | Role::Storefront => ClaimBy::Shop,
        Role::Seller | Role::Shopper => ClaimBy::Shopper,
    }
}

/// What a role grants by when it names no channel, and as whom.
pub(crate) const fn grants_as(role: Role) -> (Channel, ClaimBy) {
    match role {
        Role::Seller => (Channel::SellerStore, ClaimBy::SellerGrant),
        Role::Operator | Role::Storefront | Role::Shopper => (Channel::System, ClaimBy::OperatorGrant),
    }
}
