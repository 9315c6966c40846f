-- How far each follower of the journal came, written in one transaction with its rows.
CREATE TABLE follower (
    name     TEXT    NOT NULL,
    bucket   INTEGER NOT NULL CHECK (bucket BETWEEN 0 AND 65535),
    -- Of the last event that its rows are made of.
    position INTEGER NOT NULL CHECK (position >= 1),
    PRIMARY KEY (name, bucket)
) STRICT;

-- Until here the tables for people were written with the events themselves.
INSERT INTO follower (name, bucket, position) SELECT 'people', bucket, max(last_position) FROM journal GROUP BY bucket;
