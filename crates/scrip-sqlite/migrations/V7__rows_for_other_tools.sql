-- The tables for people get rowids, without which other programs can't count or page through them; and their checks compare one
-- word after the other: for `IN` with three words or more SQLite makes and throws away a tree for every row that is written.

CREATE TABLE new_campaign (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    -- Who gives the coupons out; NULL: the platform.
    seller        TEXT,
    currency      TEXT    NOT NULL CHECK (length(currency) = 3),
    stage         TEXT    NOT NULL CHECK (stage = 'draft' OR stage = 'published' OR stage = 'paused' OR stage = 'ended'),
    created_at_us INTEGER NOT NULL,
    -- What integrators attached, whoever wrote it: a JSON object of texts: json_extract(metadata, '$.erp_id').
    metadata      TEXT    NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object')
) STRICT;
INSERT INTO new_campaign (id, name, seller, currency, stage, created_at_us, metadata)
    SELECT id, name, seller, currency, stage, created_at_us, metadata FROM campaign ORDER BY id;
DROP TABLE campaign;
ALTER TABLE new_campaign RENAME TO campaign;

-- Coupons in wallets, and what was last done with each. An expired one is 'valid' with expires_at_us passed.
CREATE TABLE new_coupon (
    id            TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    -- The person behind the account; by default the account itself.
    individual    TEXT    NOT NULL,
    campaign      TEXT    NOT NULL,
    claimed_at_us INTEGER NOT NULL,
    starts_at_us  INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    channel       TEXT    NOT NULL CHECK (channel = 'web' OR channel = 'social' OR channel = 'partner'
                                          OR channel = 'seller_store' OR channel = 'code' OR channel = 'system'),
    source        TEXT,
    state         TEXT    NOT NULL CHECK (state = 'valid' OR state = 'inactive' OR state = 'used' OR state = 'reclaimed'
                                          OR state = 'pending'),
    -- The order that has the coupon.
    order_id      TEXT,
    -- Inactive on an unpaid order: valid again from here.
    held_until_us INTEGER,
    CHECK ((order_id IS NOT NULL) = (state = 'inactive' OR state = 'used')),
    CHECK (held_until_us IS NULL OR state = 'inactive')
) STRICT;
INSERT INTO new_coupon (id, account, individual, campaign, claimed_at_us, starts_at_us, expires_at_us, channel, source, state,
        order_id, held_until_us)
    SELECT id, account, individual, campaign, claimed_at_us, starts_at_us, expires_at_us, channel, source, state,
        order_id, held_until_us
    FROM coupon ORDER BY id;
DROP TABLE coupon;
ALTER TABLE new_coupon RENAME TO coupon;

-- Orders. A 'placed' one whose hold_expires_at_us has passed is cancelled.
CREATE TABLE new_orders (
    account            TEXT    NOT NULL,
    id                 TEXT    NOT NULL,
    currency           TEXT    NOT NULL CHECK (length(currency) = 3),
    status             TEXT    NOT NULL CHECK (status = 'placed' OR status = 'paid' OR status = 'closed' OR status = 'cancelled'),
    refunded           TEXT    NOT NULL CHECK (refunded = 'none' OR refunded = 'partial' OR refunded = 'full'),
    placed_at_us       INTEGER NOT NULL,
    hold_expires_at_us INTEGER NOT NULL,
    paid_at_us         INTEGER,
    subtotal           INTEGER NOT NULL CHECK (subtotal >= 0),
    shipping           INTEGER NOT NULL CHECK (shipping >= 0),
    -- Of goods and shipping.
    discount           INTEGER NOT NULL CHECK (discount BETWEEN 0 AND subtotal + shipping),
    total              INTEGER NOT NULL CHECK (total = subtotal + shipping - discount),
    metadata           TEXT    NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object'),
    PRIMARY KEY (account, id),
    CHECK (status <> 'placed' OR paid_at_us IS NULL),
    CHECK (status = 'placed' OR status = 'cancelled' OR paid_at_us IS NOT NULL),
    CHECK (refunded = 'none' OR paid_at_us IS NOT NULL)
) STRICT;
INSERT INTO new_orders (account, id, currency, status, refunded, placed_at_us, hold_expires_at_us, paid_at_us, subtotal, shipping,
        discount, total, metadata)
    SELECT account, id, currency, status, refunded, placed_at_us, hold_expires_at_us, paid_at_us, subtotal, shipping,
        discount, total, metadata
    FROM orders ORDER BY account, id;

