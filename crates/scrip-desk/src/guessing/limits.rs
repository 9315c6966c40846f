/// How many wrong codes are looked at, each within a window that the first of them opens. A typing mistake is a tenth of
/// one, a text that can't be a code is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GuessLimits {
    /// Of one account.
    pub account: u32,
    /// Of all shoppers at one address: an IPv4 address, or an IPv6 network of 64 bits.
    pub address: u32,
    /// Of one storefront's key, and of all servers at one address.
    pub key: u32,
    /// Of one seller, adding codes that are a stranger's.
    pub seller: u32,
    /// How long a window is.
    pub minutes: u32,
    /// Accounts, and addresses, whose windows are kept one by one. Those beyond share 4,096 windows.
    pub tracked: usize,
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self { account: 5, address: 20, key: 1_000, seller: 20, minutes: 10, tracked: 100_000 }
    }
}
