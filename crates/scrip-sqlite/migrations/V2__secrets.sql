-- Secrets of this database, each wrapped by the master secret in secret.key: nothing that stands here is worth hiding, and
-- nothing here can be changed without that file (docs/decisions/0013). What was made with a secret names its number; what
-- names none was made with number 1.
CREATE TABLE secret (
    -- chain: seals the journal. codes: looks codes up and encrypts them. tokens: encrypts shopper tokens.
    purpose TEXT    NOT NULL CHECK (purpose <> ''),
    number  INTEGER NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    wrapped BLOB    NOT NULL,
    PRIMARY KEY (purpose, number)
) STRICT;

-- With which secret of codes a code was hashed and encrypted.
ALTER TABLE code ADD COLUMN secret INTEGER NOT NULL DEFAULT 1 CHECK (secret BETWEEN 1 AND 4294967295);
