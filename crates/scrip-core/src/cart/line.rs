use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::{
    money::Amount,
    name::{CategoryId, LineId, ProductId, SellerId},
};

/// Some units of one product of one seller.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Line {
    #[n(0)]
    pub id: LineId,
    #[n(1)]
    pub seller: SellerId,
    #[n(2)]
    pub product: ProductId,
    /// At most 50.
    #[n(3)]
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(max_items = 50))]
    pub categories: Vec<CategoryId>,
    #[n(4)]
    pub unit_price: Amount,
    /// 1 to 999,999.
    #[n(5)]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 999_999))]
    pub quantity: u32,
    /// Not regularly priced: coupons leave it alone (S5).
    #[n(6)]
    #[serde(default)]
    pub on_sale: bool,
}

impl Line {
    /// Price × quantity; [`super::Cart::new`] checked that it fits.
    pub fn amount(&self) -> Amount {
        Amount::of(self.unit_price.minor() * i64::from(self.quantity))
    }
}

/// What one seller's shipping costs.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Shipping {
    #[n(0)]
    pub seller: SellerId,
    #[n(1)]
    pub amount: Amount,
}
