WITH chain AS (
    SELECT ToCIID, 1 AS Depth
    FROM v_CIRelation
    WHERE RelationType = 15
    UNION ALL
    SELECT r.ToCIID, c.Depth + 1
    FROM chain AS c
    JOIN v_CIRelation AS r ON r.FromCIID = c.ToCIID AND r.RelationType = 15
    WHERE c.Depth < 30
)
SELECT MAX(Depth) AS MaxDepth
FROM chain
