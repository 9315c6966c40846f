//! Codes: strings that give a coupon, looked up by keyed hash only.

mod stored;

use minicbor::{Decode, Encode};

use crate::{
    exchange::{ClaimedBy, FencingNumber, Lease, LeaseState, Quota},
    id::{CampaignId, CodeHash, IdSource, JobId},
    name::{AccountId, SellerId, SourceName},
    time::Timestamp,
};

/// What a new code may be.
pub const CODE_LIMIT: &str = "3 to 40 letters A-Z and digits, besides white space and dashes";
/// What may be entered where a code is asked for.
pub const ENTRY_LIMIT: &str = "a text of 1 to 80 characters";
/// Characters of an entry.
const ENTRY_MAX: usize = 80;

/// A code as compared: capitals and digits, without white space and dashes. Of a text that can't be a code, what was typed:
/// it is no code's, so looking it up finds nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CodeText(String);

/// A text that isn't [`CODE_LIMIT`], or as an entry not [`ENTRY_LIMIT`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not {CODE_LIMIT}")]
pub struct InvalidCode;

impl CodeText {
    /// A code that can be.
    ///
    /// Errors: [`InvalidCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let typed = Self::typed(text)?;
        if typed.can_be() { Ok(typed) } else { Err(InvalidCode) }
    }

    /// Whatever somebody typed, or pasted. Whether it can be a code at all, [`Self::can_be`] says.
    ///
    /// Errors: [`InvalidCode`] for none or more than 80 characters.
    pub fn typed(text: &str) -> Result<Self, InvalidCode> {
        if !(1..=ENTRY_MAX).contains(&text.chars().count()) {
            return Err(InvalidCode);
        }
        let code = text.chars().filter(|c| !is_passed_over(*c)).map(|c| c.to_ascii_uppercase()).collect();
        let code = Self(code);
        if code.can_be() { Ok(code) } else { Ok(Self(text.to_owned())) }
    }

    /// Whether any code could be this one.
    pub fn can_be(&self) -> bool {
        (3..=40).contains(&self.0.len())
            && self.0.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    }

    /// As Crockford's base 32 is read: in the last 15 symbols O for 0, I and L for 1. `None` if that is the same.
    pub fn as_crockford(&self) -> Option<Self> {
        if !self.can_be() {
            return None;
        }
        let start = self.0.len().saturating_sub(RANDOM_SYMBOLS + 1);
        let read: String = self.0[..start].chars().chain(self.0[start..].chars().map(crockford)).collect();
        (read != self.0).then_some(Self(read))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four symbols: what support and journals may see of a secret code.
    pub fn last4(&self) -> &str {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
        &self.0[start..]
    }
}

/// White space, dashes of any kind, and what can't be seen: it comes along when a code is copied from somewhere.
fn is_passed_over(c: char) -> bool {
    c.is_whitespace() || is_dash(c) || is_invisible(c)
}

/// Unicode's category Pd (16.0), and what is taken for a dash besides: soft hyphen, hyphen bullet, minus signs.
const fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58A}' | '\u{5BE}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2E17}'
                | '\u{2E1A}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{2E40}'
                | '\u{2E5D}'
                | '\u{301C}'
                | '\u{3030}'
                | '\u{30A0}'
                | '\u{FE31}'
                | '\u{FE32}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{10D6E}'
                | '\u{10EAD}'
                | '\u{AD}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{208B}'
                | '\u{2212}'
    )
}

/// Joiners, marks of direction and byte order, variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
            | '\u{180E}' | '\u{FE00}'..='\u{FE0F}'
    )
}

const fn crockford(symbol: char) -> char {
    match symbol {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

/// Symbols of unique codes: Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random symbols of a unique code: 70 bits.
const RANDOM_SYMBOLS: usize = 14;

/// A new unique code from 70 random bits: `PREFIX-XXXXX-XXXXX-XXXXC`, C the check symbol over the fifteen.
pub fn unique_code(prefix: Option<&str>, random: u128) -> String {
    let mut symbols = [0_u8; RANDOM_SYMBOLS + 1];
    for (index, symbol) in symbols.iter_mut().take(RANDOM_SYMBOLS).enumerate() {
        *symbol = ((random >> (5 * index)) & 31) as u8;
    }
    symbols[RANDOM_SYMBOLS] = check_symbol(&symbols[..RANDOM_SYMBOLS]);
    let mut text = String::with_capacity(32);
    if let Some(prefix) = prefix {
        text.push_str(prefix);
        text.push('-');
    }
    for (index, symbol) in symbols.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(*symbol)]));
    }
    text
}

/// What a code's check symbol says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckSymbol {
    /// Too short for a unique code: it has none.
    None,
    Right,
    /// A typing mistake: one who guesses would have made it right.
    Wrong,
}

