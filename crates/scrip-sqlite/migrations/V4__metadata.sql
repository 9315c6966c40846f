-- What integrators attached to campaigns, orders and refunds, whoever wrote it: a JSON object of texts, such as
-- {"erp_id":"C-7"}: json_extract(metadata, '$.erp_id').
ALTER TABLE campaign ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object');
ALTER TABLE orders ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object');
ALTER TABLE refund ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_type(metadata) = 'object');
