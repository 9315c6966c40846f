-- Whether a campaign in memory is the stored one is asked for every coupon of a quote. In the table itself a look-up compares whole
-- rows, with lists of thousands.
CREATE INDEX document_campaign_version ON document (bucket, key, version) WHERE kind = 4;
