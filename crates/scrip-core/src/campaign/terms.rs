use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::{
    benefit::Benefit,
    minimum_spend::MinimumSpend,
    money::{Amount, BasisPoints, Currency},
    name::{CategoryId, LABEL_LIMIT, ProductId, SellerId, SourceName, StackingGroup, is_label},
    reason::{Reason, Refusal},
    time::{Timestamp, ZoneName, Zones},
};

/// What a campaign's coupons give and require, and how they are given out.
///
/// Frozen when published, except the name, the claim window, the channels and limits upward.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Terms {
    /// 1 to 200 characters.
    #[n(0)]
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 200))]
    pub name: String,
    #[n(1)]
    pub issuer: Issuer,
    #[n(2)]
    pub currency: Currency,
    #[n(3)]
    pub benefit: Benefit,
    #[n(4)]
    #[serde(default)]
    pub minimum_spend: Option<MinimumSpend>,
    #[n(5)]
    #[serde(default)]
    pub scope: Scope,
    #[n(6)]
    pub validity: Validity,
    #[n(7)]
    #[serde(default)]
    pub claims: Claims,
    #[n(8)]
    #[serde(default)]
    pub limits: Limits,
    /// Who pays the discount; null or absent: the issuer. The shares add up to 10,000.
    #[n(9)]
    #[serde(default)]
    pub funding: Option<Vec<Funding>>,
    #[n(10)]
    #[serde(default)]
    pub stacking: Stacking,
    /// What becomes of a coupon when its order is cancelled or refunded; null: the issuer's default (S18, S19).
    #[n(11)]
    #[serde(default)]
    pub refund_policy: Option<RefundPolicy>,
}

/// Who gives the coupons out (S18, S19).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Issuer {
    #[n(0)]
    Platform {},
    #[n(1)]
    #[cbor(map)]
    Seller {
        #[n(0)]
        seller: SellerId,
    },
}

impl Issuer {
    pub const PLATFORM: Self = Self::Platform {};

    pub fn seller(&self) -> Option<&SellerId> {
        match self {
            Self::Platform {} => None,
            Self::Seller { seller } => Some(seller),
        }
    }
}

/// Which lines a coupon works on (S5). Empty lists: all; products or categories; exclusions win. At most 1,000 a list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Scope {
    #[n(0)]
    pub include_on_sale: bool,
    #[n(1)]
    #[cfg_attr(feature = "schema", schema(max_items = 1_000))]
    pub products: Vec<ProductId>,
    #[n(2)]
    #[cfg_attr(feature = "schema", schema(max_items = 1_000))]
    pub categories: Vec<CategoryId>,
    #[n(3)]
    #[cfg_attr(feature = "schema", schema(max_items = 1_000))]
    pub exclude_products: Vec<ProductId>,
    #[n(4)]
    #[cfg_attr(feature = "schema", schema(max_items = 1_000))]
    pub exclude_categories: Vec<CategoryId>,
}

impl Scope {
    /// Of all its lists together.
    pub const fn entries(&self) -> u64 {
        let lists =
            self.products.len() + self.categories.len() + self.exclude_products.len() + self.exclude_categories.len();
        lists as u64
    }

    /// The scope without the lists that are as before, and which those are: a bit each, products 1, categories 2, excluded products
    /// 4, excluded categories 8. Lists may be long, and aren't written again with everything that changes.
    pub fn without_same(mut self, before: &Self) -> (Self, u8) {
        let mut same = 0;
        take_same(&mut self.products, &before.products, 1, &mut same);
        take_same(&mut self.categories, &before.categories, 2, &mut same);
        take_same(&mut self.exclude_products, &before.exclude_products, 4, &mut same);
        take_same(&mut self.exclude_categories, &before.exclude_categories, 8, &mut same);
        (self, same)
    }

    /// Puts the lists back that are as before.
    pub fn keep_same(&mut self, before: Self, same: u8) {
        let stays = |bit| same & bit != 0;
        if stays(1) {
            self.products = before.products;
        }
        if stays(2) {
            self.categories = before.categories;
        }
        if stays(4) {
            self.exclude_products = before.exclude_products;
        }
        if stays(8) {
            self.exclude_categories = before.exclude_categories;
        }
    }
}

fn take_same<T: PartialEq>(list: &mut Vec<T>, before: &[T], bit: u8, same: &mut u8) {
    if !list.is_empty() && list == before {
        list.clear();
        *same |= bit;
    }
}

