//! What describes a table for people. All else follows: rows, keys, checks, the table in memory and a backend's statements.

use std::fmt;

use scrip_core::{
    id::CampaignId,
    name::{AccountId, OrderId},
};

use super::value::{Column, Stored, Unreadable, Value};

/// A table, described by the type of its rows.
pub trait Table: Clone + PartialEq + fmt::Debug {
    /// As it is stored.
    const NAME: &'static str;
    /// What people call a row of it.
    const CALLED: &'static str;
    /// In the order in which a row gives them: those of the key first.
    const COLUMNS: &'static [&'static str];
    /// Ways through the table that its key isn't: each needs an index.
    const LISTS: &'static [List] = &[];

    /// The types of the first columns. Rows are kept in its order, which is that of the stored values.
    type Key: Key;

    fn key(&self) -> Self::Key;

    /// Hands out what stands in each column.
    fn write(&self, to: &mut dyn FnMut(Value<'_>));

    /// Errors: [`Unreadable`], naming the first column that holds what was never written.
    fn read(stored: &dyn Stored) -> Result<Self, Unreadable>;

    /// Whose account the row belongs to, where it says so.
    fn account(&self) -> Option<&AccountId> {
        None
    }

    /// The order that it is a part of: that one must have a row.
    fn order(&self) -> Option<(&AccountId, &OrderId)> {
        None
    }

    /// Which campaign it is of, where what happens to campaigns changes it.
    fn campaign(&self) -> Option<CampaignId> {
        None
    }

    /// Each thing that no row may say, with whether this one says it: a second belt behind the core, which a backend's constraints
    /// repeat.
    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        Vec::new()
    }
}

/// Fields with the names of their columns, the key's first: makes [`Table::COLUMNS`], [`Table::write`] and [`Table::read`].
macro_rules! columns {
    ($($field:ident: $name:literal,)*) => {
        const COLUMNS: &'static [&'static str] = &[$($name),*];

        fn write(&self, to: &mut dyn FnMut($crate::people::Value<'_>)) {
            $(to($crate::people::Column::value(&self.$field));)*
        }

        fn read(stored: &dyn $crate::people::Stored) -> Result<Self, $crate::people::Unreadable> {
            let (table, names) = (Self::NAME, Self::COLUMNS);
            let mut reading = $crate::people::value::Reading { table, names, stored, next: 0 };
            Ok(Self { $($field: reading.column()?,)* })
        }
    };
}
pub(super) use columns;

/// One column or several, as a table's key.
pub trait Key: Ord + Clone + fmt::Debug {
    /// How many.
    const COLUMNS: usize;

    fn write(&self, to: &mut dyn FnMut(Value<'_>));
}

macro_rules! keys {
    ($($count:literal: $($column:ident $place:tt)*;)*) => {$(
        impl<$($column: Column + Ord + Clone + fmt::Debug),*> Key for ($($column,)*) {
            const COLUMNS: usize = $count;

            fn write(&self, to: &mut dyn FnMut(Value<'_>)) {
                $(to(self.$place.value());)*
            }
        }
    )*};
}
keys! {
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
}

/// A list of those rows of a table that are alike in some columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct List {
    /// Columns in which they are alike.
    pub of: &'static [&'static str],
    /// Columns in whose order it comes, before those of the key.
    pub by: &'static [&'static str],
    pub newest_first: bool,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<'p> {
    pub list: List,
    /// What stands in the columns of [`List::of`].
    pub of: Vec<Value<'p>>,
    /// What stands in the columns of [`Shape::order`] of the row that the page before ended with.
    pub after: Option<Vec<Value<'p>>>,
    pub limit: usize,
}

/// A table's names: all that statements are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    pub name: &'static str,
    pub called: &'static str,
    /// Those of the key first.
    pub columns: &'static [&'static str],
    /// How many of them are the key's.
    pub key_columns: usize,
    pub lists: &'static [List],
}

impl Shape {
    pub const fn of<T: Table>() -> Self {
        Self {
            name: T::NAME,
            called: T::CALLED,
            columns: T::COLUMNS,
            key_columns: <T::Key as Key>::COLUMNS,
            lists: T::LISTS,
        }
    }

    pub fn key(&self) -> &'static [&'static str] {
        &self.columns[..self.key_columns]
    }

    /// Whether an account's rows are together in the table.
    pub fn is_by_account(&self) -> bool {
        self.columns[0] == "account"
    }

    /// The columns that say where a row stands in a list: no two rows have the same there.
    pub fn order(&self, list: &List) -> Vec<&'static str> {
        let key = self.key().iter().filter(|column| !list.of.contains(column) && !list.by.contains(column));
        list.by.iter().chain(key).copied().collect()
    }
}
