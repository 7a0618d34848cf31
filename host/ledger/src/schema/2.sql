-- The sites that the host collects from. Both hashes are what rows and requests carry in the place of names.
CREATE TABLE site (
    name       TEXT PRIMARY KEY,
    first_seen TEXT NOT NULL,
    -- When the site was installed, where the configuration says so: runs are due every seven days from here.
    installed  TEXT,
    hierarchy  TEXT NOT NULL,
    hash       TEXT NOT NULL
) STRICT;

-- Runs of a site. A slot is one of the site's weeks; a run that is repeated in its week is another attempt.
CREATE TABLE run (
    id        TEXT PRIMARY KEY,
    seq       INTEGER NOT NULL UNIQUE,
    site      TEXT NOT NULL,
    slot      INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    level     TEXT NOT NULL CHECK (level IN ('basic', 'enhanced', 'full')),
    hierarchy TEXT NOT NULL,
    site_hash TEXT NOT NULL,
    scheduled TEXT NOT NULL,
    started   TEXT NOT NULL,
    ended     TEXT,
    state     TEXT NOT NULL CHECK (state IN ('running', 'done', 'abandoned')),
    -- The clock was far ahead when it began: it does not count for when the next one is due.
    misdated  INTEGER NOT NULL CHECK (misdated IN (0, 1)),
    UNIQUE (site, slot, attempt)
) STRICT;

-- What one plugin did in a run. While a part is pending nobody sees its rows; it is done with all its
-- tables, its statements' records and what the plugin carries on, or with nothing.
CREATE TABLE part (
    -- Never used again: a writer that nobody waits for any more must not write into another's part.
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    run     TEXT NOT NULL REFERENCES run (id),
    plugin  TEXT NOT NULL,
    version TEXT NOT NULL,
    -- The plugin file; none where the host itself wrote the rows.
    digest  TEXT,
    started TEXT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
    UNIQUE (run, plugin)
) STRICT;

-- What became of each statement.
CREATE TABLE statement_run (
    part        INTEGER NOT NULL REFERENCES part (id),
    position    INTEGER NOT NULL,
    statement   TEXT NOT NULL,
    level       TEXT NOT NULL,
    started     TEXT,
    duration_ms INTEGER NOT NULL,
    rows_read   INTEGER NOT NULL,
    cells_cut   INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('done', 'skipped', 'failed')),
    -- Why it was skipped or failed: one of the host's words, and SQL Server's error number.
    reason      TEXT,
    number      INTEGER,
    -- What SQL Server or the plugin said. It may quote data: shown on this machine alone.
    words       TEXT,
    PRIMARY KEY (part, statement)
) STRICT;

-- The tables of a part. `left_out` tells of which columns values were not kept, and how many.
CREATE TABLE result_table (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    part     INTEGER NOT NULL REFERENCES part (id),
    name     TEXT NOT NULL,
    level    TEXT NOT NULL,
    columns  TEXT NOT NULL CHECK (json_valid(columns)),
    left_out TEXT NOT NULL CHECK (json_valid(left_out)),
    rows     INTEGER NOT NULL,
    UNIQUE (part, name)
) STRICT;

-- The rows, each a JSON object. The key is the table's id times 2^32 plus the row's number, from 0: a
-- table lies together, is read in order and thrown away as one range, without a second index.
CREATE TABLE result (
    key INTEGER PRIMARY KEY,
    row TEXT NOT NULL
) STRICT;

-- What there is to see: the rows of parts that are done.
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
       result.row                 AS Row
FROM part
JOIN run ON run.id = part.run
JOIN result_table ON result_table.part = part.id
JOIN result ON result.key BETWEEN result_table.id << 32 AND result_table.id << 32 | 0xffffffff
WHERE part.state = 'done';

-- What a plugin carries is of one site. Nothing was ever written to the table of schema 1.
DROP TABLE carried;
CREATE TABLE carried (
    id     TEXT NOT NULL,
    site   TEXT NOT NULL,
    run    TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    since  TEXT NOT NULL,
    PRIMARY KEY (id, site)
) STRICT;
