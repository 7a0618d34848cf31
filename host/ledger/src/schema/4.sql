-- Redaction: what rules did, what was held, what an administrator allows.

-- The routes of a run. A chain is what tables go through there: rules with their digests and settings, and the
-- ceiling at the end. Routes with the same chain share its rows.
CREATE TABLE run_route (
    run      TEXT NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    route    TEXT NOT NULL,
    chain    TEXT NOT NULL,
    level    TEXT NOT NULL,
    ceiling  TEXT NOT NULL,
    -- Why the ceiling is above `pseudonym`.
    because  TEXT,
    target   TEXT,
    -- In order: [{"rule", "version", "digest", "settings"}].
    rules    TEXT NOT NULL CHECK (json_valid(rules)),
    PRIMARY KEY (run, route)
) STRICT;

-- A part has each of its tables once for every chain that the table goes through. The chain is empty for the
-- host's own rows, and for rows from before this schema.
DROP VIEW TEL_TelemetryResults;
CREATE TABLE result_table_of_chain (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    part     INTEGER NOT NULL REFERENCES part (id),
    chain    TEXT NOT NULL,
    name     TEXT NOT NULL,
    level    TEXT NOT NULL,
    columns  TEXT NOT NULL CHECK (json_valid(columns)),
    left_out TEXT NOT NULL CHECK (json_valid(left_out)),
    rows     INTEGER NOT NULL,
    UNIQUE (part, chain, name)
) STRICT;
INSERT INTO result_table_of_chain
SELECT id, part, '', name, level, columns, left_out, rows FROM result_table;
DROP TABLE result_table;
ALTER TABLE result_table_of_chain RENAME TO result_table;

-- Which ways a table goes. One that is held goes none of those that hold it.
CREATE TABLE result_route (
    result_table INTEGER NOT NULL REFERENCES result_table (id) ON DELETE CASCADE,
    route        TEXT NOT NULL,
    PRIMARY KEY (result_table, route)
) STRICT, WITHOUT ROWID;
INSERT INTO result_route SELECT id, 'results' FROM result_table;

CREATE VIEW TEL_TelemetryResults AS
SELECT run.id                     AS RunId,
       run.hierarchy              AS SupportId,
       run.site_hash              AS SiteHash,
       part.started               AS CollectedUtc,
       part.plugin                AS Query,
       part.version               AS QueryVersion,
       result_table.name          AS TableName,
       result_table.level         AS Level,
       result.key & 0xffffffff    AS RowNumber,
       result.row                 AS Row,
       run.keys                   AS PseudonymKeys,
       result_route.route         AS Route
FROM part
JOIN run ON run.id = part.run
JOIN result_table ON result_table.part = part.id
JOIN result_route ON result_route.result_table = result_table.id
JOIN result ON result.key BETWEEN result_table.id << 32 AND result_table.id << 32 | 0xffffffff
WHERE part.state = 'done';

-- What each rule of a chain did to each column of a table, in rows. No class afterwards: the column was dropped.
CREATE TABLE redaction (
    part       INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    chain      TEXT NOT NULL,
    name       TEXT NOT NULL,
    step       INTEGER NOT NULL,
    rule       TEXT NOT NULL,
    version    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    column     TEXT NOT NULL,
    class_in   TEXT NOT NULL,
    class_out  TEXT,
    seen       INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    nulled     INTEGER NOT NULL,
    dropped    INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    PRIMARY KEY (part, chain, name, step, column)
) STRICT, WITHOUT ROWID;

-- What the tripwire looked through, table by table, and what it found. Numbers, never values.
CREATE TABLE tripwire_scan (
    part    INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    chain   TEXT NOT NULL,
    name    TEXT NOT NULL,
    cells   INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    hits    INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    PRIMARY KEY (part, chain, name)
) STRICT, WITHOUT ROWID;

-- Tables that were held back, and why: on one route, or on all that have the chain.
CREATE TABLE table_held (
    part    INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    chain   TEXT NOT NULL,
    route   TEXT,
    name    TEXT NOT NULL,
    why     TEXT NOT NULL CHECK (why IN
                ('column-above-ceiling', 'rule-failed', 'rule-lied', 'tripwire', 'known-values-full', 'target-failed')),
    column  TEXT,
    -- The rule that did it, or that changed the column last.
    rule    TEXT,
    -- What was found, in a word of the host's, or what the rule did.
    kind    TEXT,
    -- The class and the ceiling that it is above.
    class   TEXT,
    ceiling TEXT,
    count   INTEGER NOT NULL
) STRICT;
CREATE INDEX table_held_part ON table_held (part);

-- Finds of the tripwire that an administrator says are none.
CREATE TABLE allowance (
    query  TEXT NOT NULL,
    name   TEXT NOT NULL,
    column TEXT NOT NULL,
    kind   TEXT NOT NULL,
    since  TEXT NOT NULL,
    actor  TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (query, name, column, kind)
) STRICT, WITHOUT ROWID;
