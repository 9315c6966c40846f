//! Cells of CSV files, for spreadsheets as they are: a cell that begins like a formula is run by whoever opens the file.
//!
//! Text that begins with `= + - @ '`, tab or CR gets one `'` more, and reading takes one off, so that every text comes back.
//! Numbers that Scrip writes get none.

use std::borrow::Cow;

const BEGINS_LIKE_A_FORMULA: [char; 7] = ['=', '+', '-', '@', '\'', '\t', '\r'];

/// A text as it stands in a cell, before quoting.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(BEGINS_LIKE_A_FORMULA) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`guarded`] made the cell of. Of what others wrote, a `'` at the beginning is taken for a guard too.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// A text's cell: guarded, and quoted where the format asks for it (RFC 4180).
pub fn cell(text: &str) -> Cow<'_, str> {
    let guarded = guarded(text);
    if guarded.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", guarded.replace('"', "\"\"")))
    } else {
        guarded
    }
}

/// What a spreadsheet takes a code for that stands in a cell: opened and saved it is another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistaken {
    /// `00123` becomes 123, `10E20` a number with twenty zeros, more than 15 digits end in zeros.
    Number,
    /// `MAR10` becomes the tenth of March.
    Date,
    /// `TRUE` becomes a truth value, and another word in another language.
    Word,
}

const MONTHS: [&str; 12] = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
];

impl Mistaken {
    /// Of a code as it is compared: capitals and digits.
    pub fn of(code: &str) -> Option<Self> {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let exponent = code.split_once('E').is_some_and(|(base, power)| is_digits(base) && is_digits(power));
        if exponent || is_digits(code) && (code.starts_with('0') || code.len() > 15) {
            return Some(Self::Number);
        }
        if matches!(code, "TRUE" | "FALSE") {
            return Some(Self::Word);
        }
        let letters_from = code.find(|c: char| c.is_ascii_alphabetic())?;
        let letters_until = code.rfind(|c: char| c.is_ascii_alphabetic())? + 1;
        let (before, word, after) = (&code[..letters_from], &code[letters_from..letters_until], &code[letters_until..]);
        let is_month = word == "SEPT" || MONTHS.iter().any(|month| word == *month || word == &month[..3]);
        let numbers = before.len() <= 2 && matches!(after.len(), 0..=2 | 4) && before.len() + after.len() > 0;
        (is_month && numbers).then_some(Self::Date)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The one cell of a line, as a reader of RFC 4180 has it.
    fn read(cell: &str) -> String {
        match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => cell.to_owned(),
        }
    }

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("+49", "'+49"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("'quoted", "''quoted"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("=A1,\"x\"", "\"'=A1,\"\"x\"\"\""),
            ("SAVE10", "SAVE10"),
            ("a-1", "a-1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn codes_that_a_spreadsheet_changes_are_known() {
        for number in ["00123", "000", "10E20", "1E5", "1234567890123456"] {
            assert_eq!(Mistaken::of(number), Some(Mistaken::Number), "{number}");
        }
        for date in ["MAR10", "MARCH7", "1MAY", "10DEC2026", "SEPT1", "JAN2026", "25DEC26"] {
            assert_eq!(Mistaken::of(date), Some(Mistaken::Date), "{date}");
        }
        for code in [
            "SAVE10",
            "12345",
            "123456789012345",
            "E10",
            "10E",
            "1E2E3",
            "MAY",
            "MARS10",
            "DEC123",
            "123DEC",
            "10E20A",
            "TRUE1",
        ] {
            assert_eq!(Mistaken::of(code), None, "{code}");
        }
        assert_eq!(Mistaken::of("TRUE"), Some(Mistaken::Word));
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[=+@'\t\r\n,\"a-]{0,6}|.{0,20}") {
            prop_assert_eq!(unguarded(&guarded(&text)).to_owned(), text.clone());
            let cell = cell(&text);
            prop_assert_eq!(unguarded(&read(&cell)).to_owned(), text.clone());
            prop_assert!(!read(&cell).starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
