-- Sums that a follower of the journal keeps, so that the report on distribution costs what it shows. Of a file that has a journal
-- already they are worked out from it, beside the running server: follower 'distribution'.
CREATE TABLE distribution (
    campaign  TEXT    NOT NULL,
    channel   TEXT    NOT NULL CHECK (channel = 'web' OR channel = 'social' OR channel = 'partner' OR channel = 'seller_store'
                                      OR channel = 'code' OR channel = 'system'),
    -- Empty: none.
    source    TEXT    NOT NULL,
    -- Coupons in wallets.
    claimed   INTEGER NOT NULL CHECK (claimed >= 0),
    -- Coupons on paid orders.
    redeemed  INTEGER NOT NULL CHECK (redeemed >= 0),
    -- Coupons on orders that aren't paid.
    on_unpaid INTEGER NOT NULL CHECK (on_unpaid >= 0),
    -- Discounts of paid orders, less what refunds reversed.
    cost      INTEGER NOT NULL CHECK (cost >= 0),
    PRIMARY KEY (campaign, channel, source)
) STRICT;
