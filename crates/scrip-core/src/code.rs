//! Codes: strings that give a coupon, looked up by keyed hash only.

use minicbor::{Decode, Encode};

use crate::{
    campaign::Share,
    id::{CampaignId, CouponId, IdSource, JobId},
    name::{AccountId, SourceName},
    slot::Slot,
    time::Timestamp,
};

/// What a code may look like after normalising.
pub const CODE_LIMIT: &str = "3 to 40 letters A-Z and digits, besides spaces and dashes";

/// A code as compared: capitals and digits, without spaces and dashes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CodeText(String);

/// A text that isn't [`CODE_LIMIT`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not {CODE_LIMIT}")]
pub struct InvalidCode;

impl CodeText {
    /// Errors: [`InvalidCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        if text.len() > 80 {
            return Err(InvalidCode);
        }
        let normal: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
        let good = (3..=40).contains(&normal.len()) && normal.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if good { Ok(Self(normal)) } else { Err(InvalidCode) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four symbols: what support and journals may see of a secret code.
    pub fn last4(&self) -> &str {
        &self.0[self.0.len().saturating_sub(4)..]
    }
}

/// Symbols of unique codes: Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random symbols of a unique code: 70 bits.
const RANDOM_SYMBOLS: usize = 14;

/// A new unique code from 70 random bits: `PREFIX-XXXXX-XXXXX-XXXXC`, C the check symbol over the fifteen.
pub fn unique_code(prefix: Option<&str>, random: u128) -> String {
    let mut symbols = [0_u8; RANDOM_SYMBOLS + 1];
    for (place, symbol) in symbols.iter_mut().take(RANDOM_SYMBOLS).enumerate() {
        *symbol = ((random >> (5 * place)) & 31) as u8;
    }
    symbols[RANDOM_SYMBOLS] = check_symbol(&symbols[..RANDOM_SYMBOLS]);
    let mut text = String::with_capacity(32);
    if let Some(prefix) = prefix {
        text.push_str(prefix);
        text.push('-');
    }
    for (place, symbol) in symbols.iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(*symbol)]));
    }
    text
}

/// What a code's check symbol says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckSymbol {
    /// Too short for a unique code, or with other symbols: it has none.
    None,
    Right,
    /// A typing mistake: one who guesses would have made it right.
    Wrong,
}

/// Tells a typing mistake from a guess, by the last 15 symbols.
pub fn check_symbol_of(code: &CodeText) -> CheckSymbol {
    let bytes = code.as_str().as_bytes();
    let Some(start) = bytes.len().checked_sub(RANDOM_SYMBOLS + 1) else { return CheckSymbol::None };
    let symbols: Option<Vec<u8>> = bytes[start..]
        .iter()
        .map(|byte| ALPHABET.iter().position(|symbol| symbol == byte).and_then(|value| u8::try_from(value).ok()))
        .collect();
    match symbols {
        None => CheckSymbol::None,
        Some(symbols) if check_symbol(&symbols[..RANDOM_SYMBOLS]) == symbols[RANDOM_SYMBOLS] => CheckSymbol::Right,
        Some(_) => CheckSymbol::Wrong,
    }
}

/// Sum of a^(i+1)·c_i over GF(32) with x^5 + x^2 + 1: finds every wrong symbol and every swap of two.
fn check_symbol(symbols: &[u8]) -> u8 {
    let mut sum = 0;
    let mut power = 2;
    for &symbol in symbols {
        sum ^= gf32_multiply(power, symbol);
        power = gf32_multiply(power, 2);
    }
    sum
}

fn gf32_multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 0b10_0000 != 0 {
            a ^= 0b10_0101;
        }
        b >>= 1;
    }
    product
}

/// HMAC-SHA256 of the normalised code, made outside the core: the pepper isn't in the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct CodeHash(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl CodeHash {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub const fn slot(&self) -> Slot {
        Slot::from_u16(u16::from_be_bytes([self.0[0], self.0[1]]))
    }
}

impl std::fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeHash(…)")
    }
}

/// A code that somebody entered: its hash, and what may be shown of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnteredCode {
    pub hash: CodeHash,
    pub text: CodeText,
}