/// When coupons can be used (S8). Half-open: `starts_at <= now < expires_at`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Validity {
    #[n(0)]
    #[cbor(map)]
    Fixed {
        #[n(0)]
        starts_at: Timestamp,
        #[n(1)]
        expires_at: Timestamp,
    },
    /// With a time zone: until the end of the `days`-th calendar day after the day of the claim; without: `days` × 24 h.
    #[n(1)]
    #[cbor(map)]
    AfterClaim {
        /// 1 to 3,650.
        #[n(0)]
        #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 3_650))]
        days: u16,
        #[n(1)]
        #[serde(default)]
        time_zone: Option<ZoneName>,
    },
}

impl Validity {
    /// From when until when a coupon claimed at `at` can be used. `None`: there are no rules for the time zone.
    pub fn window(&self, at: Timestamp, zones: &Zones) -> Option<(Timestamp, Timestamp)> {
        Some(match self {
            Self::Fixed { starts_at, expires_at } => (*starts_at, *expires_at),
            Self::AfterClaim { days, time_zone: None } => (at, at.plus_hours(u32::from(*days) * 24)),
            Self::AfterClaim { days, time_zone: Some(zone) } => (at, zones.end_of_day_after(zone, at, *days)?),
        })
    }

    /// The time zone that says when coupons end, if one does.
    pub const fn time_zone(&self) -> Option<&ZoneName> {
        match self {
            Self::AfterClaim { time_zone, .. } => time_zone.as_ref(),
            Self::Fixed { .. } => None,
        }
    }

    /// From when on a coupon would have expired when it is given; `None`: never.
    pub const fn over_at(&self) -> Option<Timestamp> {
        match self {
            Self::Fixed { expires_at, .. } => Some(*expires_at),
            Self::AfterClaim { .. } => None,
        }
    }

    /// The end that all coupons have together.
    pub const fn fixed_end(&self) -> Option<Timestamp> {
        match self {
            Self::Fixed { expires_at, .. } => Some(*expires_at),
            Self::AfterClaim { .. } => None,
        }
    }
}

/// When and where coupons are given out (S1).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Claims {
    /// null: from publishing.
    #[n(0)]
    pub starts_at: Option<Timestamp>,
    /// null: until the campaign ends.
    #[n(1)]
    pub ends_at: Option<Timestamp>,
    /// null, or the issuer's whole list: all but `code`, `seller_store` only for a seller's campaign; and from the answer
    /// to the first request for codes on only `code` and `system`.
    #[n(2)]
    pub channels: Option<Vec<Channel>>,
    /// Stock set aside per source, out of the campaign's stock. At most 100.
    #[n(3)]
    #[cfg_attr(feature = "schema", schema(max_items = 100))]
    pub sources: Vec<SourceStock>,
}

/// A part of the stock that only one source gives out.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SourceStock {
    #[n(0)]
    pub source: SourceName,
    #[n(1)]
    pub stock: u32,
}

/// How a coupon came to its holder (S1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Channel {
    #[n(0)]
    Web,
    #[n(1)]
    Social,
    #[n(2)]
    Partner,
    #[n(3)]
    SellerStore,
    #[n(4)]
    Code,
    /// Granted by the operator or by an event.
    #[n(5)]
    System,
}

impl Channel {
    pub const ALL: [Self; 6] = [Self::Web, Self::Social, Self::Partner, Self::SellerStore, Self::Code, Self::System];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Social => "social",
            Self::Partner => "partner",
            Self::SellerStore => "seller_store",
            Self::Code => "code",
            Self::System => "system",
        }
    }
}

/// How many, how often, how much. null: no limit, except that a budget must be given or refused before publishing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Coupons in all; null: any number.
    #[n(0)]
    #[cfg_attr(feature = "schema", schema(minimum = 1))]
    pub stock: Option<u32>,
    /// Coupons per individual (S3); 1 unless said otherwise.
    #[n(1)]
    #[cfg_attr(feature = "schema", schema(minimum = 1))]
    pub per_individual: Option<u32>,
    /// The most discount in all, or `"unlimited"`. Null is for drafts: publishing wants one or the other.
    #[n(2)]
    pub budget: Option<Budget>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stock: None, per_individual: Some(1), budget: None }
    }
}

