//! Who calls: by which key or token, and from where.

mod caller;
pub(crate) mod key_text;
mod network;
mod tokens;

pub use caller::{Caller, ShopperAddress};
pub use network::Network;
pub(crate) use tokens::Tokens;
