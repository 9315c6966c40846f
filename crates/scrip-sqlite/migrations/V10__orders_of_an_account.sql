-- An account's orders are listed newest first, a page at a time: without this index all of them were read and sorted for each page.
CREATE INDEX orders_by_account ON orders (account, placed_at_us, id);