/// The most discount that a campaign gives, or the explicit word that there is no such limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(into = "BudgetDocument", try_from = "BudgetDocument")]
pub enum Budget {
    #[n(0)]
    Limited(#[n(0)] Amount),
    #[n(1)]
    Unlimited,
}

impl Budget {
    pub fn amount(self) -> Option<Amount> {
        match self {
            Self::Limited(amount) => Some(amount),
            Self::Unlimited => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "an integer from 0 to 1000000000000000 in minor units, null, or \"unlimited\"")]
enum BudgetDocument {
    Amount(Amount),
    Word(String),
}

impl From<Budget> for BudgetDocument {
    fn from(budget: Budget) -> Self {
        match budget {
            Budget::Limited(amount) => Self::Amount(amount),
            Budget::Unlimited => Self::Word("unlimited".to_owned()),
        }
    }
}

impl TryFrom<BudgetDocument> for Budget {
    type Error = &'static str;
    fn try_from(document: BudgetDocument) -> Result<Self, Self::Error> {
        match document {
            BudgetDocument::Amount(amount) => Ok(Self::Limited(amount)),
            BudgetDocument::Word(word) if word == "unlimited" => Ok(Self::Unlimited),
            BudgetDocument::Word(_) => Err(
                "invalid value, expected an integer from 0 to 1000000000000000 in minor units, null, or \"unlimited\"",
            ),
        }
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Budget {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::OneOfBuilder::new()
            .item(Amount::schema())
            .item(
                utoipa::openapi::ObjectBuilder::new()
                    .title(Some("UnlimitedBudget"))
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(["unlimited"])),
            )
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Budget {}

/// A share of the discount and who pays it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Funding {
    #[n(0)]
    pub funder: FunderKind,
    #[n(1)]
    pub share_bp: BasisPoints,
}

/// `seller` means, per line, that line's seller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum FunderKind {
    #[n(0)]
    Platform,
    #[n(1)]
    Seller,
}

/// What may be used together. By default one coupon of a lane and seller; coupons of different groups go together.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Stacking {
    #[n(0)]
    pub group: Option<StackingGroup>,
    /// Alone on the order.
    #[n(1)]
    pub exclusive: bool,
}

/// What becomes of a coupon when its order is cancelled or refunded (S18, S19).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RefundPolicy {
    #[n(0)]
    #[serde(default = "on_cancel")]
    pub cancel_before_payment: OnCancel,
    #[n(1)]
    #[serde(default = "on_partial_refund")]
    pub partial_refund: OnPartialRefund,
    #[n(2)]
    pub full_refund: OnFullRefund,
}

const fn on_cancel() -> OnCancel {
    OnCancel::Return
}

