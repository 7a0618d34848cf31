-- Which keys the rules of a run made pseudonyms with: {"name": "id"}. Ids, never keys. Runs from before this
-- schema did not note them.
ALTER TABLE run ADD COLUMN keys TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(keys));

DROP VIEW TEL_TelemetryResults;
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
       run.keys                   AS PseudonymKeys
FROM part
JOIN run ON run.id = part.run
JOIN result_table ON result_table.part = part.id
JOIN result ON result.key BETWEEN result_table.id << 32 AND result_table.id << 32 | 0xffffffff
WHERE part.state = 'done';
