//! A table in memory: what follows from its description, by looking at every row where a backend has an index.

use std::{collections::BTreeMap, ops::Bound};

use super::table::{Page, Shape, Table};
use super::value::Value;

type Keyed<T> = BTreeMap<<T as Table>::Key, T>;

/// Rows by their keys, those after this one.
pub(super) fn after<T: Table>(table: &Keyed<T>, key: Option<T::Key>) -> impl Iterator<Item = &T> {
    let from = key.map_or(Bound::Unbounded, Bound::Excluded);
    table.range((from, Bound::Unbounded)).map(|(_, row)| row)
}

/// Rows of accounts with `from <= account < to`; an empty `to` is no end.
pub(super) fn of_accounts<'t, T: Table>(
    table: &'t Keyed<T>,
    from: &'t str,
    to: &'t str,
) -> impl Iterator<Item = &'t T> {
    let within = move |account: &str| account >= from && (to.is_empty() || account < to);
    table.values().filter(move |row| row.account().is_some_and(|account| within(account.as_str())))
}

pub(super) fn page<'t, T: Table>(table: &'t Keyed<T>, page: &Page<'_>) -> Vec<&'t T> {
    let (of, order) = (places::<T>(page.list.of), places::<T>(&Shape::of::<T>().order(&page.list)));
    let mut listed: Vec<(Vec<Value<'static>>, &T)> = table
        .values()
        .filter(|row| has(*row, &of, &page.of))
        .map(|row| (values(row, &order), row))
        .filter(|(place, _)| match &page.after {
            None => true,
            Some(after) if page.list.newest_first => place < after,
            Some(after) => place > after,
        })
        .collect();
    listed.sort_by(|(one, _), (other, _)| if page.list.newest_first { other.cmp(one) } else { one.cmp(other) });
    listed.into_iter().map(|(_, row)| row).take(page.limit).collect()
}

/// Where columns stand in a row.
fn places<T: Table>(columns: &[&str]) -> Vec<usize> {
    let place = |column: &&str| T::COLUMNS.iter().position(|known| known == column).expect("the table has the column");
    columns.iter().map(place).collect()
}

/// Whether these values stand at these places.
fn has<T: Table>(row: &T, places: &[usize], wanted: &[Value<'_>]) -> bool {
    let (mut at, mut same) = (0, true);
    row.write(&mut |value| {
        if let Some(wanted) = places.iter().position(|place| *place == at).map(|index| &wanted[index]) {
            same &= value == *wanted;
        }
        at += 1;
    });
    same
}

/// What stands at these places.
fn values<T: Table>(row: &T, places: &[usize]) -> Vec<Value<'static>> {
    let mut all = Vec::new();
    row.write(&mut |value| all.push(value.into_owned()));
    places.iter().map(|place| all[*place].clone()).collect()
}
