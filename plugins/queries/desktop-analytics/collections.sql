WITH tree AS (
    SELECT CollectionID, Name, MemberCount, LimitToCollectionID
    FROM v_Collection
    WHERE CollectionID = 'SMS00001'
    UNION ALL
    SELECT c.CollectionID, c.Name, c.MemberCount, c.LimitToCollectionID
    FROM v_Collection AS c
    JOIN tree AS t ON c.LimitToCollectionID = t.CollectionID AND c.CollectionID <> t.CollectionID
)
SELECT CollectionID, Name, MemberCount
FROM tree
