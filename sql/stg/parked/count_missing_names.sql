-- Counts the distinct missing names of each kind.
SELECT n.kind, count(*)
FROM (
    SELECT DISTINCT m.kind, m.name_id, m.restaurant_id
    FROM stg.missing_names AS m
) AS n
GROUP BY n.kind
