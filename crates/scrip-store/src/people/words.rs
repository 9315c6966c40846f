//! The words that stand in text columns, and how a ledger account is read back from its text.

use scrip_core::{
    discount::Funder,
    ledger::{EntryKind, LedgerAccount},
    name::{AccountId, OrderId, SellerId, decoded},
};

pub const CAMPAIGN_STAGES: &[&str] = &["draft", "published", "paused", "ended"];
pub const CHANNELS: &[&str] = &["web", "social", "partner", "seller_store", "code", "system"];
pub const COUPON_STATES: &[&str] = &["valid", "inactive", "used", "reclaimed", "pending"];
pub const ORDER_STATUSES: &[&str] = &["placed", "paid", "closed", "cancelled"];
pub const REFUNDED: &[&str] = &["none", "partial", "full"];
pub const TRANSACTION_STATES: &[&str] = &["open", "closed", "refunded", "cancelled"];
pub const REDEMPTION_STATES: &[&str] = &["held", "used", "returned", "released"];
pub const CODE_KINDS: &[&str] = &["shared", "unique"];

/// The word of a list that a stored text is; `None` if the list doesn't have it.
pub fn find(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| *word == text)
}

pub fn entry_kind(text: &str) -> Option<EntryKind> {
    use EntryKind::{DiscountFunded, DiscountReversed, SurplusForfeited, SurplusRestored};
    [DiscountFunded, DiscountReversed, SurplusForfeited, SurplusRestored].into_iter().find(|kind| kind.as_str() == text)
}

/// Reads what [`LedgerAccount`] displays: names in it are percent-encoded, so there is one way to read each.
pub fn ledger_account(text: &str) -> Option<LedgerAccount> {
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "funder" if rest == "platform" => Some(LedgerAccount::Funder(Funder::Platform)),
        "funder" => {
            let seller = rest.strip_prefix("seller:")?;
            Some(LedgerAccount::Funder(Funder::Seller(SellerId::stored(&name(seller)?))))
        }
        "discount" => {
            let (account, order) = rest.split_once('/')?;
            Some(LedgerAccount::Discount(AccountId::stored(&name(account)?), OrderId::stored(&name(order)?)))
        }
        "face_value" => Some(LedgerAccount::FaceValue(rest.parse().ok()?)),
        "forfeited" => Some(LedgerAccount::Forfeited(rest.parse().ok()?)),
        _ => None,
    }
}

fn name(encoded: &str) -> Option<String> {
    decoded(encoded).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use scrip_core::{
        campaign::Channel,
        id::{CampaignId, Uid},
    };

    use super::*;

    #[test]
    fn every_ledger_account_is_read_back_from_its_text() {
        let campaign = CampaignId::from_uid(Uid::from_bytes([7; 16]));
        for account in [
            LedgerAccount::Funder(Funder::Platform),
            LedgerAccount::Funder(Funder::Seller(SellerId::new("seller:platform").expect("a name"))),
            LedgerAccount::Discount(
                AccountId::new("a:b").expect("a name"),
                OrderId::new("discount:o").expect("a name"),
            ),
            LedgerAccount::Discount(AccountId::new("a/b").expect("a name"), OrderId::new("c%2F/d").expect("a name")),
            // What earlier builds took as names.
            LedgerAccount::Discount(AccountId::stored(".."), OrderId::stored(".")),
            LedgerAccount::FaceValue(campaign),
            LedgerAccount::Forfeited(campaign),
        ] {
            assert_eq!(ledger_account(&account.to_string()), Some(account));
        }
        for bad in [
            "",
            "funder",
            "funder:",
            "funder:seller:",
            "discount:a",
            "discount:a/",
            "discount:a/%",
            "face_value:x",
            "other:platform",
        ] {
            assert_eq!(ledger_account(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_channels_are_those_of_the_api() {
        use Channel::{Code, Partner, SellerStore, Social, System, Web};
        assert_eq!(CHANNELS, [Web, Social, Partner, SellerStore, Code, System].map(Channel::as_str));
    }
}