-- The lines of orders, and what came back of each.
CREATE TABLE new_order_line (
    account        TEXT    NOT NULL,
    order_id       TEXT    NOT NULL,
    line           TEXT    NOT NULL,
    seller         TEXT    NOT NULL,
    product        TEXT    NOT NULL,
    unit_price     INTEGER NOT NULL CHECK (unit_price >= 0),
    quantity       INTEGER NOT NULL CHECK (quantity >= 1),
    on_sale        INTEGER NOT NULL CHECK (on_sale IN (0, 1)),
    -- Of all units together, without shipping.
    discount       INTEGER NOT NULL CHECK (discount BETWEEN 0 AND unit_price * quantity),
    units_refunded INTEGER NOT NULL CHECK (units_refunded BETWEEN 0 AND quantity),
    cash_refunded  INTEGER NOT NULL CHECK (cash_refunded BETWEEN 0 AND unit_price * quantity - discount),
    PRIMARY KEY (account, order_id, line),
    FOREIGN KEY (account, order_id) REFERENCES new_orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
INSERT INTO new_order_line (account, order_id, line, seller, product, unit_price, quantity, on_sale, discount, units_refunded,
        cash_refunded)
    SELECT account, order_id, line, seller, product, unit_price, quantity, on_sale, discount, units_refunded, cash_refunded
    FROM order_line ORDER BY account, order_id, line;

-- One seller's part of an order.
CREATE TABLE new_order_transaction (
    account      TEXT    NOT NULL,
    order_id     TEXT    NOT NULL,
    seller       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state = 'open' OR state = 'closed' OR state = 'refunded' OR state = 'cancelled'),
    -- The order's, by which a seller's orders are listed.
    placed_at_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, order_id, seller),
    FOREIGN KEY (account, order_id) REFERENCES new_orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
INSERT INTO new_order_transaction (account, order_id, seller, state, placed_at_us)
    SELECT account, order_id, seller, state, placed_at_us FROM order_transaction ORDER BY account, order_id, seller;

-- A coupon on an order. 'released': the order was cancelled before payment, so it doesn't count.
CREATE TABLE new_redemption (
    account  TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    coupon   TEXT    NOT NULL,
    campaign TEXT    NOT NULL,
    channel  TEXT    NOT NULL CHECK (channel = 'web' OR channel = 'social' OR channel = 'partner' OR channel = 'seller_store'
                                     OR channel = 'code' OR channel = 'system'),
    source   TEXT,
    discount INTEGER NOT NULL CHECK (discount >= 0),
    -- What refunds reversed of the discount.
    reversed INTEGER NOT NULL CHECK (reversed BETWEEN 0 AND discount),
    state    TEXT    NOT NULL CHECK (state = 'held' OR state = 'used' OR state = 'returned' OR state = 'released'),
    PRIMARY KEY (account, order_id, coupon),
    FOREIGN KEY (account, order_id) REFERENCES new_orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
INSERT INTO new_redemption (account, order_id, coupon, campaign, channel, source, discount, reversed, state)
    SELECT account, order_id, coupon, campaign, channel, source, discount, reversed, state
    FROM redemption ORDER BY account, order_id, coupon;

-- Money back.
CREATE TABLE new_refund (
    account  TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    at_us    INTEGER NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount = goods + shipping),
    goods    INTEGER NOT NULL CHECK (goods >= 0),
    shipping INTEGER NOT NULL CHECK (shipping >= 0),
    metadata TEXT    NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object'),
    PRIMARY KEY (account, order_id, id),
    FOREIGN KEY (account, order_id) REFERENCES new_orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
INSERT INTO new_refund (account, order_id, id, at_us, amount, goods, shipping, metadata)
    SELECT account, order_id, id, at_us, amount, goods, shipping, metadata FROM refund ORDER BY account, order_id, id;

-- What refers to another table goes before it; a rename takes along what refers to the new one.
DROP TABLE order_line;
DROP TABLE order_transaction;
DROP TABLE redemption;
DROP TABLE refund;
DROP TABLE orders;
ALTER TABLE new_orders RENAME TO orders;
ALTER TABLE new_order_line RENAME TO order_line;
ALTER TABLE new_order_transaction RENAME TO order_transaction;
ALTER TABLE new_redemption RENAME TO redemption;
ALTER TABLE new_refund RENAME TO refund;
CREATE INDEX orders_by_time ON orders (placed_at_us, account, id);
CREATE INDEX orders_by_id ON orders (id, placed_at_us, account);
CREATE INDEX orders_by_status ON orders (status, placed_at_us, account, id);
CREATE INDEX order_transaction_by_seller ON order_transaction (seller, placed_at_us, account, order_id);

-- The double-entry ledger: one entry per event that moves money between funders and shoppers.
CREATE TABLE new_ledger_entry (
    bucket   INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 65535),
    -- Of the event in the bucket's journal.
    position INTEGER NOT NULL CHECK (position >= 1),
    at_us    INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind = 'discount_funded' OR kind = 'discount_reversed' OR kind = 'surplus_forfeited'
                                     OR kind = 'surplus_restored'),
    currency TEXT    NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (bucket, position)
) STRICT;
INSERT INTO new_ledger_entry (bucket, position, at_us, account, order_id, kind, currency)
    SELECT bucket, position, at_us, account, order_id, kind, currency FROM ledger_entry ORDER BY bucket, position;

