//! Every operation by its name, and who may do it: one table, deny by default.

use scrip_core::api_key::Role;

/// What a role may do with an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    All,
    /// The bound seller's or account's; a foreign object doesn't exist for the caller.
    Own,
    /// `forbidden`.
    No,
}

use Access::{All, No, Own};

/// The roles in the order of the table's columns.
pub const ROLES: [Role; 4] = [Role::Operator, Role::Seller, Role::Storefront, Role::Shopper];

macro_rules! operations {
    ($($operation:ident $id:literal $access:expr;)*) => {
        /// What can be asked for. Its id is the operation's name in the API's document, in the log of attempts and in metrics.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Operation { $($operation,)* }

        impl Operation {
            /// In the order in which people are told of them.
            pub const ALL: &[Self] = &[$(Self::$operation,)*];

            pub const fn id(self) -> &'static str {
                match self { $(Self::$operation => $id,)* }
            }

            /// What each role may do, in the order of [`ROLES`].
            pub const fn accesses(self) -> [Access; 4] {
                match self { $(Self::$operation => $access,)* }
            }
        }
    };
}

operations! {
    CreateCampaign "create_campaign" [All, Own, No, No];
    ListCampaigns "list_campaigns" [All, Own, All, No];
    GetCampaign "get_campaign" [All, Own, All, No];
    ChangeCampaign "change_campaign" [All, Own, No, No];
    DeleteCampaign "delete_campaign" [All, Own, No, No];
    PublishCampaign "publish_campaign" [All, Own, No, No];
    PauseCampaign "pause_campaign" [All, Own, No, No];
    ResumeCampaign "resume_campaign" [All, Own, No, No];
    EndCampaign "end_campaign" [All, Own, No, No];
    AddCodes "add_codes" [All, Own, No, No];
    ExportCodes "export_codes" [All, Own, No, No];
    RevokeCode "revoke_code" [All, Own, No, No];
    GrantCoupons "grant_coupons" [All, Own, No, No];
    GetJob "get_job" [All, Own, No, No];
    CancelJob "cancel_job" [All, Own, No, No];
    GetSellerLimits "get_seller_limits" [All, Own, No, No];
    ClaimBatch "claim_batch" [All, No, All, No];
    ListOffers "list_offers" [All, No, All, Own];
    CollectCoupon "collect_coupon" [All, No, All, Own];
    ListCoupons "list_coupons" [All, No, All, Own];
    SummarizeCoupons "summarize_coupons" [All, No, All, Own];
    GetCoupon "get_coupon" [All, No, All, Own];
    QuoteCart "quote_cart" [All, No, All, Own];
    PlaceOrder "place_order" [All, No, All, No];
    ListOrders "list_orders" [All, Own, All, Own];
    GetOrder "get_order" [All, Own, All, Own];
    ChangeOrder "change_order" [All, No, All, No];
    ReviseOrder "revise_order" [All, No, All, No];
    ExtendOrder "extend_order" [All, No, All, No];
    PayOrder "pay_order" [All, No, All, No];
    CancelOrder "cancel_order" [All, No, All, No];
    CloseOrder "close_order" [All, Own, All, No];
    RefundOrder "refund_order" [All, Own, All, Own];
    ListRefunds "list_refunds" [All, Own, All, Own];
    GetRefund "get_refund" [All, Own, All, Own];
    ChangeRefund "change_refund" [All, Own, All, No];
    FindCoupon "find_coupon" [All, Own, All, No];
    FindOrders "find_orders" [All, Own, All, No];
    ListCurrencies "list_currencies" [All, All, All, All];
    ListLedgerEntries "list_ledger_entries" [All, No, No, No];
    ReportDistribution "report_distribution" [All, No, No, No];
    ListEvents "list_events" [All, Own, All, No];
    MintShopperToken "mint_shopper_token" [All, No, All, No];
    ListAttempts "list_attempts" [All, No, No, No];
    SearchAttempts "search_attempts" [All, No, No, No];
    CreateKey "create_key" [All, No, No, No];
    ListKeys "list_keys" [All, No, No, No];
    GetKey "get_key" [All, No, No, No];
    ChangeKey "change_key" [All, No, No, No];
    RevokeKey "revoke_key" [All, No, No, No];
}

/// Where a role gets less than its word in the table says.
const LESS: &[(Operation, Role, &str)] = &[
    (Operation::ListCampaigns, Role::Storefront, "live ones, without budgets"),
    (Operation::GetCampaign, Role::Storefront, "live ones, without budgets"),
    (Operation::CollectCoupon, Role::Storefront, "not by the channel system"),
    (Operation::CollectCoupon, Role::Shopper, "by code, or by web, social or seller_store"),
    (Operation::CloseOrder, Role::Seller, "its transaction"),
    (Operation::RefundOrder, Role::Seller, "its transaction"),
    (Operation::RefundOrder, Role::Shopper, "previews"),
    (Operation::GetOrder, Role::Seller, "its own lines"),
    (Operation::ListEvents, Role::Seller, "without accounts"),
    (Operation::ListEvents, Role::Storefront, "without accounts"),
];

impl Operation {
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.id() == id)
    }

    pub const fn access(self, role: Role) -> Access {
        let [operator, seller, storefront, shopper] = self.accesses();
        match role {
            Role::Operator => operator,
            Role::Seller => seller,
            Role::Storefront => storefront,
            Role::Shopper => shopper,
        }
    }

    /// In words, what a role gets of it where that is less than all or its own.
    pub fn less(self, role: Role) -> Option<&'static str> {
        LESS.iter().find(|(operation, whose, _)| (*operation, *whose) == (self, role)).map(|(_, _, what)| *what)
    }

    /// Whether it answers from the tables for people, be it in part: where they are rebuilt, the answer says so.
    pub const fn reads_tables(self) -> bool {
        matches!(
            self,
            Self::ExportCodes
                | Self::ListOrders
                | Self::FindCoupon
                | Self::FindOrders
                | Self::ListLedgerEntries
                | Self::ReportDistribution
        )
    }

    /// Whether nobody is asked who they are: what it answers is the same for all and no secret.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::ListCurrencies)
    }
}

impl Access {
    /// As the table of permissions says it.
    pub const fn word(self) -> &'static str {
        match self {
            All => "all",
            Own => "own",
            No => "–",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_is_found_by_its_id_and_no_two_have_the_same() {
        let ids: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.id()).collect();
        assert_eq!(ids.len(), Operation::ALL.len());
        assert!(Operation::ALL.iter().all(|operation| Operation::by_id(operation.id()) == Some(*operation)));
    }

    #[test]
    fn an_operator_may_do_everything_and_less_is_said_of_nobody_who_may_do_nothing() {
        assert!(Operation::ALL.iter().all(|operation| operation.access(Role::Operator) == All));
        assert!(LESS.iter().all(|(operation, role, _)| operation.access(*role) != No));
    }
}
