-- Who may send. The token is kept as its hash; without one, nobody is let in under this name.
CREATE TABLE tenant (
    number   INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    token    BLOB    UNIQUE CHECK (token IS NULL OR length(token) = 32),
    added_us INTEGER NOT NULL
) STRICT;

-- Each request once. What the receipt says stays when the request is deleted: no receipt is ever taken back, and a
-- request that comes again after all is not kept again.
CREATE TABLE request (
    number      INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL REFERENCES tenant (number),
    id          BLOB    NOT NULL CHECK (length(id) = 32),
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    received_us INTEGER NOT NULL,
    -- The sender's signed checkpoint, as it came.
    checkpoint  TEXT,
    bytes       INTEGER NOT NULL,
    deleted_us  INTEGER,
    -- Method, URL, headers and body, as they were sealed; null from the deletion on. Last: SQLite reads a row from
    -- its beginning, and what comes before is what lists need.
    sealed      BLOB,
    UNIQUE (tenant, id),
    CHECK ((sealed IS NULL) = (deleted_us IS NOT NULL))
) STRICT;

CREATE INDEX request_by_age ON request (received_us) WHERE sealed IS NOT NULL;

CREATE TRIGGER request_is_kept BEFORE DELETE ON request
BEGIN SELECT raise(ABORT, 'a request leaves its receipt behind'); END;

CREATE TRIGGER request_is_final BEFORE UPDATE ON request
WHEN OLD.deleted_us IS NOT NULL OR NEW.sealed IS NOT NULL OR NEW.tenant IS NOT OLD.tenant OR NEW.id IS NOT OLD.id
    OR NEW.digest IS NOT OLD.digest OR NEW.received_us IS NOT OLD.received_us
    OR NEW.checkpoint IS NOT OLD.checkpoint OR NEW.bytes IS NOT OLD.bytes
BEGIN SELECT raise(ABORT, 'a request can only be deleted'); END;
