-- Keys of some rows that a dry run has inserted, updated or deleted, ten of each kind.
SELECT kind, key
FROM (
    SELECT c.kind, k.key, row_number() OVER (PARTITION BY c.kind ORDER BY k.key) AS place
    FROM pg_temp.elt_captured AS c
    CROSS JOIN LATERAL unnest(c.keys) AS k (key)
) AS numbered
WHERE place <= 10
ORDER BY kind, place
