//! A row as it is put aside until its account's lane is compared.

use std::borrow::Cow;

use minicbor::{Decoder, Encoder, data::Type};
use scrip_store::people::{Row, Stored, TableName, Value};

/// Whether the table's rows are put aside: they are of accounts, and not in the order of accounts. Ledger entries are compared in the
/// order of the journal.
pub(super) fn is_put_aside(table: TableName) -> bool {
    let shape = table.shape();
    shape.columns.contains(&"account") && !shape.is_by_account() && table != TableName::LedgerEntry
}

/// The row as bytes: which table's, and what stands in its columns.
pub(super) fn encoded(table: TableName, row: &Row) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let place = TableName::ALL.iter().position(|known| *known == table).unwrap_or_default() as u64;
    let mut written = encoder.u64(place).map(drop);
    row.write(&mut |value| {
        if written.is_ok() {
            written = match value {
                Value::Null => encoder.null(),
                Value::Integer(number) => encoder.i64(number),
                Value::Text(text) => encoder.str(&text),
                Value::Bytes(bytes) => encoder.bytes(&bytes),
            }
            .map(drop);
        }
    });
    written.expect("writing to memory doesn't fail");
    encoder.into_writer()
}

/// The row again; `None` for bytes that are none.
pub(super) fn decoded(bytes: &[u8]) -> Option<Row> {
    let mut decoder = Decoder::new(bytes);
    let table = *TableName::ALL.get(usize::try_from(decoder.u64().ok()?).ok()?)?;
    let mut columns = Columns(Vec::with_capacity(table.shape().columns.len()));
    while decoder.position() < bytes.len() {
        columns.0.push(match decoder.datatype().ok()? {
            Type::Null => decoder.null().map(|()| Value::Null).ok()?,
            Type::String => Value::Text(Cow::Borrowed(decoder.str().ok()?)),
            Type::Bytes => Value::Bytes(Cow::Borrowed(decoder.bytes().ok()?)),
            _ => Value::Integer(decoder.i64().ok()?),
        });
    }
    table.read(&columns).ok()
}

struct Columns<'b>(Vec<Value<'b>>);

impl Stored for Columns<'_> {
    fn value(&self, column: usize) -> Option<Value<'_>> {
        self.0.get(column).cloned()
    }
}
