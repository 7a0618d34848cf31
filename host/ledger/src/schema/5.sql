-- Sealing and delivery: requests, outbox, holds, leaves of the audit log.

-- The leaves of the audit log, numbered from 0 without a gap. Nothing is ever taken away.
CREATE TABLE leaf (
    seq   INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Also keeps REPLACE away, which deletes without asking the trigger below.
CREATE TRIGGER leaves_have_no_gap BEFORE INSERT ON leaf
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM leaf)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER leaves_stay BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER leaves_do_not_change BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Each line of the journal has a leaf with the digest of `blind` and the line. Lines from before this
-- schema have none.
ALTER TABLE journal ADD COLUMN leaf INTEGER;
ALTER TABLE journal ADD COLUMN blind BLOB;

-- What waits for a person: a plan that is another than the approved one, or a draft.
CREATE TABLE hold (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL CHECK (kind IN ('plan', 'draft')),
    site       TEXT NOT NULL,
    -- The queries and routes that it touches, and the difference in words.
    touches    TEXT NOT NULL CHECK (json_valid(touches)),
    difference TEXT NOT NULL CHECK (json_valid(difference)),
    -- The plan that is in force once the hold is approved.
    plan       TEXT,
    opened     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'approved', 'denied')),
    decided    TEXT,
    actor      TEXT,
    reason     TEXT,
    CHECK ((kind = 'plan') = (plan IS NOT NULL)),
    CHECK ((state = 'open') = (decided IS NULL))
) STRICT;

-- The plans that a person approved. Of each site the last line is in force.
CREATE TABLE plan_approved (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    site   TEXT NOT NULL,
    digest TEXT NOT NULL,
    text   TEXT NOT NULL,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- What one call of a target rendered: requests in their order. Times are microseconds since 1970, for they
-- are compared.
CREATE TABLE delivery (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    part          INTEGER NOT NULL REFERENCES part (id),
    route         TEXT NOT NULL,
    name          TEXT NOT NULL,
    chunk         INTEGER NOT NULL,
    target        TEXT NOT NULL,
    target_digest TEXT NOT NULL,
    hold          INTEGER REFERENCES hold (id),
    sealed        TEXT NOT NULL,
    -- Over: none of its requests will be sent any more without an administrator's word.
    state         TEXT NOT NULL CHECK (state IN ('pending', 'held', 'draft', 'waiting', 'over')),
    -- Which request is next, of how many.
    step          INTEGER NOT NULL,
    steps         INTEGER NOT NULL,
    jumps         INTEGER NOT NULL DEFAULT 0,
    -- Attempts at the request that is next, the last of them, and when another may be made.
    attempts      INTEGER NOT NULL DEFAULT 0,
    tried         INTEGER NOT NULL DEFAULT 0,
    due           INTEGER NOT NULL DEFAULT 0,
    failure       TEXT,
    UNIQUE (part, route, name, chunk)
) STRICT;

CREATE INDEX delivery_queue ON delivery (target, id, due, tried) WHERE state = 'waiting';
CREATE INDEX delivery_hold ON delivery (hold) WHERE hold IS NOT NULL;

-- The requests, without their bodies: what goes over them reads little.
CREATE TABLE request (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    delivery INTEGER NOT NULL REFERENCES delivery (id),
    step     INTEGER NOT NULL,
    -- The delivery's, once more: counting reads one index.
    target   TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    method   TEXT NOT NULL,
    url      TEXT NOT NULL,
    headers  TEXT NOT NULL CHECK (json_valid(headers)),
    -- Of the body; the digest is of method, URL, headers and body.
    size     INTEGER NOT NULL,
    digest   TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'waiting', 'held', 'draft', 'sent', 'refused', 'withdrawn')),
    since    INTEGER NOT NULL,
    -- Why it is aside or withdrawn. It may quote a receiver: shown on this machine alone.
    reason   TEXT,
    -- Which leaf tells that it was sealed.
    leaf     INTEGER,
    body     TEXT NOT NULL CHECK (body IN ('kept', 'leaving', 'gone')),
    receipt  BLOB,
    UNIQUE (delivery, step)
) STRICT;

CREATE INDEX request_counts ON request (target, state, size);
CREATE INDEX request_leaving ON request (seq) WHERE body = 'leaving';
CREATE INDEX request_sent ON request (since) WHERE state = 'sent' AND body = 'kept';

CREATE TABLE body (
    request INTEGER PRIMARY KEY REFERENCES request (seq),
    bytes   BLOB NOT NULL
) STRICT;

-- How many requests were ever sealed for a target, counted when they are: a row of `request` that is lost
-- is missed.
CREATE TABLE sealed_count (
    target   TEXT PRIMARY KEY,
    requests INTEGER NOT NULL
) STRICT;

-- What a part would carry on, while something of it waits for a person.
CREATE TABLE carried_pending (
    part   INTEGER PRIMARY KEY REFERENCES part (id),
    digest TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    since  TEXT NOT NULL
) STRICT;

-- The digest of a table's rows, where it was made after this schema, and since when they are erased.
CREATE TABLE result_digest (
    id     INTEGER PRIMARY KEY REFERENCES result_table (id) ON DELETE CASCADE,
    digest TEXT,
    erased TEXT
) STRICT;
INSERT INTO result_digest (id) SELECT id FROM result_table;

-- Of each table the exclusive or of its rows' hashes: what was changed by anybody but the host is found.
CREATE TABLE content (
    name TEXT PRIMARY KEY,
    sum  INTEGER NOT NULL
) STRICT;

-- What the requests of a table on a route say: the digest of the table. The same is not sealed again.
CREATE TABLE sealed_content (
    part    INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    route   TEXT NOT NULL,
    name    TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (part, route, name)
) STRICT, WITHOUT ROWID;
