//! Table `code`: codes in the order in which they were added.

use scrip_core::{
    code::SecretNumber,
    id::{CampaignId, JobId},
    name::SourceName,
};

use super::{
    table::{List, Page, Table, columns},
    value::Column as _,
    word::words,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeRow {
    pub campaign: CampaignId,
    /// Where in the journal of the campaign's bucket it was added; `number` is its index in that event.
    pub position: u64,
    pub number: u32,
    pub job: Option<JobId>,
    pub source: Option<SourceName>,
    pub kind: Kind,
    /// A shared code itself; of a unique one its last four symbols.
    pub label: String,
    /// A unique code, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// The secret of codes that it was hashed and encrypted with.
    pub secret: SecretNumber,
}

words! {
    Kind {
        Shared = "shared",
        Unique = "unique",
    }
}

impl Table for CodeRow {
    const NAME: &'static str = "code";
    const CALLED: &'static str = "code";
    const LISTS: &'static [List] = &[Self::OF_CAMPAIGN];
    type Key = (CampaignId, u64, u32);

    columns! {
        campaign: "campaign",
        position: "position",
        number: "number",
        job: "job",
        source: "source",
        kind: "kind",
        label: "label",
        sealed: "sealed",
        secret: "secret",
    }

    fn key(&self) -> Self::Key {
        (self.campaign, self.position, self.number)
    }

    fn campaign(&self) -> Option<CampaignId> {
        Some(self.campaign)
    }

    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        let is_unique = self.kind == Kind::Unique;
        vec![
            (is_unique != self.sealed.is_some(), "a unique code is kept sealed, a shared one isn't"),
            (is_unique != self.job.is_some(), "unique codes are made by a job"),
        ]
    }
}

impl CodeRow {
    /// In the order of the journal.
    pub const OF_CAMPAIGN: List = List { of: &["campaign"], by: &[], newest_first: false };

    /// A campaign's codes after the one of this position and number.
    pub fn page_of_campaign(campaign: CampaignId, after: Option<(u64, u32)>, limit: usize) -> Page<'static> {
        Page {
            list: Self::OF_CAMPAIGN,
            of: vec![campaign.value().into_owned()],
            after: after.map(|(position, number)| vec![position.value().into_owned(), number.value().into_owned()]),
            limit,
        }
    }
}
