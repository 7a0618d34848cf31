-- Drafts: runs of which nothing leaves before a person has seen all of it. A run is one from its begin on; the hold is
-- there when something of it is to be held.
CREATE TABLE draft (
    run  TEXT PRIMARY KEY REFERENCES run (id),
    hold INTEGER REFERENCES hold (id)
) STRICT;
INSERT INTO draft (run, hold)
    SELECT part.run, max(hold.id) FROM hold JOIN delivery ON delivery.hold = hold.id
    JOIN part ON part.id = delivery.part WHERE hold.kind = 'draft' GROUP BY part.run;
