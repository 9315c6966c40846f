//! What a caller wrote is shown so far as it helps, never at length: not in an answer, nor in a log.

use std::fmt;

/// Characters shown of a pointer, which may name a field that the caller made up.
const POINTER_MAX: usize = 200;
/// Characters shown of what a field may be, which may repeat what it was.
const LIMIT_MAX: usize = 300;
/// Characters of a path in a log.
const PATH_MAX: usize = 200;

use scrip_core::reason::{Reason, Refusal, UsedBy};
use scrip_faults::{Fault, is};

/// Cuts a text after so many characters, and says that it was cut.
pub(crate) fn clip(text: &mut String, characters_max: usize) {
    // A text has at least as many bytes as characters: most need no count.
    if text.len() <= characters_max || is(Fault::AttemptsUnbounded) {
        return;
    }
    if let Some((end, _)) = text.char_indices().nth(characters_max) {
        let bytes = text.len();
        text.truncate(end);
        text.push_str(&format!("… ({bytes} bytes in all)"));
        text.shrink_to_fit();
    }
}

/// Cuts whatever of a refusal may be of a caller's making.
pub(crate) fn clip_refusal(refusal: &mut Refusal) {
    for error in &mut refusal.errors {
        if let Some(pointer) = &mut error.pointer {
            clip(pointer, POINTER_MAX);
        }
        match &mut error.reason {
            Reason::InvalidField { allowed: Some(allowed), .. } => clip(allowed, LIMIT_MAX),
            Reason::ExclusiveCouponApplied { coupon }
            | Reason::StackingGroupTaken { coupon }
            | Reason::HoldExpired { coupon: Some(coupon), .. } => {
                if let UsedBy::Code(code) = coupon {
                    clip(code, POINTER_MAX);
                }
            }
            // Numbers, times, names of at most 128 characters.
            _ => {}
        }
    }
}

/// A path for a log.
pub(crate) struct ClippedPath<'a>(pub &'a str);

impl fmt::Display for ClippedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(PATH_MAX) {
            None => f.write_str(self.0),
            Some((end, _)) => write!(f, "{}… ({} bytes in all)", &self.0[..end], self.0.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        let mut text = "ä".repeat(10);
        clip(&mut text, 10);
        assert_eq!(text, "ä".repeat(10));
        clip(&mut text, 3);
        assert_eq!(text, "äää… (20 bytes in all)");
        assert_eq!(ClippedPath(&"/".repeat(300)).to_string(), format!("{}… (300 bytes in all)", "/".repeat(200)));
    }
}
