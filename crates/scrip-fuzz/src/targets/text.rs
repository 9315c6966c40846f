//! Texts with a form of their own.

use scrip_core::{
    campaign::Terms,
    code::{CodeText, check_symbol_of},
    id::{CampaignId, CouponId, EventId, JobId, KeyId},
    money::Currency,
    name::{AccountId, OrderId, SellerId, SourceName},
    time::{Timestamp, ZoneName, Zones},
};

/// Codes, ids, names, times: what can be read is written as it was, or in its one form.
pub fn text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(code) = CodeText::typed(text) {
        let _ = (code.last4(), check_symbol_of(&code));
        let read = code.as_crockford().unwrap_or_else(|| code.clone());
        assert_eq!((read.as_crockford(), read.can_be()), (None, code.can_be()), "read once, read always");
    }
    if let Ok(code) = CodeText::parse(text) {
        assert_eq!(CodeText::parse(code.as_str()), Ok(code.clone()), "normal once, normal always");
        assert!((3..=40).contains(&code.as_str().len()) && code.as_str().ends_with(code.last4()));
        let _ = check_symbol_of(&code);
    }
    macro_rules! written_as_read {
        ($($type:ty),*) => {$(
            if let Ok(read) = text.parse::<$type>() {
                assert_eq!(read.to_string(), text);
            }
        )*};
    }
    written_as_read!(CampaignId, CouponId, EventId, JobId, KeyId, AccountId, OrderId, SellerId, SourceName);
    if let Ok(at) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&at.to_string()).expect("what was written can be read"), at);
        let shanghai = ZoneName::new("Asia/Shanghai").expect("bundled");
        assert!(Zones::bundled().end_of_day_after(&shanghai, at, 3_650).expect("bundled") >= at);
    }
    let json = serde_json::Value::String(text.to_owned());
    let _ = serde_json::from_value::<Currency>(json.clone());
    if let Ok(zone) = serde_json::from_value::<ZoneName>(json) {
        assert_eq!(ZoneName::new(zone.as_str()), Some(zone.clone()), "canonical once, canonical always");
        assert!(Zones::bundled().know(&zone));
    }
}

/// A campaign's terms as JSON: what passed the checks passes them again, and is written as it is read.
pub fn terms(data: &[u8]) {
    let Ok(read) = serde_json::from_slice::<Terms>(data) else { return };
    let Ok(checked) = read.checked() else { return };
    let json = serde_json::to_vec(&checked).expect("terms can be written");
    let again: Terms = serde_json::from_slice(&json).expect("what was written can be read");
    assert_eq!(again, checked);
    assert_eq!(again.checked().as_ref(), Ok(&checked));
    let bytes = minicbor::to_vec(&checked).expect("writing to memory doesn't fail");
    assert_eq!(minicbor::decode::<Terms>(&bytes).expect("what was written can be read"), checked);
}
