//! What is replayed beside what is stored.

use std::collections::BTreeMap;

use scrip_core::{
    slot::Bucket,
    state::{Aggregate, Key, Kind, State, decode},
};
use scrip_store::{Document, Head, RepairedDocument, Snapshot, StoreError, people::Row};

use super::{PROBLEMS_MAX, Report, hex, unfollowed::Unfollowed};

/// Documents read at once.
const PAGE: usize = 1_000;

/// What was found so far. Of rows nothing is told unless every journal could be replayed to its end.
#[derive(Default)]
pub(super) struct Found {
    pub report: Report,
    rows: u64,
    row_problems: Vec<String>,
    /// Rows that no document stands for.
    left: Vec<String>,
    /// Documents that are otherwise, where they are put right and not told of.
    repairs: Option<Vec<RepairedDocument>>,
}

impl Found {
    /// Documents are put right: whoever looks at a lane takes them.
    pub fn repairing() -> Self {
        Self { repairs: Some(Vec::new()), ..Self::default() }
    }

    /// What there is to put right of what was looked at.
    pub fn take_repairs(&mut self) -> Vec<RepairedDocument> {
        self.repairs.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// A document that isn't as it follows from the journal.
    fn differs(&mut self, repaired: impl FnOnce() -> RepairedDocument, what: impl FnOnce() -> String) {
        match &mut self.repairs {
            Some(repairs) => repairs.push(repaired()),
            None => self.report.problem(what()),
        }
    }

    /// Events that the tables don't have yet, or have without there being any.
    pub fn follows(&mut self, unfollowed: &Unfollowed, bucket: Bucket, head: &Head) {
        let followed = unfollowed.followed(bucket);
        self.report.behind += head.position.saturating_sub(followed);
        if followed > head.position && !self.report.is_cut_short {
            let (bucket, ends) = (bucket.get(), head.position);
            self.report.problem(format!(
                "the tables have followed bucket {bucket} to {followed}, where its journal ends at {ends}"
            ));
        }
    }

    pub fn stored_rows(&mut self, count: usize) {
        self.rows += count as u64;
    }

    pub fn row_problem(&mut self, text: String) {
        if self.row_problems.len() < PROBLEMS_MAX {
            self.row_problems.push(text);
        }
    }

    /// What was found of rows elsewhere.
    pub fn take_rows(&mut self, other: Self) {
        self.rows += other.rows;
        other.row_problems.into_iter().for_each(|problem| self.row_problem(problem));
    }

    pub fn left(&mut self, text: String) {
        if self.left.len() < PROBLEMS_MAX {
            self.left.push(text);
        }
    }

    pub fn ended(self) -> Report {
        let Self { mut report, rows, row_problems, left, .. } = self;
        if !report.is_cut_short {
            report.rows = rows;
            row_problems.into_iter().chain(left).for_each(|problem| report.problem(problem));
        }
        report
    }

    /// Compares some rows. Both sides come in the order of their keys: as long as they are the same nothing is sorted.
    pub fn compare_rows(&mut self, stored: &[Row], replayed: Vec<Row>, unfollowed: &Unfollowed) {
        self.stored_rows(stored.len());
        let same = stored.iter().zip(&replayed).take_while(|(stored, replayed)| stored == replayed).count();
        let mut replayed: BTreeMap<String, Row> =
            replayed.into_iter().skip(same).map(|row| (row.called(), row)).collect();
        for row in &stored[same..] {
            let key = row.called();
            let expected = replayed.remove(&key);
            if unfollowed.has(row) {
                continue;
            }
            match expected {
                None => self.row_problem(format!("{key}: in the tables, but not in the journal")),
                Some(expected) if expected != *row => self.row_problem(format!("{key}: table and journal differ")),
                Some(_) => {}
            }
        }
        for (key, _) in replayed.into_iter().filter(|(_, row)| !unfollowed.has(row)) {
            self.row_problem(format!("{key}: in the journal, but not in the tables"));
        }
    }
}

/// Documents as they follow from the journal, until they are found in the store.
pub(super) struct Expected<'s>(BTreeMap<(Kind, Vec<u8>), Replayed<'s>>);

/// A document's content and version.
type Replayed<'s> = (&'s Aggregate, Option<u64>);

impl<'s> Expected<'s> {
    pub fn new(documents: impl Iterator<Item = (&'s Key, &'s Aggregate, Option<u64>)>) -> Self {
        Self(documents.map(|(key, value, version)| ((key.kind(), key.bytes()), (value, version))).collect())
    }

    /// Those of a working set whose keys are wanted.
    pub fn of(state: &'s State, wanted: impl Fn(&Key) -> bool) -> Self {
        let documents = state.documents().filter(|(key, _)| wanted(key));
        Self::new(documents.map(|(key, value)| (key, value, state.version(key))))
    }

    /// Compares the stored documents of a kind with `from <= key < to`. What is replayed of each is handed to `known`.
    ///
    /// Errors: those of the store.
    pub fn compare(
        &mut self,
        snapshot: &mut dyn Snapshot,
        bucket: Bucket,
        (kind, from, to): (Kind, &[u8], &[u8]),
        found: &mut Found,
        mut known: impl FnMut(&[u8], &Aggregate, &mut Report),
    ) -> Result<(), StoreError> {
        let mut from = from.to_vec();
        loop {
            let page = snapshot.scan(bucket, kind, &from, to, PAGE)?;
            let is_last = page.len() < PAGE;
            if let Some((last, _)) = page.last() {
                // The least that comes after it.
                from = [last, &[0][..]].concat();
            }
            for (key, document) in page {
                self.compare_one(bucket, (kind, key), &document, found, &mut known);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn compare_one(
        &mut self,
        bucket: Bucket,
        (kind, key): (Kind, Vec<u8>),
        document: &Document,
        found: &mut Found,
        known: &mut impl FnMut(&[u8], &Aggregate, &mut Report),
    ) {
        found.report.documents += 1;
        let place = (kind, key);
        let Some(replayed) = self.0.remove(&place) else {
            let what = || format!("{kind:?} {}: stored, but not in the journal", hex(&place.1));
            let repaired = || RepairedDocument { bucket, kind, key: place.1.clone(), document: None };
            return found.differs(repaired, what);
        };
        let ((value, version), key) = (replayed, place.1);
        let repaired = || RepairedDocument { bucket, kind, key: key.clone(), document: Some(as_stored(replayed)) };
        if value.encode() != document.body {
            found.differs(repaired, || match decode(kind, &document.body) {
                Ok(_) => format!("{kind:?} {}: stored and replayed differ", hex(&key)),
                Err(error) => format!("{kind:?} {}: can't be read: {error}", hex(&key)),
            });
        } else if version != Some(document.version) {
            let (stored, version) = (document.version, version.unwrap_or_default());
            found.differs(repaired, || format!("{kind:?} {}: of version {stored}, replayed {version}", hex(&key)));
        }
        // What a document says is what the API says: a row that a replay makes wrongly again is found by it. What is replayed is
        // asked: figures of a damaged document may not even add up.
        known(&key, value, &mut found.report);
    }

    /// What the store doesn't have.
    pub fn end(self, bucket: Bucket, found: &mut Found) {
        for ((kind, key), replayed) in self.0 {
            let what = || format!("document of kind {}, {}: in the journal, but not stored", kind.number(), hex(&key));
            let document = || Some(as_stored(replayed));
            found.differs(|| RepairedDocument { bucket, kind, key: key.clone(), document: document() }, what);
        }
    }
}

fn as_stored((value, version): Replayed<'_>) -> Document {
    Document { version: version.unwrap_or_default(), body: value.encode() }
}
