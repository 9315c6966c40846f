//! Which channels a caller may name.

use scrip_core::{campaign::Channel, event::Role};

/// Which channels a role owns (S1). `code` never by name.
pub(crate) const fn may_name(role: Role, channel: Channel) -> bool {
    match channel {
        Channel::Web | Channel::Social | Channel::SellerStore => true,
        Channel::Partner => matches!(role, Role::Operator | Role::Storefront),
        Channel::System => matches!(role, Role::Operator),
        Channel::Code => false,
    }
}
