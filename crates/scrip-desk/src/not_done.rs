//! Why an operation wasn't done, and what whoever asked can be told besides.

use scrip_core::{
    cart::Cart,
    reason::{Reason, Refusal},
};
use scrip_engine::{EngineError, QuoteAnswer};

use crate::attempts::About;

/// A "no", or a fault. Nothing changed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{why}")]
pub struct NotDone {
    #[source]
    pub why: EngineError,
    /// Whether the refusal's pointers name parameters of the request, not members of its body.
    pub is_of_parameters: bool,
    /// After how many seconds the same may be asked again, where that is known.
    pub retry_after: Option<u32>,
    /// For the log of attempts.
    pub about: Box<About>,
    /// Of `quote_changed`: what the cart would cost now, so that the shopper can be asked again.
    pub quote: Option<Box<(Cart, QuoteAnswer)>>,
}

impl NotDone {
    /// Of a parameter, by its name.
    pub fn parameter(name: &str, reason: Reason) -> Self {
        Self { is_of_parameters: true, ..Refusal::at(format!("/{name}"), reason).into() }
    }

    /// The first reason, if it was refused.
    pub fn reason(&self) -> Option<&Reason> {
        match &self.why {
            EngineError::Refused(refusal) => Some(refusal.first()),
            EngineError::Unavailable(_) | EngineError::Hindered(_) | EngineError::Fault => None,
        }
    }

    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Says what the request was about.
    pub fn about(mut self, about: About) -> Self {
        *self.about = about;
        self
    }
}

impl From<EngineError> for NotDone {
    fn from(why: EngineError) -> Self {
        Self { why, is_of_parameters: false, retry_after: None, about: Box::default(), quote: None }
    }
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        EngineError::Refused(refusal).into()
    }
}

impl From<Reason> for NotDone {
    fn from(reason: Reason) -> Self {
        Refusal::from(reason).into()
    }
}
