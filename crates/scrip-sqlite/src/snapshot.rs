use rusqlite::Connection;
use scrip_core::{
    id::{CampaignId, CouponId},
    name::AccountId,
    slot::Bucket,
    state::{Key, Kind},
};
use scrip_store::{
    Audit, Document, Head, MadeBy, ReadDocuments, ReadJournal, ReadTables, Snapshot, StoreError,
    people::{DistributionRow, OrderCursor, OrderFilter, Page, Row, TableName},
    secret::WrappedSecret,
    sums::{Sum, SumTable},
};

use crate::{contradictions, documents, error::during, journal, people, pool::Pool, position, rebuild, secrets};

/// A read transaction on a connection of the pool. As long as one lives, the log can't begin anew.
pub(crate) struct SqliteSnapshot<'p> {
    connection: Option<Connection>,
    pool: &'p Pool,
}

impl<'p> SqliteSnapshot<'p> {
    pub(crate) fn new(pool: &'p Pool) -> Result<Self, StoreError> {
        let connection = pool.take()?;
        // What a transaction sees is fixed by its first read, not by its beginning.
        let begun = connection
            .execute_batch("BEGIN DEFERRED")
            .and_then(|()| connection.prepare_cached("SELECT count(*) FROM (SELECT 1 FROM journal LIMIT 1)"))
            .and_then(|mut first| first.query_row([], |row| row.get::<_, i64>(0)));
        begun.map_err(during("beginning to read"))?;
        Ok(Self { connection: Some(connection), pool })
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("taken out only when dropped")
    }
}

impl Drop for SqliteSnapshot<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && connection.execute_batch("ROLLBACK").is_ok()
        {
            self.pool.give_back(connection);
        }
    }
}

impl Snapshot for SqliteSnapshot<'_> {
    fn secrets(&mut self) -> Result<Vec<WrappedSecret>, StoreError> {
        secrets::all(self.connection())
    }
}

impl ReadDocuments for SqliteSnapshot<'_> {
    fn load(&mut self, keys: &[Key]) -> Result<Vec<Option<Document>>, StoreError> {
        documents::load(self.connection(), keys)
    }

    fn versions(&mut self, keys: &[Key]) -> Result<Vec<Option<u64>>, StoreError> {
        documents::versions(self.connection(), keys)
    }

    fn scan(
        &mut self,
        bucket: Bucket,
        kind: Kind,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Document)>, StoreError> {
        documents::scan(self.connection(), bucket, kind, from, to, limit)
    }
}

impl ReadJournal for SqliteSnapshot<'_> {
    fn head(&mut self, bucket: Bucket) -> Result<Head, StoreError> {
        journal::head(self.connection(), bucket)
    }

    fn frames(&mut self, bucket: Bucket, position: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        journal::frames(self.connection(), bucket, position, limit)
    }
}

impl ReadTables for SqliteSnapshot<'_> {
    fn followed(&mut self, name: &str, bucket: Bucket) -> Result<u64, StoreError> {
        position::of(self.connection(), name, bucket)
    }

    fn made_by(&mut self, follower: &str) -> Result<MadeBy, StoreError> {
        rebuild::made_by(self.connection(), follower)
    }

    fn rebuilt(&mut self, follower: &str, bucket: Bucket) -> Result<u64, StoreError> {
        position::of(self.connection(), &rebuild::beside(follower), bucket)
    }

    fn coupon_owner(&mut self, coupon: CouponId) -> Result<Option<AccountId>, StoreError> {
        people::coupon_owner(self.connection(), coupon)
    }

    fn orders(&mut self, filter: &OrderFilter, limit: usize) -> Result<Vec<OrderCursor>, StoreError> {
        people::orders::list(self.connection(), filter, limit)
    }

    fn page(&mut self, table: TableName, page: &Page<'_>) -> Result<Vec<Row>, StoreError> {
        people::page(self.connection(), table, page)
    }

    fn sums(&mut self, table: &SumTable, first: Option<&str>) -> Result<Vec<Sum>, StoreError> {
        people::sums::of(self.connection(), table, first)
    }

    fn distribution(&mut self, campaign: Option<CampaignId>) -> Result<Vec<DistributionRow>, StoreError> {
        people::distribution::sums(self.connection(), campaign)
    }
}

impl Audit for SqliteSnapshot<'_> {
    fn rows_of_accounts(&mut self, table: TableName, from: &str, to: &str) -> Result<Vec<Row>, StoreError> {
        people::rows_of_accounts(self.connection(), table, from, to)
    }

    fn rows(&mut self, table: TableName, after: Option<&Row>, limit: usize) -> Result<Vec<Row>, StoreError> {
        people::rows(self.connection(), table, after, limit)
    }

    fn all_rows(&mut self) -> Result<Vec<Row>, StoreError> {
        people::all(self.connection())
    }

    fn all_documents(&mut self, bucket: Bucket) -> Result<Vec<(Kind, Vec<u8>, Document)>, StoreError> {
        documents::all(self.connection(), bucket)
    }

    fn contradictions(&mut self, without: &[&str]) -> Result<Vec<String>, StoreError> {
        contradictions::find(self.connection(), without)
    }
}
