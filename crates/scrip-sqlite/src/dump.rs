//! Every value of every table, for comparing two files. Knows nothing of what they mean, so it sees what nothing else reads.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::ValueRef};

/// Each table's rows in the order of its key, each the bytes of its values as they are stored.
pub type Dump = BTreeMap<String, Vec<Vec<u8>>>;

pub(crate) fn dump(connection: &Connection) -> rusqlite::Result<Dump> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let names: Vec<String> =
        connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut dump = Dump::new();
    for name in names.into_iter().chain(["sqlite_schema".to_owned()]) {
        let quoted = name.replace('"', "\"\"");
        let mut select = connection.prepare(&format!("SELECT * FROM \"{quoted}\""))?;
        let columns = select.column_count();
        let rows = select.query_map([], |row| {
            let mut values = Vec::new();
            for column in 0..columns {
                append(&mut values, row.get_ref(column)?);
            }
            Ok(values)
        })?;
        let rows = rows.collect::<rusqlite::Result<_>>()?;
        dump.insert(name, rows);
    }
    Ok(dump)
}

/// Kind, length and content: no two lists of values give the same bytes.
fn append(to: &mut Vec<u8>, value: ValueRef<'_>) {
    let mut take = |kind: u8, content: &[u8]| {
        to.push(kind);
        to.extend_from_slice(&content.len().to_be_bytes());
        to.extend_from_slice(content);
    };
    match value {
        ValueRef::Null => take(0, &[]),
        ValueRef::Integer(value) => take(1, &value.to_be_bytes()),
        ValueRef::Real(value) => take(2, &value.to_bits().to_be_bytes()),
        ValueRef::Text(text) => take(3, text),
        ValueRef::Blob(blob) => take(4, blob),
    }
}
