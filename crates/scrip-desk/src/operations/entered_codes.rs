//! Codes as people type them.

use scrip_core::{
    code::{CodeText, ENTRY_LIMIT, EnteredCode},
    reason::Refusal,
};
use scrip_engine::EngineError;

use crate::{desk::Desk, not_done::NotDone};

impl Desk {
    /// What was entered as codes, each by the spelling that there is. Of a list the pointers name the members.
    ///
    /// Errors: `invalid_field` for a text of none or more than 80 characters, more than 10, or one given twice.
    pub async fn entered_codes(&self, codes: &[String]) -> Result<Vec<EnteredCode>, NotDone> {
        if codes.len() > 10 {
            return Err(Refusal::invalid("/codes", "at most 10 codes").into());
        }
        let mut texts: Vec<CodeText> = Vec::with_capacity(codes.len());
        for (place, code) in codes.iter().enumerate() {
            let pointer = format!("/codes/{place}");
            let text = CodeText::typed(code).map_err(|_| Refusal::invalid(pointer.clone(), ENTRY_LIMIT))?;
            if texts.contains(&text) {
                return Err(Refusal::invalid(pointer, "each code once").into());
            }
            texts.push(text);
        }
        Ok(self.as_spelled(texts).await?)
    }

    /// The same for one code.
    ///
    /// Errors: `invalid_field`.
    pub async fn entered_code(&self, pointer: &str, code: &str) -> Result<EnteredCode, NotDone> {
        let text = CodeText::typed(code).map_err(|_| Refusal::invalid(pointer, ENTRY_LIMIT))?;
        Ok(self.as_spelled(vec![text]).await?.remove(0))
    }

    async fn as_spelled(&self, texts: Vec<CodeText>) -> Result<Vec<EnteredCode>, EngineError> {
        let secrets = self.engine.secrets();
        if texts.iter().all(|text| text.as_crockford().is_none()) {
            return Ok(texts.into_iter().map(|text| secrets.entered(text)).collect());
        }
        self.read(move |reader| reader.as_spelled(texts)).await
    }
}