-- The sides of an entry: debits are positive, credits negative, and they add up to 0.
CREATE TABLE new_ledger_posting (
    bucket         INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    -- In the entry, from 0.
    number         INTEGER NOT NULL CHECK (number >= 0),
    -- Such as funder:platform, funder:seller:<seller>, discount:<account>/<order>, face_value:<campaign>.
    ledger_account TEXT    NOT NULL,
    amount         INTEGER NOT NULL,
    campaign       TEXT    NOT NULL,
    seller         TEXT,
    -- NULL for shipping.
    line           TEXT,
    PRIMARY KEY (bucket, position, number),
    FOREIGN KEY (bucket, position) REFERENCES new_ledger_entry (bucket, position) DEFERRABLE INITIALLY DEFERRED
) STRICT;
INSERT INTO new_ledger_posting (bucket, position, number, ledger_account, amount, campaign, seller, line)
    SELECT bucket, position, number, ledger_account, amount, campaign, seller, line
    FROM ledger_posting ORDER BY bucket, position, number;
DROP TABLE ledger_posting;
DROP TABLE ledger_entry;
ALTER TABLE new_ledger_entry RENAME TO ledger_entry;
ALTER TABLE new_ledger_posting RENAME TO ledger_posting;

-- Codes in the order in which they were added. A unique code is kept encrypted.
CREATE TABLE new_code (
    campaign TEXT    NOT NULL,
    -- Of the event that added it in the journal of the campaign's bucket.
    position INTEGER NOT NULL CHECK (position >= 1),
    -- In that event, from 0.
    number   INTEGER NOT NULL CHECK (number >= 0),
    -- What made it, of unique codes.
    job      TEXT,
    source   TEXT,
    kind     TEXT    NOT NULL CHECK (kind IN ('shared', 'unique')),
    -- A shared code itself; of a unique one its last four symbols.
    label    TEXT    NOT NULL,
    sealed   BLOB,
    -- With which secret of codes it was hashed and encrypted.
    secret   INTEGER NOT NULL DEFAULT 1 CHECK (secret BETWEEN 1 AND 4294967295),
    PRIMARY KEY (campaign, position, number),
    CHECK ((kind = 'unique') = (sealed IS NOT NULL)),
    CHECK ((kind = 'unique') = (job IS NOT NULL))
) STRICT;
INSERT INTO new_code (campaign, position, number, job, source, kind, label, sealed, secret)
    SELECT campaign, position, number, job, source, kind, label, sealed, secret FROM code
    ORDER BY campaign, position, number;
DROP TABLE code;
ALTER TABLE new_code RENAME TO code;
