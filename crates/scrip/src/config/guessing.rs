use super::setting::settings;

settings! {
    /// Guessing. How many wrong codes are looked at before one has to wait.
    Guessing {
        /// Of one account. Whoever has used them up waits until the minutes are over, right code or not.
        guesses_account: u32 = 5, in 1..=1_000_000;
        /// Of shoppers at one address, as the proxy or the storefront's header Shopper-Address says, and of their accounts. Accounts that
        /// had a coupon or an order before aren't held up by it.
        guesses_address: u32 = 20, in 1..=1_000_000;
        /// Of one storefront's key, and of all servers at one address. Accounts that had a coupon or an order before aren't held up by it.
        guesses_key: u32 = 1_000, in 1..=1_000_000;
        /// Of one seller, adding codes that are a stranger's already.
        guesses_seller: u32 = 20, in 1..=1_000_000;
        /// For how many minutes wrong codes count, from the first.
        guesses_minutes: u32 = 10, in 1..=10_080;
    }
}
