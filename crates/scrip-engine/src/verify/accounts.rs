//! A lane of accounts: its events replayed, and compared with all that the store has of these accounts.

use std::collections::BTreeMap;

use scrip_core::{
    event::Recorded,
    individual::Individual,
    state::{Aggregate, Key, Kind, Part, State},
};
use scrip_store::{
    Snapshot, StoreError,
    memory::Tables,
    people::{Row, TableName},
};

use super::{
    compare::{Expected, Found},
    journal::{KeptChange, Replayed},
    lanes::Range,
    unfollowed::Unfollowed,
};
use crate::{
    agreement::{Asked, Rows},
    follow::People,
};

/// Documents whose keys begin with an account.
const KINDS: [Kind; 6] =
    [Kind::Wallet, Kind::WalletPage, Kind::History, Kind::Order, Kind::RefundPage, Kind::RefundLocation];

/// Replays and compares a lane. Needs memory for all that it has.
///
/// Errors: those of the store, and of what was put aside.
pub(super) fn compare(
    snapshot: &mut dyn Snapshot,
    replayed: &mut Replayed<'_>,
    lane: usize,
    unfollowed: &Unfollowed,
    found: &mut Found,
) -> Result<(), StoreError> {
    let (state, tables) = replay(replayed, lane, !unfollowed.is_everything())?;
    let range = replayed.lanes.range(lane);
    let mut stored = replayed.rows_put_aside(lane)?;
    let is_here =
        |row: &Row| row.account().is_some_and(|account| account.slot().bucket(replayed.buckets) == replayed.bucket);
    let compared = TableName::ALL.iter().filter(|table| table.shape().is_by_account() && !unfollowed.is_everything());
    for &table in compared {
        stored.extend(snapshot.rows_of_accounts(table, range.from, range.to)?.into_iter().filter(is_here));
    }
    found.compare_rows(&stored, tables.into_all(), unfollowed);
    let mut rows = Rows::default();
    stored.into_iter().for_each(|row| rows.add(row));
    let mut asked = Asked::new(rows);
    compare_documents(snapshot, replayed, &state, range, (&mut asked, unfollowed), found)?;
    asked.left(|account| !unfollowed.has_account(account)).for_each(|problem| found.left(problem));
    replayed.add_counters(&state);
    Ok(())
}

fn replay(replayed: &mut Replayed<'_>, lane: usize, has_rows: bool) -> Result<(State, Tables), StoreError> {
    let mut state = State::new(replayed.bucket, replayed.buckets).only(Part::Accounts);
    let mut tables = Tables::default();
    let mut events = replayed.events(lane)?.peekable();
    let mut window: Vec<Recorded> = Vec::new();
    while let Some(kept) = events.next() {
        state.evolve(&kept.recorded);
        for (individual, change) in state.take_individual_changes() {
            let position = kept.recorded.position;
            replayed.put_individual_change(&KeptChange { position, batch: kept.batch, individual, change })?;
        }
        window.push(kept.recorded);
        if events.peek().is_none_or(|next| next.batch != kept.batch) {
            if has_rows {
                let rows = People.rows(&window.iter().collect::<Vec<_>>(), &state).into_iter();
                // Ledger entries are compared in the order of the journal.
                rows.filter(|row| !matches!(row, Row::LedgerEntry(_))).for_each(|row| tables.write_row(row));
            }
            state.saved(kept.batch);
            window.clear();
        }
    }
    Ok((state, tables))
}

fn compare_documents(
    snapshot: &mut dyn Snapshot,
    replayed: &Replayed<'_>,
    state: &State,
    Range { from, to }: Range<'_>,
    (asked, unfollowed): (&mut Asked, &Unfollowed),
    found: &mut Found,
) -> Result<(), StoreError> {
    let bucket = replayed.bucket;
    let mut expected = Expected::of(state, |key| KINDS.contains(&key.kind()) || key.kind() == Kind::RecentKeys);
    for kind in KINDS {
        let range = (kind, from.as_bytes(), to.as_bytes());
        expected.compare(snapshot, bucket, range, found, |key, value, report| {
            if !unfollowed.has_document(key) {
                asked.compare(key, value).into_iter().for_each(|problem| report.problem(problem));
            }
        })?;
    }
    for day in &replayed.days {
        let day = day.to_be_bytes();
        let first = [&day[..], b"a", from.as_bytes()].concat();
        let end = if to.is_empty() { [&day[..], b"b"].concat() } else { [&day[..], b"a", to.as_bytes()].concat() };
        expected.compare(snapshot, bucket, (Kind::RecentKeys, &first, &end), found, |_, _, _| {})?;
    }
    expected.end(bucket, found);
    Ok(())
}

/// Compares individuals, when all lanes of accounts have told what they changed of them.
///
/// Errors: those of the store, and of what was put aside.
pub(super) fn compare_individuals(
    snapshot: &mut dyn Snapshot,
    replayed: &mut Replayed<'_>,
    found: &mut Found,
) -> Result<(), StoreError> {
    for lane in 0..replayed.lanes.count_of_individuals() {
        let mut state = State::new(replayed.bucket, replayed.buckets);
        for KeptChange { batch, individual, change, .. } in replayed.individual_changes(lane)? {
            state.change_individual(&individual, change);
            state.saved(batch);
        }
        let is_here = |key: &Key| matches!(key, Key::Individual(_, id) if replayed.lanes.of_individual(id) == lane);
        let mut individuals: BTreeMap<&Key, (Individual, u64)> = BTreeMap::new();
        let granted = replayed.individuals().filter(|(key, ..)| is_here(key));
        let counted = state.documents().map(|(key, value)| (key, value, state.version(key)));
        for (key, value, version) in granted.chain(counted) {
            let Aggregate::Individual(part) = value else { continue };
            let (whole, last) = individuals.entry(key).or_default();
            whole.counts.extend_from_slice(&part.counts);
            whole.permits.extend_from_slice(&part.permits);
            *last = (*last).max(version.unwrap_or_default());
        }
        let individuals: Vec<(&Key, Aggregate, u64)> =
            individuals.into_iter().map(|(key, (whole, last))| (key, Aggregate::Individual(whole), last)).collect();
        let mut expected = Expected::new(individuals.iter().map(|(key, value, last)| (*key, value, Some(*last))));
        let Range { from, to } = replayed.lanes.range_of_individuals(lane);
        let range = (Kind::Individual, from.as_bytes(), to.as_bytes());
        expected.compare(snapshot, replayed.bucket, range, found, |_, _, _| {})?;
        expected.end(replayed.bucket, found);
    }
    Ok(())
}
