//! Every value of every table, for comparing two files. Knows nothing of what they mean, so it sees what nothing else reads.

use std::collections::BTreeMap;

use rusqlite::Connection;

/// Each table's rows in the order of its key, each row's values as they are stored.
pub type Dump = BTreeMap<String, Vec<String>>;

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
            let values = (0..columns).map(|column| row.get_ref(column).map(|value| format!("{value:?}")));
            Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        })?;
        let rows = rows.collect::<rusqlite::Result<Vec<String>>>()?;
        dump.insert(name, rows);
    }
    Ok(dump)
}
