-- By which revision of its rules each follower made its tables. Those of an older one are made anew from the journal, beside those that
-- are there, as rebuilt_<table>, and follower 'rebuilt_<name>' says how far they are; then they take their place.
CREATE TABLE made_by (
    follower TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL CHECK (revision >= 0),
    -- Of those beside them, while they are made.
    rebuilt  INTEGER CHECK (rebuilt > revision)
) STRICT;

-- Until here one revision was kept of documents and tables; from here on that of table derived is the documents' alone.
INSERT INTO made_by (follower, revision) SELECT DISTINCT follower.name, derived.revision FROM follower, derived;
