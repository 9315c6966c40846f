use std::{fmt, str::FromStr};

use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::currencies::CURRENCIES;

/// An ISO 4217 currency. Its decimals (USD 2, JPY 0, KWD 3) matter only to people; every calculation is in minor units.
///
/// Any that was ever taken can be read; what is new asks [`Currency::not_for_new_money`] besides.
#[derive(Clone, Copy)]
pub struct Currency(&'static Row);

/// One currency of the list.
#[derive(Debug)]
pub(super) struct Row {
    pub code: &'static str,
    pub name: &'static str,
    pub decimals: u8,
    pub circulation: Circulation,
}

/// Whether people pay with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Circulation {
    Current,
    /// Gone, and by the name of what came after it.
    SupersededBy(&'static str),
    /// A metal, a fund's unit of account, a code for tests: nobody pays with it.
    NotMoney,
}

impl Currency {
    /// `None` for a code that isn't in the list.
    pub fn from_code(code: &str) -> Option<Self> {
        let index = CURRENCIES.binary_search_by(|row| row.code.cmp(code)).ok()?;
        Some(Self(&CURRENCIES[index]))
    }

    /// All of the list, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(Self)
    }

    pub const fn code(self) -> &'static str {
        self.0.code
    }

    /// What people call it, in English.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Digits after the decimal separator as ISO 4217 has them; 0 for currencies without a minor unit.
    pub const fn decimals(self) -> u8 {
        self.0.decimals
    }

    pub const fn circulation(self) -> Circulation {
        self.0.circulation
    }

    /// Why no campaign and no cart may be made in it, as a limit: "must be …". `None`: they may.
    pub fn not_for_new_money(self) -> Option<String> {
        match self.circulation() {
            Circulation::Current => None,
            Circulation::SupersededBy(next) => {
                Some(format!("a currency in use: {} was superseded by {next}", self.code()))
            }
            Circulation::NotMoney => {
                Some(format!("a currency that people pay with: {} ({}) is none", self.code(), self.name()))
            }
        }
    }
}

impl PartialEq for Currency {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for Currency {}

impl std::hash::Hash for Currency {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = ();
    fn from_str(code: &str) -> Result<Self, ()> {
        Self::from_code(code).ok_or(())
    }
}

impl<C> Encode<C> for Currency {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.code())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Currency {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::from_code(d.str()?).ok_or_else(|| minicbor::decode::Error::message("unknown currency"))
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| {
            de::Error::invalid_value(de::Unexpected::Str(&code), &"a currency code of ISO 4217 in capitals")
        })
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .description(Some("ISO 4217 code."))
            .examples(["USD"])
            .build()
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Currency {}

#[cfg(test)]
mod tests {
    use iso_currency::{Flag, IntoEnumIterator};

    use super::*;

    #[test]
    fn every_currency_of_the_crate_is_in_the_list_with_its_decimals_and_its_circulation() {
        for known in iso_currency::Currency::iter() {
            let ours =
                Currency::from_code(known.code()).unwrap_or_else(|| panic!("{} isn't in the list", known.code()));
            assert_eq!(u16::from(ours.decimals()), known.exponent().unwrap_or(0), "{}", known.code());
            let flags = known.flags();
            let circulation = match flags.first() {
                // VED is the same bolívar under a second code, and ISO 4217 has both: who pays in VES isn't told to use VED.
                _ if known.code() == "VES" => Circulation::Current,
                None => Circulation::Current,
                Some(Flag::Superseded(next)) => Circulation::SupersededBy(next.code()),
                Some(Flag::Fund | Flag::Special) => Circulation::NotMoney,
            };
            assert_eq!(ours.circulation(), circulation, "{}", known.code());
        }
    }

    #[test]
    fn the_list_is_sorted_has_each_code_once_and_only_grows() {
        assert!(CURRENCIES.is_sorted_by(|a, b| a.code < b.code));
        // Never lower: what was taken once is stored somewhere.
        assert!(CURRENCIES.len() >= 184, "{} currencies are left", CURRENCIES.len());
        for row in CURRENCIES {
            if let Circulation::SupersededBy(next) = row.circulation {
                assert!(Currency::from_code(next).is_some(), "{} is followed by {next}", row.code);
            }
        }
    }

    #[test]
    fn what_was_stored_is_read_whatever_has_become_of_its_currency() {
        for code in ["ANG", "HRK", "BGN", "XAU", "CLF", "USD"] {
            let bytes = minicbor::to_vec(code).expect("writing to memory doesn't fail");
            let read: Currency = minicbor::decode(&bytes).expect("it was taken once");
            assert_eq!(read.code(), code);
            assert_eq!(minicbor::to_vec(read).expect("writing to memory doesn't fail"), bytes);
        }
        assert!(minicbor::decode::<Currency>(&minicbor::to_vec("QQQ").expect("written")).is_err());
    }

    #[test]
    fn new_money_is_current_money() {
        let why_not = |code| Currency::from_code(code).expect("listed").not_for_new_money();
        for code in ["XXX", "XTS", "XAU", "XAG", "XDR", "CLF", "UYW", "USN"] {
            assert!(why_not(code).is_some_and(|why| why.contains("pay with")), "{code}");
        }
        assert_eq!(why_not("HRK").as_deref(), Some("a currency in use: HRK was superseded by EUR"));
        assert_eq!(why_not("ANG").as_deref(), Some("a currency in use: ANG was superseded by XCG"));
        for code in ["USD", "JPY", "KWD", "VES", "VED", "XCG", "XAF", "ZWG", "SLE", "MRU"] {
            assert_eq!(why_not(code), None, "{code}");
        }
    }
}
