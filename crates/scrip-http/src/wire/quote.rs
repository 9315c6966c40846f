use scrip_core::{
    campaign::Issuer,
    cart::{Cart, Line},
    discount::Applied,
    id::{CampaignId, CouponId},
    money::{Amount, Currency},
    name::{LineId, SellerId},
    order::{Figures, figures},
};
use scrip_desk::{QuoteAnswer, shown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CartDocument, EnteredCode, ReasonDocument, UseDocument};

/// What would this cart cost?
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    pub cart: CartDocument,
    #[serde(default)]
    pub r#use: UseDocument,
    /// At most 10. With `use` as `best` those in the best set are taken; why the others weren't is in `not_applied`.
    #[serde(default)]
    #[schema(max_items = 10, value_type = Vec<EnteredCode>)]
    pub codes: Vec<String>,
    /// "Buy all from this seller": only its group.
    #[serde(default)]
    pub only_seller: Option<SellerId>,
}

/// What the cart costs with coupons, which, and why not the others. Commits nothing.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteDocument {
    pub currency: Currency,
    pub subtotal: Amount,
    pub shipping: Amount,
    /// Goods and shipping.
    pub discount: Amount,
    pub total: Amount,
    /// In the order of application.
    pub applied: Vec<AppliedDocument>,
    pub not_applied: Vec<NotAppliedDocument>,
    pub sellers: Vec<SellerDocument>,
    pub lines: Vec<LineDocument>,
}

/// What campaigns are called: names may change, so they are looked up when they are shown.
pub type Names<'a> = &'a dyn Fn(CampaignId) -> String;

/// One coupon's discount and its shares. Shares and funding list only amounts above 0.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Applied)]
pub struct AppliedDocument {
    pub coupon: Option<CouponId>,
    pub code: Option<String>,
    pub campaign: CampaignId,
    /// The campaign's.
    pub name: String,
    pub issuer: Issuer,
    pub discount: Amount,
    pub shares: Vec<ShareDocument>,
    pub shipping_shares: Vec<ShippingShareDocument>,
    pub funding: Vec<FundingDocument>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct ShareDocument {
    pub line: LineId,
    pub amount: Amount,
    /// Of the line's units in order.
    pub units: Vec<UnitsDocument>,
}

/// So many units in a row with so much each.
#[derive(Clone, Serialize, ToSchema)]
pub struct UnitsDocument {
    pub count: u32,
    pub amount: Amount,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct ShippingShareDocument {
    pub seller: SellerId,
    pub amount: Amount,
}

/// `platform`, or `seller:` and the percent-encoded id. Negative where a refund gives back.
#[derive(Clone, Serialize, ToSchema)]
pub struct FundingDocument {
    pub funder: String,
    pub amount: i64,
}

/// Why not, and what it would take off this cart alone.
#[derive(Clone, Serialize, ToSchema)]
pub struct NotAppliedDocument {
    pub coupon: Option<CouponId>,
    pub code: Option<String>,
    pub campaign: Option<CampaignId>,
    pub would_save: Amount,
    #[schema(value_type = Vec<ReasonDocument>)]
    pub reasons: Vec<scrip_core::reason::Reason>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct SellerDocument {
    pub seller: SellerId,
    pub subtotal: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    pub total: Amount,
}

/// Without shipping.
#[derive(Clone, Serialize, ToSchema)]
pub struct LineDocument {
    pub id: LineId,
    pub subtotal: Amount,
    pub discount: Amount,
    pub total: Amount,
}

impl QuoteDocument {
    pub fn new(cart: &Cart, answer: &QuoteAnswer, name: Names<'_>) -> Self {
        let figures = figures(cart, answer.quote.applied.iter());
        Self {
            currency: cart.currency(),
            subtotal: figures.subtotal,
            shipping: figures.shipping,
            discount: figures.discount,
            total: figures.total,
            applied: answer
                .quote
                .applied
                .iter()
                .map(|applied| AppliedDocument::new(cart.lines(), applied, name))
                .collect(),
            not_applied: answer
                .not_applied()
                .map(|(used_by, campaign, would_save, reasons)| {
                    let (coupon, code) = shown(used_by);
                    NotAppliedDocument {
                        coupon,
                        code: code.map(str::to_owned),
                        campaign,
                        would_save,
                        reasons: reasons.to_vec(),
                    }
                })
                .collect(),
            sellers: seller_documents(&figures),
            lines: line_documents(cart.lines(), &figures),
        }
    }
}

impl AppliedDocument {
    pub fn new(lines: &[Line], applied: &Applied, name: Names<'_>) -> Self {
        Self {
            name: name(applied.campaign),
            coupon: applied.coupon,
            code: applied.code.clone(),
            campaign: applied.campaign,
            issuer: applied.issuer.clone(),
            discount: applied.discount,
            shares: applied
                .shares
                .iter()
                .map(|share| ShareDocument {
                    line: lines[usize::from(share.line)].id.clone(),
                    amount: share.amount,
                    units: share.units.iter().map(|(count, amount)| UnitsDocument { count, amount }).collect(),
                })
                .collect(),
            shipping_shares: applied
                .shipping_shares
                .iter()
                .map(|share| ShippingShareDocument { seller: share.seller.clone(), amount: share.amount })
                .collect(),
            funding: applied
                .funding()
                .into_iter()
                .map(|(funder, amount)| FundingDocument { funder: funder.to_string(), amount: amount.minor() })
                .collect(),
        }
    }
}

pub(super) fn seller_documents(figures: &Figures) -> Vec<SellerDocument> {
    figures
        .sellers
        .iter()
        .map(|seller| SellerDocument {
            seller: seller.seller.clone(),
            subtotal: seller.subtotal,
            shipping: seller.shipping,
            discount: seller.discount,
            total: seller.total,
        })
        .collect()
}

pub(super) fn line_documents(lines: &[Line], figures: &Figures) -> Vec<LineDocument> {
    lines
        .iter()
        .zip(&figures.lines)
        .map(|(line, figures)| LineDocument {
            id: line.id.clone(),
            subtotal: figures.subtotal,
            discount: figures.discount,
            total: figures.total,
        })
        .collect()
}
