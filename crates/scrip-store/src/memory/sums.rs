use std::collections::BTreeMap;

use crate::{
    StoreError,
    sums::{Added, Sum, SumTable},
};

/// The tables of sums, each row by its table and key.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums(BTreeMap<&'static str, BTreeMap<Vec<String>, Vec<i64>>>);

impl Sums {
    /// Errors: [`StoreError::Damaged`] if a figure would come to less than 0; then some of it was added.
    pub fn add(&mut self, added: &Added) -> Result<(), StoreError> {
        let rows = self.0.entry(added.to.name).or_default();
        for sum in &added.sums {
            let mut figures = rows.remove(&sum.key).unwrap_or_else(|| vec![0; added.to.figures.len()]);
            for (figure, more) in figures.iter_mut().zip(&sum.figures) {
                let grown = figure.checked_add(*more).filter(|grown| *grown >= 0);
                *figure = grown.ok_or_else(|| added.to.out_of_range(sum))?;
            }
            if figures.iter().any(|figure| *figure != 0) {
                rows.insert(sum.key.clone(), figures);
            }
        }
        Ok(())
    }

    /// Takes over a table's rows.
    pub fn replace(&mut self, table: &SumTable, by: &Self) {
        match by.0.get(table.name) {
            Some(rows) => drop(self.0.insert(table.name, rows.clone())),
            None => drop(self.0.remove(table.name)),
        }
    }

    pub fn of(&self, table: &SumTable, first: Option<&str>) -> Vec<Sum> {
        let rows = self.0.get(table.name).into_iter().flatten();
        rows.filter(|(key, _)| first.is_none_or(|first| key[0] == first))
            .map(|(key, figures)| Sum { key: key.clone(), figures: figures.clone() })
            .collect()
    }
}