const fn on_partial_refund() -> OnPartialRefund {
    OnPartialRefund::Keep
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum OnCancel {
    #[n(0)]
    Return,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum OnPartialRefund {
    #[n(0)]
    Keep,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum OnFullRefund {
    #[n(0)]
    Return,
    #[n(1)]
    Keep,
}

impl Terms {
    /// Errors: `invalid_field` for a currency that nobody pays with any more, or ever did. Campaigns that have it keep it.
    pub fn currency_in_use(&self) -> Result<(), Refusal> {
        self.currency.not_for_new_money().map_or(Ok(()), |limit| Err(Refusal::invalid("/currency", limit)))
    }

    /// [`Terms::checked`] of a campaign that isn't there yet.
    ///
    /// Errors: those, and of [`Terms::currency_in_use`].
    pub fn of_new_campaign(self) -> Result<Self, Refusal> {
        let terms = self.checked()?;
        terms.currency_in_use()?;
        Ok(terms)
    }

    /// Checks what the JSON's shape can't, and writes the defaults out.
    ///
    /// Errors: `invalid_field` with pointer and limit; `funder_not_agreed` for a funder that didn't agree.
    ///
    /// [`Terms::currency_in_use`] is asked besides where the currency is new.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        if !is_label(&self.name) {
            return Err(Refusal::invalid("/name", LABEL_LIMIT));
        }
        self.benefit.check()?;
        match &self.validity {
            Validity::Fixed { starts_at, expires_at } if expires_at <= starts_at => {
                return Err(Refusal::invalid("/validity/expires_at", "after starts_at"));
            }
            Validity::AfterClaim { days, .. } if !(1..=3_650).contains(days) => {
                return Err(Refusal::invalid("/validity/days", "an integer from 1 to 3650"));
            }
            _ => {}
        }
        self.check_claims()?;
        if self.limits.stock == Some(0) {
            return Err(Refusal::invalid("/limits/stock", "an integer from 1 to 4294967295, or null"));
        }
        if self.limits.per_individual == Some(0) {
            return Err(Refusal::invalid("/limits/per_individual", "an integer from 1 to 4294967295, or null"));
        }
        for (list, length) in [
            ("products", self.scope.products.len()),
            ("categories", self.scope.categories.len()),
            ("exclude_products", self.scope.exclude_products.len()),
            ("exclude_categories", self.scope.exclude_categories.len()),
        ] {
            if length > 1_000 {
                return Err(Refusal::invalid(format!("/scope/{list}"), "at most 1000 entries"));
            }
        }
        self.check_funding()?;
        Ok(self)
    }

    fn check_claims(&self) -> Result<(), Refusal> {
        let seller_issued = self.issuer.seller().is_some();
        if let (Some(starts_at), Some(ends_at)) = (self.claims.starts_at, self.claims.ends_at)
            && ends_at <= starts_at
        {
            return Err(Refusal::invalid("/claims/ends_at", "after starts_at"));
        }
        let channels = self.claims.channels.as_deref();
        let twice =
            |channels: &[Channel]| channels.iter().enumerate().any(|(i, channel)| channels[..i].contains(channel));
        if channels.is_some_and(|channels| channels.is_empty() || twice(channels)) {
            return Err(Refusal::invalid("/claims/channels", "one or more channels, each once"));
        }
        let in_a_store = |channels: &[Channel]| channels.iter().position(|&channel| channel == Channel::SellerStore);
        if !seller_issued && let Some(index) = channels.and_then(in_a_store) {
            return Err(Refusal::invalid(
                format!("/claims/channels/{index}"),
                "seller_store only in a seller's campaign",
            ));
        }
        let sources = &self.claims.sources;
        if sources.len() > 100 {
            return Err(Refusal::invalid("/claims/sources", "at most 100 entries"));
        }
        for (index, set_aside) in sources.iter().enumerate() {
            if sources[..index].iter().any(|earlier| earlier.source == set_aside.source) {
                return Err(Refusal::invalid(format!("/claims/sources/{index}/source"), "each source once"));
            }
            if set_aside.stock == 0 {
                return Err(Refusal::invalid(format!("/claims/sources/{index}/stock"), "an integer of at least 1"));
            }
        }
        let set_aside: u64 = sources.iter().map(|source| u64::from(source.stock)).sum();
        if set_aside > self.limits.stock.map_or(u64::MAX, u64::from) {
            return Err(Refusal::invalid("/claims/sources", "together at most limits.stock"));
        }
        Ok(())
    }

    fn check_funding(&mut self) -> Result<(), Refusal> {
        let own = if self.issuer.seller().is_some() { FunderKind::Seller } else { FunderKind::Platform };
        let funding = self.funding.get_or_insert_with(|| vec![Funding { funder: own, share_bp: BasisPoints::WHOLE }]);
        let total: u32 = funding.iter().map(|part| u32::from(part.share_bp.get())).sum();
        let twice = funding.iter().enumerate().any(|(i, part)| funding[..i].iter().any(|p| p.funder == part.funder));
        if total != 10_000 || twice {
            return Err(Refusal::invalid("/funding", "each funder once, the shares adding up to 10000"));
        }
        // A seller can't commit the platform, nor, until sellers can join a platform campaign, the platform a seller.
        match funding.iter().position(|part| part.funder != own) {
            Some(index) => Err(Refusal::at(format!("/funding/{index}/funder"), Reason::FunderNotAgreed)),
            None => Ok(()),
        }
    }

    /// Who pays, with the default written out by [`Terms::checked`].
    pub fn funding(&self) -> &[Funding] {
        self.funding.as_deref().unwrap_or_default()
    }

    /// The channels that the terms name, if they do (S1). A list of all that the issuer has says no more than none: earlier
    /// builds wrote it out for those who had named none.
    pub fn named_channels(&self) -> Option<&[Channel]> {
        let all = if self.issuer.seller().is_some() { Channel::ALL.len() } else { Channel::ALL.len() - 1 };
        self.claims.channels.as_deref().filter(|named| named.len() < all)
    }

    pub fn set_aside(&self, source: Option<&SourceName>) -> Option<u32> {
        let source = source?;
        self.claims.sources.iter().find(|entry| entry.source == *source).map(|entry| entry.stock)
    }

    /// The refund matrix in force: the terms' own or the issuer's default.
    pub fn refund_policy(&self) -> RefundPolicy {
        self.refund_policy.unwrap_or(RefundPolicy {
            cancel_before_payment: OnCancel::Return,
            partial_refund: OnPartialRefund::Keep,
            full_refund: if self.issuer.seller().is_some() { OnFullRefund::Keep } else { OnFullRefund::Return },
        })
    }
}
