use scrip_core::money::{Circulation, Currency};
use serde::Serialize;
use utoipa::ToSchema;

/// All currencies.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Currencies)]
pub struct CurrenciesDocument {
    pub data: Vec<CurrencyDocument>,
}

/// A currency, and how its amounts are shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CurrencyEntry)]
pub struct CurrencyDocument {
    #[schema(value_type = Currency)]
    pub code: &'static str,
    /// What people call it, in English.
    pub name: &'static str,
    /// Digits after the decimal separator: 500 minor units are 5.00 with 2, 500 with 0, 0.500 with 3.
    #[schema(minimum = 0, maximum = 4)]
    pub decimals: u8,
    pub status: CurrencyStatus,
}

/// Whether people pay with it. New campaigns and carts take current ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyStatus {
    Current,
    Superseded,
}

impl CurrenciesDocument {
    /// Those that are money; what is kept for old data besides isn't told.
    pub fn all() -> Self {
        Self { data: Currency::all().filter_map(CurrencyDocument::of).collect() }
    }
}

impl CurrencyDocument {
    fn of(currency: Currency) -> Option<Self> {
        let status = match currency.circulation() {
            Circulation::Current => CurrencyStatus::Current,
            Circulation::SupersededBy(_) => CurrencyStatus::Superseded,
            Circulation::NotMoney => return None,
        };
        Some(Self { code: currency.code(), name: currency.name(), decimals: currency.decimals(), status })
    }
}
