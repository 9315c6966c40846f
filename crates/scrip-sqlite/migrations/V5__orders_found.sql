-- Orders are found by id, seller, status and time, a page at a time: each order of a list has its index, which ends as the list
-- is ordered, so that a page costs the same however many orders there are.
ALTER TABLE order_transaction ADD COLUMN placed_at_us INTEGER NOT NULL DEFAULT 0;
UPDATE order_transaction SET placed_at_us = (
    SELECT orders.placed_at_us FROM orders WHERE orders.account = order_transaction.account AND orders.id = order_transaction.order_id
);
CREATE INDEX orders_by_time ON orders (placed_at_us, account, id);
CREATE INDEX orders_by_id ON orders (id, placed_at_us, account);
CREATE INDEX orders_by_status ON orders (status, placed_at_us, account, id);
CREATE INDEX order_transaction_by_seller ON order_transaction (seller, placed_at_us, account, order_id);
