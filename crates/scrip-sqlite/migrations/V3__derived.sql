-- By which revision of the rules documents and the tables for people were derived from the journal. Those of an older one
-- are worked out anew when the file is opened; 0: before this was kept.
CREATE TABLE derived (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;
INSERT INTO derived (one, revision) VALUES (1, 0);
