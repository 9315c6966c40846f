//! What the list of tables becomes.

/// Only lists: what is done with a row says its [`super::Table`].
macro_rules! tables {
    ($($table:ident($row:ident) $field:ident;)*) => {
        /// A table's name, in the order in which tables are listed: what an order is before what belongs to it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum TableName {
            $($table,)*
        }

        impl TableName {
            /// Every table.
            pub const ALL: &[Self] = &[$(Self::$table),*];

            pub const fn shape(self) -> Shape {
                match self {
                    $(Self::$table => Shape::of::<$row>(),)*
                }
            }

            /// Reads a row of the table. One of [`TableName::LedgerEntry`] comes without its postings.
            ///
            /// Errors: [`Unreadable`], naming the column.
            pub fn read(self, stored: &dyn Stored) -> Result<Row, Unreadable> {
                match self {
                    $(Self::$table => $row::read(stored).map(Row::$table),)*
                }
            }
        }

        /// One row, upserted by its key; or what changes of some, if they are there.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Row {
            $($table($row),)*
            Change(Change),
        }

        impl Row {
            /// `None`: it is a change.
            pub const fn table(&self) -> Option<TableName> {
                match self {
                    $(Self::$table(_) => Some(TableName::$table),)*
                    Self::Change(_) => None,
                }
            }

            /// Hands out what stands in each column; of a change, nothing.
            pub fn write(&self, to: &mut dyn FnMut(Value<'_>)) {
                match self {
                    $(Self::$table(row) => row.write(to),)*
                    Self::Change(_) => {}
                }
            }

            /// Whose account the row belongs to, where it says so.
            pub fn account(&self) -> Option<&AccountId> {
                match self {
                    $(Self::$table(row) => Table::account(row),)*
                    Self::Change(change) => change.account(),
                }
            }

            /// The order that the row is a part of.
            pub fn order(&self) -> Option<(&AccountId, &OrderId)> {
                match self {
                    $(Self::$table(row) => Table::order(row),)*
                    Self::Change(_) => None,
                }
            }

            /// Which campaign it is of, where what happens to campaigns changes it.
            pub fn campaign(&self) -> Option<CampaignId> {
                match self {
                    $(Self::$table(row) => Table::campaign(row),)*
                    Self::Change(change) => change.campaign(),
                }
            }

            fn contradictions(&self) -> Vec<(bool, &'static str)> {
                match self {
                    $(Self::$table(row) => row.contradictions(),)*
                    Self::Change(change) => change.contradictions(),
                }
            }
        }

        /// The tables in memory, each by its key.
        #[derive(Clone, Debug, Default)]
        pub struct Tables {
            $(pub(crate) $field: BTreeMap<<$row as Table>::Key, $row>,)*
        }

        impl Tables {
            /// Puts a whole row in its place; hands a change back.
            pub(crate) fn put(&mut self, row: Row) -> Option<Change> {
                match row {
                    $(Row::$table(row) => drop(self.$field.insert(row.key(), row)),)*
                    Row::Change(change) => return Some(change),
                }
                None
            }

            /// Rows of a table by their keys, those after the row `after` of it, at most `limit`.
            pub fn rows(&self, table: TableName, after: Option<&Row>, limit: usize) -> Vec<Row> {
                match table {
                    $(TableName::$table => {
                        let after = after.and_then(|row| if let Row::$table(row) = row { Some(row.key()) } else { None });
                        keyed::after(&self.$field, after).take(limit).cloned().map(Row::$table).collect()
                    })*
                }
            }

            /// Rows of a table whose key begins with an account, of accounts with `from <= account < to`; an empty `to` is no end.
            pub fn rows_of_accounts(&self, table: TableName, from: &str, to: &str) -> Vec<Row> {
                match table {
                    $(TableName::$table => {
                        keyed::of_accounts(&self.$field, from, to).cloned().map(Row::$table).collect()
                    })*
                }
            }

            /// A page of a table's list.
            pub fn page(&self, table: TableName, page: &Page<'_>) -> Vec<Row> {
                match table {
                    $(TableName::$table => keyed::page(&self.$field, page).into_iter().cloned().map(Row::$table).collect(),)*
                }
            }

            /// The same rows as [`Tables::all`], without copying them.
            pub fn into_all(self) -> Vec<Row> {
                let mut rows = Vec::new();
                $(rows.extend(self.$field.into_values().map(Row::$table));)*
                rows
            }
        }
    };
}
pub(super) use tables;
