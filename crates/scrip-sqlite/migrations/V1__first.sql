-- Scrip's tables in SQLite.
--
-- Truth is in `journal`; `document` is its present state; the rest are tables for people: read them as you like, never
-- write to them: `scrip verify` replays the journal and compares them with it.
--
-- In all tables for people:
--   * ids that Scrip made are the API's text (`cpn_…`, `cmp_…`, `job_…`); all others are the integrator's own text;
--   * columns that end in `_us` are instants in UTC, in microseconds since 1970: datetime(placed_at_us / 1e6, 'unixepoch');
--   * amounts are in the minor unit of the currency (₩1 and $0.01 are both 1);
--   * words such as 'valid' are those of the API.
--
-- Constraints repeat invariants that the core keeps: a second belt, loud when it is hit. Tables have no rowid (the primary
-- key is the table) and no further index: a second one costs a claim two thirds of its rate (docs/decisions/0009).

-- Marks the file as Scrip's ("Scrp").
PRAGMA application_id = 0x53637270;

-- Aggregates: one small versioned document per key, encoded in CBOR.
CREATE TABLE document (
    bucket  INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 65535),
    kind    INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 255),
    key     BLOB    NOT NULL,
    -- Position in the journal of the last event of the batch that wrote it.
    version INTEGER NOT NULL CHECK (version >= 1),
    body    BLOB    NOT NULL,
    PRIMARY KEY (bucket, kind, key)
) STRICT, WITHOUT ROWID;

-- What happened: one row per batch of events, chained by hash.
CREATE TABLE journal (
    bucket         INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 65535),
    first_position INTEGER NOT NULL CHECK (first_position >= 1),
    last_position  INTEGER NOT NULL CHECK (last_position >= first_position),
    -- The batch's time and its frame's hash, as they also stand in the frame: the head is read without the frame.
    at_us          INTEGER NOT NULL,
    hash           BLOB    NOT NULL CHECK (length(hash) = 32),
    frame          BLOB    NOT NULL,
    PRIMARY KEY (bucket, first_position)
) STRICT, WITHOUT ROWID;

