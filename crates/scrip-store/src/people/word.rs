//! Columns that hold one of a few words, such as the state of a thing.

use scrip_core::{campaign::Channel, ledger::EntryKind, order::RefundedOrder, status::OrderStatus};

/// One of the words of a column.
pub trait Word: Copy + 'static {
    /// Every one.
    const ALL: &'static [Self];

    /// As it is stored, and as the API says it.
    fn word(self) -> &'static str;

    /// `None` if the column has no such word.
    fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.word() == text)
    }
}

/// An enum of a column's words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $crate::people::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}
pub(super) use words;

impl Word for Channel {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for OrderStatus {
    const ALL: &'static [Self] = &[Self::Placed, Self::Paid, Self::Closed, Self::Cancelled];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for RefundedOrder {
    const ALL: &'static [Self] = &[Self::None, Self::Partial, Self::Full];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for EntryKind {
    const ALL: &'static [Self] =
        &[Self::DiscountFunded, Self::DiscountReversed, Self::SurplusForfeited, Self::SurplusRestored];

    fn word(self) -> &'static str {
        self.as_str()
    }
}