/// A code as stored.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Code {
    #[n(0)]
    pub campaign: CampaignId,
    #[n(1)]
    pub source: Option<SourceName>,
    #[n(2)]
    pub kind: CodeKind,
    /// Of a shared code in another bucket than its campaign's: the request that made it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub request: Option<[u8; 16]>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum CodeKind {
    /// One string for many people. No secret: its limits protect it.
    #[n(0)]
    #[cbor(map)]
    Shared {
        #[n(0)]
        text: String,
        /// `None`: no limit of its own.
        #[n(1)]
        max_uses: Option<u32>,
        /// With this bucket's claims.
        #[n(2)]
        uses: u32,
        /// What this bucket was granted of the uses. With one bucket nothing: all are its own.
        #[n(3)]
        share: Option<Share>,
    },
    /// One string for one person.
    #[n(1)]
    #[cbor(map)]
    Unique {
        #[n(0)]
        last4: String,
        #[n(1)]
        taken: Option<Taken>,
        /// Whose bucket has it, when that isn't the code's own.
        #[n(2)]
        lent: Option<Lent>,
        /// How often it has left its bucket so far.
        #[cbor(n(3), skip_if = "is_none_yet", default)]
        ways: u64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
const fn is_none_yet(ways: &u64) -> bool {
    *ways == 0
}

/// A unique code on its way to an account of another bucket, or there.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Lent {
    #[n(0)]
    pub account: AccountId,
    /// Numbers this way, from 1: what comes late for an earlier one is known by it.
    #[n(1)]
    pub take: u64,
    /// From here on the account's bucket doesn't take it in any more, and the code's may ask what became of it. Until then
    /// the account's bucket remembers a way that is over, so that it isn't taken in a second time.
    #[n(2)]
    pub until: Timestamp,
    /// In the account's bucket: on its way back, so nothing is claimed with it.
    #[n(3)]
    pub closed: bool,
}

/// Codes that wait for a step: lent ones that nobody has settled, or claims given back that go home.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct CodesUnderway {
    #[n(0)]
    pub codes: Vec<CodeUnderway>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct CodeUnderway {
    #[n(0)]
    pub hash: CodeHash,
    #[n(1)]
    pub lent: Lent,
}

/// Who has a unique code's coupon.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Taken {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub coupon: CouponId,
}

impl Code {
    /// The way on which a unique code came here or left.
    pub const fn lent(&self) -> Option<&Lent> {
        match &self.kind {
            CodeKind::Unique { lent, .. } => lent.as_ref(),
            CodeKind::Shared { .. } => None,
        }
    }

    /// Who has a unique code's coupon.
    pub const fn taken(&self) -> Option<&Taken> {
        match &self.kind {
            CodeKind::Unique { taken, .. } => taken.as_ref(),
            CodeKind::Shared { .. } => None,
        }
    }

    /// Whether somebody else has its coupon: then this account may know nothing of it.
    pub fn is_anothers(&self, account: &AccountId) -> bool {
        self.taken().is_some_and(|taken| taken.account != *account)
            || self.lent().is_some_and(|lent| lent.account != *account)
    }

    /// What an order shows of it: a shared code whole, of a secret one the end.
    pub fn label(&self) -> String {
        match &self.kind {
            CodeKind::Shared { text, .. } => text.clone(),
            CodeKind::Unique { last4, .. } => format!("…{last4}"),
        }
    }
}

/// A unique code on its way into the store: hash for looking up, sealed for its owner's export.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct NewCode {
    #[n(0)]
    pub hash: CodeHash,
    #[n(1)]
    pub last4: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
}

/// The making of many codes, in the background.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Job {
    #[n(0)]
    pub id: JobId,
    #[n(1)]
    pub campaign: CampaignId,
    #[n(2)]
    pub total: u32,
    #[n(3)]
    pub done: u32,
    #[n(4)]
    pub prefix: Option<String>,
    #[n(5)]
    pub source: Option<SourceName>,
    #[n(6)]
    pub created_at: Timestamp,
}

impl Job {
    pub fn id_for(campaign: CampaignId, at: Timestamp, ids: &mut dyn IdSource) -> JobId {
        JobId::new(at, campaign.uid().slot(), ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_compared_without_case_spaces_and_dashes() {
        assert_eq!(CodeText::parse("save-10 "), CodeText::parse("SAVE10"));
        assert!(CodeText::parse("ab").is_err());
        assert!(CodeText::parse("ÄBC10").is_err());
    }

    #[test]
    fn the_check_symbol_finds_every_wrong_symbol_and_every_swap() {
        let code = unique_code(None, 0x2_ABCD_EF01_2345_6789);
        let symbols: Vec<char> = code.chars().filter(|c| *c != '-').collect();
        assert_eq!(symbols.len(), 15);
        let right = |symbols: &[char]| {
            let text = CodeText::parse(&symbols.iter().collect::<String>()).expect("well-formed");
            check_symbol_of(&text) == CheckSymbol::Right
        };
        assert!(right(&symbols));
        for place in 0..15 {
            for other in ALPHABET {
                let mut wrong = symbols.clone();
                wrong[place] = char::from(*other);
                assert_eq!(right(&wrong), wrong == symbols);
            }
            if place > 0 {
                let mut swapped = symbols.clone();
                swapped.swap(place - 1, place);
                assert_eq!(right(&swapped), swapped == symbols);
            }
        }
        for (text, expected) in [("SAVE10", CheckSymbol::None), ("UUUUU-UUUUU-UUUUU", CheckSymbol::None)] {
            assert_eq!(check_symbol_of(&CodeText::parse(text).expect("well-formed")), expected);
        }
    }
}
