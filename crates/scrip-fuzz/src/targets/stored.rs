//! What is read back from the database: documents, events, frames.

use scrip_core::{
    event::Event,
    slot::Bucket,
    state::{Aggregate, Kind, decode},
    time::Timestamp,
};
use scrip_store::frame::Frame;

/// The first byte says which kind of document the rest is.
pub fn document(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let Some(kind) = Kind::from_number(kind % 32) else { return };
    let Ok(read) = decode(kind, bytes) else { return };
    let written = read.encode();
    let again: Aggregate = decode(kind, &written).expect("what was written can be read");
    assert_eq!(again, read);
    assert_eq!(again.encode(), written, "one value has one form");
}

/// One event.
pub fn event(data: &[u8]) {
    let Ok(read) = minicbor::decode::<Event>(data) else { return };
    let written = minicbor::to_vec(&read).expect("writing to memory doesn't fail");
    let again: Event = minicbor::decode(&written).expect("what was written can be read");
    assert_eq!(again, read);
    let frame = Frame::new(Bucket::FIRST, 1, Timestamp::from_micros(0), [0; 16], [0; 32], &[&read]);
    let (bytes, hash) = frame.encode();
    let (back, same) = Frame::decode(&bytes).expect("ours");
    assert_eq!((&back, same), (&frame, hash));
    assert_eq!(back.events().expect("its event")[0].event, read);
}

/// A frame as it is, and with the right hash, so that what lies behind that is reached.
pub fn frame(data: &[u8]) {
    read_frame(data);
    let content = &data[..data.len().saturating_sub(32)];
    let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(content).into();
    read_frame(&[content, &hash].concat());
}

fn read_frame(bytes: &[u8]) {
    let Ok((frame, hash)) = Frame::decode(bytes) else { return };
    assert_eq!(frame.encode(), (bytes.to_vec(), hash), "one frame has one form");
    let _ = frame.events();
}
