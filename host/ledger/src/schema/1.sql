-- What was admitted, and what it is now. One row for each plugin file; a file that was never
-- admitted or put to wait leaves only its line in the journal.
CREATE TABLE plugin (
    digest  TEXT PRIMARY KEY,
    id      TEXT NOT NULL,
    version TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('query', 'rule', 'target')),
    state   TEXT NOT NULL CHECK (state IN ('serving', 'waiting', 'superseded', 'quarantined')),
    signers TEXT NOT NULL CHECK (json_valid(signers)),
    served  INTEGER NOT NULL CHECK (served IN (0, 1)),
    since   TEXT NOT NULL
) STRICT;

-- Of each plugin at most one version serves and at most one waits.
CREATE UNIQUE INDEX plugin_one_serving ON plugin (id) WHERE state = 'serving';
CREATE UNIQUE INDEX plugin_one_waiting ON plugin (id) WHERE state = 'waiting';

-- The highest version of each plugin that was ever admitted. Outlives the plugin's removal.
CREATE TABLE ratchet (
    id      TEXT PRIMARY KEY,
    version TEXT NOT NULL
) STRICT;

-- Files that an administrator took back by their digest: not admitted again, whoever signed them.
CREATE TABLE barred (
    digest TEXT PRIMARY KEY,
    id     TEXT NOT NULL,
    why    TEXT NOT NULL,
    since  TEXT NOT NULL
) STRICT;

-- The newest revocation list ever accepted, whole: to delete or replay the file gives nothing back.
CREATE TABLE revocation_list (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    bytes   BLOB NOT NULL,
    since   TEXT NOT NULL
) STRICT;

-- What each plugin carries from one run to the next, written with the run that made it.
CREATE TABLE carried (
    id     TEXT PRIMARY KEY,
    run    TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    since  TEXT NOT NULL
) STRICT;

-- What happened, who asked for it, and to what. Lines are added, never changed or taken away.
CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    event  TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE TRIGGER journal_lines_stay BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_lines_do_not_change BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