-- Campaigns as they are now.
CREATE TABLE campaign (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    -- Who gives the coupons out; NULL: the platform.
    seller        TEXT,
    currency      TEXT    NOT NULL CHECK (length(currency) = 3),
    stage         TEXT    NOT NULL CHECK (stage IN ('draft', 'published', 'paused', 'ended')),
    created_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Coupons in wallets, and what was last done with each. An expired one is 'valid' with expires_at_us passed.
CREATE TABLE coupon (
    id            TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL,
    -- The person behind the account; by default the account itself.
    individual    TEXT    NOT NULL,
    campaign      TEXT    NOT NULL,
    claimed_at_us INTEGER NOT NULL,
    starts_at_us  INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    channel       TEXT    NOT NULL CHECK (channel IN ('web', 'social', 'partner', 'seller_store', 'code', 'system')),
    source        TEXT,
    state         TEXT    NOT NULL CHECK (state IN ('valid', 'inactive', 'used', 'reclaimed', 'pending')),
    -- The order that has the coupon.
    order_id      TEXT,
    -- Inactive on an unpaid order: valid again from here.
    held_until_us INTEGER,
    CHECK ((order_id IS NOT NULL) = (state IN ('inactive', 'used'))),
    CHECK (held_until_us IS NULL OR state = 'inactive')
) STRICT, WITHOUT ROWID;

-- Orders. A 'placed' one whose hold_expires_at_us has passed is cancelled.
CREATE TABLE orders (
    account            TEXT    NOT NULL,
    id                 TEXT    NOT NULL,
    currency           TEXT    NOT NULL CHECK (length(currency) = 3),
    status             TEXT    NOT NULL CHECK (status IN ('placed', 'paid', 'closed', 'cancelled')),
    refunded           TEXT    NOT NULL CHECK (refunded IN ('none', 'partial', 'full')),
    placed_at_us       INTEGER NOT NULL,
    hold_expires_at_us INTEGER NOT NULL,
    paid_at_us         INTEGER,
    subtotal           INTEGER NOT NULL CHECK (subtotal >= 0),
    shipping           INTEGER NOT NULL CHECK (shipping >= 0),
    -- Of goods and shipping.
    discount           INTEGER NOT NULL CHECK (discount BETWEEN 0 AND subtotal + shipping),
    total              INTEGER NOT NULL CHECK (total = subtotal + shipping - discount),
    PRIMARY KEY (account, id),
    CHECK (status <> 'placed' OR paid_at_us IS NULL),
    CHECK (status NOT IN ('paid', 'closed') OR paid_at_us IS NOT NULL),
    CHECK (refunded = 'none' OR paid_at_us IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- The lines of orders, and what came back of each.
CREATE TABLE order_line (
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
    FOREIGN KEY (account, order_id) REFERENCES orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- One seller's part of an order.
CREATE TABLE order_transaction (
    account  TEXT NOT NULL,
    order_id TEXT NOT NULL,
    seller   TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('open', 'closed', 'refunded', 'cancelled')),
    PRIMARY KEY (account, order_id, seller),
    FOREIGN KEY (account, order_id) REFERENCES orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- A coupon on an order. 'released': the order was cancelled before payment, so it doesn't count.
CREATE TABLE redemption (
    account  TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    coupon   TEXT    NOT NULL,
    campaign TEXT    NOT NULL,
    channel  TEXT    NOT NULL CHECK (channel IN ('web', 'social', 'partner', 'seller_store', 'code', 'system')),
    source   TEXT,
    discount INTEGER NOT NULL CHECK (discount >= 0),
    -- What refunds reversed of the discount.
    reversed INTEGER NOT NULL CHECK (reversed BETWEEN 0 AND discount),
    state    TEXT    NOT NULL CHECK (state IN ('held', 'used', 'returned', 'released')),
    PRIMARY KEY (account, order_id, coupon),
    FOREIGN KEY (account, order_id) REFERENCES orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- Money back.
CREATE TABLE refund (
    account  TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    at_us    INTEGER NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount = goods + shipping),
    goods    INTEGER NOT NULL CHECK (goods >= 0),
    shipping INTEGER NOT NULL CHECK (shipping >= 0),
    PRIMARY KEY (account, order_id, id),
    FOREIGN KEY (account, order_id) REFERENCES orders (account, id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- The double-entry ledger: one entry per event that moves money between funders and shoppers.
CREATE TABLE ledger_entry (
    bucket   INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 65535),
    -- Of the event in the bucket's journal.
    position INTEGER NOT NULL CHECK (position >= 1),
    at_us    INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    kind     TEXT    NOT NULL
        CHECK (kind IN ('discount_funded', 'discount_reversed', 'surplus_forfeited', 'surplus_restored')),
    currency TEXT    NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (bucket, position)
) STRICT, WITHOUT ROWID;

-- The sides of an entry: debits are positive, credits negative, and they add up to 0.
CREATE TABLE ledger_posting (
    bucket         INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    -- Place in the entry, from 0.
    number         INTEGER NOT NULL CHECK (number >= 0),
    -- Such as funder:platform, funder:seller:<seller>, discount:<account>/<order>, face_value:<campaign>.
    ledger_account TEXT    NOT NULL,
    amount         INTEGER NOT NULL,
    campaign       TEXT    NOT NULL,
    seller         TEXT,
    -- NULL for shipping.
    line           TEXT,
    PRIMARY KEY (bucket, position, number),
    FOREIGN KEY (bucket, position) REFERENCES ledger_entry (bucket, position) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- Codes in the order in which they were added. A unique code is kept encrypted.
CREATE TABLE code (
    campaign TEXT    NOT NULL,
    -- Of the event that added it in the journal of the campaign's bucket.
    position INTEGER NOT NULL CHECK (position >= 1),
    -- Place in that event, from 0.
    number   INTEGER NOT NULL CHECK (number >= 0),
    -- What made it, of unique codes.
    job      TEXT,
    source   TEXT,
    kind     TEXT    NOT NULL CHECK (kind IN ('shared', 'unique')),
    -- A shared code itself; of a unique one its last four symbols.
    label    TEXT    NOT NULL,
    sealed   BLOB,
    PRIMARY KEY (campaign, position, number),
    CHECK ((kind = 'unique') = (sealed IS NOT NULL)),
    CHECK ((kind = 'unique') = (job IS NOT NULL))
) STRICT, WITHOUT ROWID;