/// Tells a typing mistake from a guess, by the last 15 symbols as Crockford's base 32 is read. U is in none.
pub fn check_symbol_of(code: &CodeText) -> CheckSymbol {
    let read = code.as_crockford();
    let bytes = read.as_ref().unwrap_or(code).as_str().as_bytes();
    let Some(start) = bytes.len().checked_sub(RANDOM_SYMBOLS + 1).filter(|_| code.can_be()) else {
        return CheckSymbol::None;
    };
    let symbols: Option<Vec<u8>> = bytes[start..]
        .iter()
        .map(|byte| ALPHABET.iter().position(|symbol| symbol == byte).and_then(|value| u8::try_from(value).ok()))
        .collect();
    match symbols {
        Some(symbols) if check_symbol(&symbols[..RANDOM_SYMBOLS]) == symbols[RANDOM_SYMBOLS] => CheckSymbol::Right,
        _ => CheckSymbol::Wrong,
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

/// Which of a database's secrets a code was hashed and sealed with. What names none was made with number 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct SecretNumber(#[n(0)] u32);

impl SecretNumber {
    pub const FIRST: Self = Self(1);

    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    pub const fn get(self) -> u32 {
        self.0
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
    const fn is_first(&self) -> bool {
        self.0 == 1
    }
}

impl Default for SecretNumber {
    fn default() -> Self {
        Self::FIRST
    }
}

/// A code that somebody entered: its hash, and what may be shown of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnteredCode {
    pub hash: CodeHash,
    /// That the hash was made with.
    pub secret: SecretNumber,
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
    /// That its hash, which is its key, was made with.
    #[cbor(n(40), skip_if = "SecretNumber::is_first", default)]
    pub secret: SecretNumber,
    /// Taken back: nobody can enter it from then on.
    #[n(100)]
    pub revoked_at: Option<Timestamp>,
}

/// Stored as `code/stored.rs` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CodeKind {
    /// One string for many people. No secret: its limits protect it.
    Shared {
        text: String,
        /// `None`: no limit of its own.
        max_uses: Option<u32>,
        /// With this bucket's claims.
        uses: u32,
        /// This bucket's quota of the uses. With one bucket there is none: all uses are its own.
        quota: Option<Quota>,
    },
    /// One string for one person.
    Unique {
        last4: String,
        state: LeaseState,
        /// Of the last lease that home granted.
        fencing: FencingNumber,
    },
}

impl CodeKind {
    /// A unique code as it is made: nobody has it.
    pub const fn unique(last4: String) -> Self {
        Self::Unique { last4, state: LeaseState::Free, fencing: FencingNumber::NONE }
    }
}

impl Code {
    pub(crate) fn made(
        campaign: CampaignId,
        source: Option<&SourceName>,
        kind: CodeKind,
        secret: SecretNumber,
    ) -> Self {
        Self { campaign, source: source.cloned(), kind, request: None, secret, revoked_at: None }
    }

    /// A claim with it, in the bucket that has it.
    pub(crate) fn claim(&mut self, by: ClaimedBy) {
        match &mut self.kind {
            CodeKind::Shared { uses, .. } => *uses += 1,
            CodeKind::Unique { state, .. } => *state = state.claimed(by),
        }
    }

    /// A claim that never was.
    pub(crate) fn give_claim_back(&mut self) {
        match &mut self.kind {
            CodeKind::Shared { uses, .. } => *uses -= 1,
            CodeKind::Unique { state, .. } => *state = state.unclaimed(),
        }
    }

    /// Where this bucket has got to with a unique code.
    pub const fn lease_state(&self) -> Option<&LeaseState> {
        match &self.kind {
            CodeKind::Unique { state, .. } => Some(state),
            CodeKind::Shared { .. } => None,
        }
    }

    /// The lease of a unique code that stands, or its last one if that is closed.
    pub const fn lease(&self) -> Option<&Lease> {
        match self.lease_state() {
            Some(state) => state.lease(),
            None => None,
        }
    }

    /// Whether the lease under this number stands or was closed last.
    pub fn is_leased_under(&self, fencing: FencingNumber) -> bool {
        self.lease().is_some_and(|lease| lease.fencing == fencing)
    }

    /// Whether its lease is closed: nobody claims under it any more.
    pub const fn is_closed(&self) -> bool {
        matches!(self.lease_state(), Some(LeaseState::Closed(_)))
    }

    /// Who has a unique code's coupon.
    pub const fn claimed_by(&self) -> Option<&ClaimedBy> {
        match self.lease_state() {
            Some(state) => state.claimed_by(),
            None => None,
        }
    }

    /// Whether somebody else has its coupon: then this account may know nothing of it.
    pub fn is_anothers(&self, account: &AccountId) -> bool {
        self.claimed_by().is_some_and(|claimed| claimed.account != *account)
            || self.lease().is_some_and(|lease| lease.account != *account)
    }

    pub const fn is_shared(&self) -> bool {
        matches!(self.kind, CodeKind::Shared { .. })
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
    /// That both were made with.
    #[cbor(n(40), skip_if = "SecretNumber::is_first", default)]
    pub secret: SecretNumber,
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
    /// The seller who asked for it. `None`: the platform, or it was asked for before that was written down.
    #[n(70)]
    pub seller: Option<SellerId>,
    /// Somebody ended it, or its campaign is gone.
    #[cbor(n(71), skip_if = "crate::stored::is_false", default)]
    pub cancelled: bool,
}

impl Job {
    /// Whether it has more codes to make.
    pub const fn is_open(&self) -> bool {
        self.done < self.total && !self.cancelled
    }

    pub fn id_for(campaign: CampaignId, at: Timestamp, ids: &mut dyn IdSource) -> JobId {
        JobId::new(at, campaign.uid().slot(), ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_compared_without_case_white_space_and_dashes_whoever_wrote_them() {
        let code = CodeText::parse("SAVE10");
        for typed in
            ["save-10 ", "SAVE\t10", "\u{A0}save\u{2013}10", "SAVE\u{2014}10\u{FEFF}", "s a v e\u{3000}1\u{2212}0\r\n"]
        {
            assert_eq!(CodeText::parse(typed), code, "{typed:?}");
        }
        assert!(CodeText::parse("ab").is_err());
        assert!(CodeText::parse("ÄBC10").is_err());
    }

    #[test]
    fn any_text_may_be_typed_and_keeps_its_words_if_it_can_be_no_code() {
        for typed in ["SAVE10%", "DANKEFÜR100", "12 High St., York", "-", " ", "ab", "é", &"1".repeat(41)] {
            let text = CodeText::typed(typed).expect("at most 80 characters");
            assert_eq!((text.as_str(), text.can_be()), (typed, false));
            assert_eq!((text.as_crockford(), check_symbol_of(&text)), (None, CheckSymbol::None));
            assert!(typed.ends_with(text.last4()));
        }
        assert!(CodeText::typed(&"é".repeat(80)).is_ok(), "characters, not bytes");
        assert!(CodeText::typed("").is_err());
        assert!(CodeText::typed(&"é".repeat(81)).is_err());
    }

    #[test]
    fn o_is_read_as_0_and_i_and_l_as_1_in_the_part_that_scrip_makes() {
        let read = |text: &str| CodeText::parse(text).expect("well-formed").as_crockford();
        assert_eq!(read("OIL-O0I1L-ABCDE-FGHJK"), CodeText::parse("OIL-00111-ABCDE-FGHJK").ok(), "the prefix stays");
        assert_eq!(read("SAVEIO"), CodeText::parse("SAVE10").ok());
        assert_eq!(read("SAVE10"), None);
    }

    #[test]
    fn a_unique_code_read_or_typed_wrong_is_a_typing_mistake() {
        let code = unique_code(Some("OIL"), 0);
        assert!(code.ends_with("00000-00000-00000"), "{code}");
        let symbol = |text: &str| check_symbol_of(&CodeText::parse(text).expect("well-formed"));
        assert_eq!(symbol(&code.replace("-00000-", "-O0oOo-")), CheckSymbol::Right);
        assert_eq!(symbol(&code.replace("-00000-", "-0000U-")), CheckSymbol::Wrong);
        assert_eq!(symbol(&code.replace("-00000-", "-00001-")), CheckSymbol::Wrong);
    }

    #[test]
    fn a_unique_code_has_seventy_random_bits_in_groups_of_five_symbols() {
        assert_eq!(unique_code(None, 0), "00000-00000-00000");
        // The first symbol is the lowest five bits, and so on.
        let counting = (0..14).map(|symbol: u128| (symbol + 1) << (5 * symbol)).sum();
        assert!(unique_code(None, counting).starts_with("12345-6789A-BCDE"), "{}", unique_code(None, counting));
        assert!(unique_code(Some("OIL"), counting).starts_with("OIL-12345-6789A-BCDE"));
        let bits: std::collections::HashSet<String> = (0..70).map(|bit| unique_code(None, 1 << bit)).collect();
        assert_eq!(bits.len(), 70, "each bit counts");
        assert_eq!(unique_code(None, 1 << 70), unique_code(None, 0));
    }

    #[test]
    fn of_a_secret_code_the_last_four_symbols_are_shown() {
        for (typed, last4) in [("SAVE10", "VE10"), ("ABC", "ABC"), ("ÄÖÜÉÊ", "ÖÜÉÊ"), ("abcd-5", "BCD5")] {
            assert_eq!(CodeText::typed(typed).expect("at most 80 characters").last4(), last4);
        }
        assert_eq!((SecretNumber::FIRST.get(), SecretNumber::new(7).get()), (1, 7));
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
        for index in 0..15 {
            for other in ALPHABET {
                let mut wrong = symbols.clone();
                wrong[index] = char::from(*other);
                assert_eq!(right(&wrong), wrong == symbols);
            }
            if index > 0 {
                let mut swapped = symbols.clone();
                swapped.swap(index - 1, index);
                assert_eq!(right(&swapped), swapped == symbols);
            }
        }
        for (text, expected) in [("SAVE10", CheckSymbol::None), ("UUUUU-UUUUU-UUUUU", CheckSymbol::Wrong)] {
            assert_eq!(check_symbol_of(&CodeText::parse(text).expect("well-formed")), expected);
        }
    }
}
