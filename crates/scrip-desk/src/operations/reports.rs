use scrip_core::{id::CampaignId, money::Currency};
use scrip_store::{people::DistributionRow, sums::DISTRIBUTION};

use crate::{callers::Caller, desk::Desk, not_done::NotDone, rights::Operation};

impl Desk {
    /// Claims, redemptions and cost by channel and source (S1), each row with its campaign's currency.
    ///
    /// Errors: `forbidden`.
    pub async fn report_distribution(
        &self,
        caller: &Caller,
        campaign: Option<CampaignId>,
    ) -> Result<Vec<(DistributionRow, Option<Currency>)>, NotDone> {
        caller.may(Operation::ReportDistribution)?;
        let kept = self.engine.sums_followed(&DISTRIBUTION).await;
        let rows = self.read(move |reader| reader.distribution(campaign, kept)).await?;
        let currency = |campaign| self.campaign(campaign).map(|campaign| campaign.terms.currency);
        Ok(rows.into_iter().map(|row| (currency(row.campaign), row)).map(|(currency, row)| (row, currency)).collect())
    }
}
