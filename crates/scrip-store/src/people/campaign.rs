//! Table `campaign`: campaigns as they are now.

use scrip_core::{id::CampaignId, metadata::Members, money::Currency, name::SellerId, time::Timestamp};

use super::{
    table::{Table, columns},
    word::words,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignRow {
    pub id: CampaignId,
    pub name: String,
    /// `None`: the platform.
    pub seller: Option<SellerId>,
    pub currency: Currency,
    pub stage: Stage,
    pub created_at: Timestamp,
    /// Whoever wrote it.
    pub metadata: Members,
}

words! {
    Stage {
        Draft = "draft",
        Published = "published",
        Paused = "paused",
        Ended = "ended",
    }
}

impl Table for CampaignRow {
    const NAME: &'static str = "campaign";
    const CALLED: &'static str = "campaign";
    type Key = (CampaignId,);

    columns! {
        id: "id",
        name: "name",
        seller: "seller",
        currency: "currency",
        stage: "stage",
        created_at: "created_at_us",
        metadata: "metadata",
    }

    fn key(&self) -> Self::Key {
        (self.id,)
    }

    fn campaign(&self) -> Option<CampaignId> {
        Some(self.id)
    }
}
